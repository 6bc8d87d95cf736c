"""How every page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from cnnviz.ui.address import switch

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Streamlit writes white on the primary colour, which no colour that is readable on a dark ground allows; under the mouse
# that colour is dark again. Its captions are too pale on a light ground.
_STYLE = """<style>
[class*='st-key-hidden_'] { display: none; }
[data-testid='stMain'] kbd { color: inherit; opacity: 1; }
[data-testid='stBaseButton-primary']:not(:disabled, :hover:not(:active)) *, [data-tag] * { color: light-dark(#ffffff, #0d1213); }
[data-testid='stCaptionContainer'] { opacity: .72; }
</style>"""
_PAGE = "_page"
_VIEW_FIRST = (
    "<style>@media (max-width: 640px) { .st-key-lab > div > [data-testid='stHorizontalBlock'], "
    ".st-key-lab > [data-testid='stHorizontalBlock'] { flex-direction: column-reverse; flex-wrap: nowrap; } }</style>"
)
_LARGE = "<style>[data-testid='stMain'] { zoom: 1.35; }</style>"


def start_page(title: str) -> None:
    """Show the page's title.

    A fresh server that is first asked for ``/convolution`` runs ``pages/convolution.py`` by itself, as Streamlit did
    before it had ``st.navigation``: no page config, no navigation. Then the page is run again through ``app.py``.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    _forget_other_pages(title)
    st.html(_STYLE)
    st.title(title)


def _forget_other_pages(title: str) -> None:
    """Controls of one name on two pages are two controls: what was set on another page stays there.

    What is no control, and has a name that begins with _, lives as long as the visit.
    """
    if st.session_state.get(_PAGE, title) != title:
        for key in [key for key in st.session_state if not str(key).startswith("_")]:
            del st.session_state[key]
    st.session_state[_PAGE] = title


def start_lab(title: str, breadth: float = 3, view_first: bool = False) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The title, and the places for controls and for a view of ``breadth`` times their width.

    A phone has them one below the other: the controls first, or with ``view_first`` the view.

    For a class the projector switch leaves the view alone, larger.
    """
    heading = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with heading:
        start_page(title)
        projector = switch(
            "Projector", key="projector", help="Hide the controls and enlarge the rest.", width="content"
        )
    if projector:
        st.html(_LARGE)
        return st.container(key="hidden_controls"), st.container()
    if view_first:
        st.html(_VIEW_FIRST)
    with st.container(key="lab"):
        controls, view = st.columns([1, breadth], gap="large")
    return controls, view
