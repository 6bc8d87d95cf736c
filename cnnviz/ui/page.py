"""How every page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from cnnviz.ui.address import HIDE, hidden, out_of_sight, release, switch
from cnnviz.ui.plain import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Streamlit writes white on the primary colour, which no colour that is readable on a dark ground allows; under the mouse
# that colour is dark again. Its captions are too pale on a light ground.
_STYLE = """<style>
[class*='st-key-hidden_'], [data-testid='stLayoutWrapper']:has(> [class*='st-key-hidden_']) { display: none; }
[data-testid='stMain'] kbd { color: inherit; opacity: 1; }
[data-testid='stBaseButton-primary']:not(:disabled, :hover:not(:active)) *, [data-tag] * { color: light-dark(#ffffff, #0d1213); }
[data-testid='stCaptionContainer'] { opacity: .72; }
[data-testid='stMarkdownContainer']:has(> table) { overflow-x: auto; }
</style>"""
_PAGE = "_page"
_EXERCISES = "_exercises"
_MOST_NAMED = 5
_VIEW_FIRST = (
    "<style>@media (max-width: 640px) { .st-key-lab > div > [data-testid='stHorizontalBlock'], "
    ".st-key-lab > [data-testid='stHorizontalBlock'] { flex-direction: column-reverse; flex-wrap: nowrap; } }</style>"
)
_LARGE = "<style>[data-testid='stMain'] { zoom: 1.35; }</style>"


def start_page(title: str) -> None:
    """Show the page's title."""
    _begin(title)
    st.title(title)
    _say_unknown(title)


def _begin(title: str) -> None:
    """What comes before anything is shown.

    A fresh server that is first asked for ``/convolution`` runs ``pages/convolution.py`` by itself, as Streamlit did
    before it had ``st.navigation``: no page config, no navigation. Then the page is run again through ``app.py``.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    if st.session_state.get(_PAGE, title) != title:
        _forget()
    st.session_state[_PAGE] = title
    _keep_hidden(title)
    st.html(_STYLE)


def _forget() -> None:
    """Controls of one name on two pages are two controls: what was set on another page stays there.

    What is no control, and has a name that begins with _, lives as long as the visit.
    """
    for key in [key for key in st.session_state if not str(key).startswith("_")]:
        del st.session_state[key]


def _keep_hidden(title: str) -> None:
    """Who has been on another page comes back to an address that hides nothing, and gets the one that was there before."""
    exercises: dict[str, dict[str, list[str]]] = st.session_state.setdefault(_EXERCISES, {})
    if HIDE in st.query_params:
        exercises[title] = {name: st.query_params.get_all(name) for name in st.query_params}
    elif before := exercises.get(title):
        kept = {HIDE, *",".join(before[HIDE]).lower().split(",")} if len(st.query_params) else before.keys()
        gone = {name: before[name] for name in before if name in kept and name not in st.query_params}
        release(gone)
        st.query_params.update(gone)  # all at once: one step in the browser's history
        _forget()
        st.rerun()


def _say_unknown(title: str) -> None:
    """Which names in ``hide=`` are those of nothing on this page."""
    if not (names := hidden()):
        return
    from cnnviz.ui.hideable import hideable

    if unknown := [plain(repr(name[:40])) for name in names if name not in hideable(title)]:
        said = " or ".join([*unknown[:_MOST_NAMED], *["others"] * (len(unknown) > _MOST_NAMED)])
        st.warning(f"The address hides what is not there: nothing on this page has the name {said}.")


def start_lab(title: str, breadth: float = 3, view_first: bool = False) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The title, and the places for controls and for a view of ``breadth`` times their width.

    A phone has them one below the other: the controls first, or with ``view_first`` the view.

    For a class the projector switch leaves the view alone, larger.
    """
    _begin(title)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title)
        projector = switch(
            "Projector", key="projector", help="Hide the controls and enlarge the rest.", width="content"
        )
    _say_unknown(title)
    if projector:
        st.html(_LARGE)
        return out_of_sight("controls"), st.container()
    if view_first:
        st.html(_VIEW_FIRST)
    with st.container(key="lab"):
        controls, view = st.columns([1, breadth], gap="large")
    return controls, view
