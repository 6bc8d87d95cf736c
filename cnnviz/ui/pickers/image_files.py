"""Pictures that the user hands over: files and photographs."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

from cnnviz.data.dataset import Images
from cnnviz.data.decoded import File
from cnnviz.data.images import KINDS, MAX_BYTES, ImageError, cut
from cnnviz.ui.frame.address import switch
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters.layers import LARGEST, SMALLEST
from cnnviz.ui.pickers.picture import Picture, stand_in, until_then

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

KEPT_SIDE = 512
"""Of the last good picture: less than 1 MB a visitor."""
_UNNAMED = "Your picture"
_FORGOTTEN = (
    "The server was started again and has no pictures of before: the one that is still listed is not there any more."
)


@dataclass(frozen=True)
class _Last:
    """The last good picture of a control; it outlives a refused one, and a change of page."""

    digest: str
    pixels: Images
    title: str

    def within(self, height: int, width: int) -> Images:
        return cut(self.pixels, height, width)


def uploaded() -> Picture:
    with place("upload_file"):
        file = _upload("upload_file", f"{KINDS}, up to {MAX_BYTES // 10**6} MB")
    return _from_file(file, "upload_file", "Upload a picture", None if file is None else file.name)


def photographed() -> Picture:
    with place("photo"):
        if gives_camera(st.context.url):
            photo, key = _camera("photo"), "photo"
        else:
            st.warning(
                "Browsers give the camera only to pages that come by HTTPS or from localhost, and this one does not: "
                "upload a picture instead."
            )
            photo, key = _upload("photo_file", "A picture from this device"), "photo_file"
    return _from_file(photo, key, "Take a picture" if key == "photo" else "Upload a picture", _UNNAMED)


def gives_camera(url: str | None) -> bool:
    """Whether browsers take a page of this address for a secure one, as the W3C's "Secure Contexts" has it."""
    parts = urlsplit(url or "")
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _upload(key: str, label: str) -> UploadedFile | None:
    return st.file_uploader(label, key=key, max_upload_size=MAX_BYTES // 10**6)


def _camera(key: str) -> UploadedFile | None:
    return st.camera_input("Take a picture", key=key)


def _kept(key: str) -> str:
    return f"_last_{key}"


def _from_file(file: UploadedFile | None, key: str, act: str, title: str | None) -> Picture:
    """What was handed over; it stays on this page, for an address has no room for it.

    Where there is nothing, or nothing that can be read, the last good picture; else a stand-in.
    """
    kept = _kept(key)
    if file is None:
        forgotten = isinstance(st.session_state.get(key), DeletedFile)
        return _last(kept, f"{_FORGOTTEN} {act} again." if forgotten else f"{act} first.", is_wrong=forgotten)
    opened = File.of(file.getvalue())
    try:
        opened = _stretched(opened)
        facts, pixels = opened.facts(), opened.within(LARGEST, LARGEST)
        if getattr(st.session_state.get(kept), "digest", "") != opened.digest:
            st.session_state[kept] = _Last(opened.digest, opened.within(KEPT_SIDE, KEPT_SIDE), title or "")
    except ImageError as error:
        return _last(kept, str(error), is_wrong=True)
    (high, wide), (height, width) = facts.size, (max(SMALLEST, side) for side in pixels.shape[1:])
    size = f"{wide}×{high} pixels"
    if (height, width) != (high, wide):
        size += f": single layers read it at {width}×{height}, a network at the size that it needs"
    st.caption(f"{facts.note} {size}. The address cannot hold it: others who open it do not see it.".strip())
    return Picture(pixels, title or "", finer=opened.within)


def _stretched(file: File) -> File:
    """Offered where a file uses few of its 16 bits. Raises ImageError."""
    if not (used := file.facts().used):
        return file
    stretch = switch(
        "stretch",
        help=f"The largest number of {used} bits, {2**used - 1:,}, becomes white.",
    )
    return file.stretched() if stretch else file


def _last(kept: str, missing: str, *, is_wrong: bool) -> Picture:
    """The last good picture, or a stand-in; and the sentence why.

    Browsers take the old file away before they send a new one: what is taken away is kept too, until it is let go.
    """
    say = st.error if is_wrong else st.caption
    last: _Last | None = st.session_state.get(kept)
    if last is None:
        say(f"{missing}{until_then()}")
        return stand_in(missing)
    name = "" if last.title == _UNNAMED else f", {escaped(last.title)}"
    say(f"{missing} Until then it is your last picture{name}.")
    st.button("Forget it", key=f"forget{kept}", on_click=lambda: st.session_state.pop(kept, None))
    return Picture(last.within(LARGEST, LARGEST), last.title, finer=last.within)
