"""The page's link to copy and to scan."""

from __future__ import annotations

from urllib.parse import urlencode

import segno
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.ui.frame.hiding import hidden
from cnnviz.ui.frame.parameters import EXERCISE, TASK, parameter
from cnnviz.ui.frame.parameters.kinds import Text
from cnnviz.ui.frame.sharing.packing import Address, closed, packed
from cnnviz.ui.frame.sharing.sealed_address import is_sealed, page_address

_MOST = 2953  # bytes in the largest QR code, version 40 with the least correction
_LONG = 400  # characters that are shown without scrolling
_WHOLE = (
    "<style>[data-testid='stDialog'] img { max-height: max(15rem, 100dvh - 20rem); object-fit: contain; background: #fff; }"
    "</style>"
)
"""As wide as the dialog, unless it would then be higher than the window."""
_ASKED = "share_asked"
_HERE_ALONE = {EXERCISE, "projector"}
"""What is of this visit, and not of the page: who scans a code at the wall is to have the controls."""


def share_button() -> None:
    """All that a page pays for it as long as nobody asks."""
    st.button("Share", on_click=_ask, key="share", type="tertiary", icon=":material/qr_code_2:")
    if st.session_state.pop(_ASKED, False):
        _share()


def _ask() -> None:
    """A click that the button itself returns is lost where the page begins anew, as it does in a fresh server."""
    st.session_state[_ASKED] = True


@st.dialog("Share this page", width="medium")
def _share() -> None:
    address: Address = {name: values for name, values in page_address().items() if name not in _HERE_ALONE}
    link = link_to(_url(), _hiding(address) if hidden() else address)
    st.code(link, language=None, wrap_lines=True, height=150 if len(link) > _LONG else "content")
    st.html(_WHOLE)
    try:
        st.image(qr_code(link), width="stretch", alt="QR code of this link")
    except segno.DataOverflowError:
        st.warning(
            f"This link has {len(link):,} characters, and a QR code holds {_MOST:,}: take back numbers, pixels or weights that "
            "were set by hand, or hand on a network of your own as a file."
        )


def link_to(url: str, address: Address) -> str:
    query = urlencode(address, doseq=True)
    return f"{url}?{query}" if query else url


def qr_code(link: str) -> str:
    """An SVG, dark on white in both themes, with as much correction as fits. Raises segno.DataOverflowError."""
    return str(segno.make_qr(link, error="L").svg_inline(dark="#000", light="#fff", scale=10))


def _hiding(address: Address) -> Address:
    """With what is hidden packed, where that can be and is wanted."""
    if is_sealed():
        st.caption("What is hidden here is packed into `task=`, so that the link does not show it at a glance.")
        return closed(address)
    if not isinstance(parameter(TASK).kind, Text):
        return address
    is_wanted = st.toggle("Pack what is hidden", value=True, key="share_packed")
    st.caption("Packed, it cannot be read at a glance, but it is no secret: who knows how can unpack it.")
    sealed = packed(address) if is_wanted else address
    if is_wanted and TASK not in sealed:
        st.warning("What is hidden is too much to be packed: the link shows it.")
    return sealed


def _url() -> str:
    """Without a query, as the browser itself has it, behind whichever proxy.

    ``st.context.url`` takes the end of a path for a page's name: that of the home page below ``/my-models`` is another one.
    """
    context = get_script_run_ctx()
    return "" if context is None or context.context_info is None else context.context_info.url
