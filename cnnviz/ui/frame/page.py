"""How every page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from cnnviz.components.history_steps import history_steps
from cnnviz.components.page_watch import page_watch
from cnnviz.ui.frame.address import has, switch, take_as_it_is
from cnnviz.ui.frame.browser_history import (
    answers_an_act,
    begin_with,
    came_by_history,
    remember_asked,
    settle_address,
    take_address,
)
from cnnviz.ui.frame.exercises import keep_exercises
from cnnviz.ui.frame.hiding import hidden, hideable, out_of_sight
from cnnviz.ui.frame.long_address import place_for_length, say_length
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.frame.parameters.first_sight import FIRST_SIGHT, SAY_NOTHING
from cnnviz.ui.frame.refused import (
    forget_refusals,
    place_for_refusals,
    refuse,
    refuse_what_has_no_control,
    renew_refusals,
)
from cnnviz.ui.frame.restart import came_back, look_back, wake
from cnnviz.ui.frame.sharing.dialog import share_button
from cnnviz.ui.frame.sharing.sealed_address import say_of_task, seal_address, watch_address

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Streamlit writes white on the primary colour, which no colour that is readable on a dark ground allows; under the mouse
# that colour is dark again. Its captions are too pale on a light ground.
_STYLE = """<style>
[class*='st-key-hidden_'], [data-testid='stLayoutWrapper']:has(> [class*='st-key-hidden_']) { display: none; }
[class*='st-key-beat_'], .st-key-history_steps { position: absolute; }
[data-testid='stMain'] kbd { color: inherit; opacity: 1; }
[data-testid='stBaseButton-primary']:not(:disabled, :hover:not(:active)) *, [data-tag] * { color: light-dark(#ffffff, #0d1213); }
[data-testid='stCaptionContainer'] { opacity: .72; }
[data-testid='stLayoutWrapper']:has(> .st-key-answer) { position: sticky; top: 3.75rem; z-index: 2; }
.st-key-answer { background: light-dark(#fbfaf7, #14191b); }
[data-testid='stMarkdownContainer']:has(> table) { overflow-x: auto; }
@media (max-width: 640px) {
  [data-testid='stMain'] h1 { font-size: 1.9rem; padding-top: 0; }
  .st-key-projector:not(:has(input:checked)) { display: none; }
  .st-key-lab > div > [data-testid='stHorizontalBlock'] { flex-flow: column-reverse nowrap; }
  .st-key-lab > div > div > .stColumn:first-child { position: sticky; bottom: 0; z-index: 3; flex: 0 0 36vh !important;
    width: auto; min-width: calc(100% + 2rem) !important; overflow-y: auto;
    overscroll-behavior: contain; padding: .75rem 1rem 1rem; margin: 0 -1rem; border-top: 1px solid light-dark(#d6d2c6, #3a4448);
    background: light-dark(#fbfaf7, #14191b); box-shadow: 0 -6px 12px rgb(0 0 0 / 12%); }
}
</style>"""
_PROJECTOR = "_projector"
_MOST_NAMED = 5
_VIEW_FIRST = (
    "<style>@media (max-width: 640px) { .st-key-form > div > [data-testid='stHorizontalBlock'] "
    "{ flex-flow: column-reverse nowrap; } }</style>"
)
# What is enlarged is as high as the screen all the same: else its end would lie below. A table measures itself in the pixels
# of the screen and is drawn in enlarged ones. The title is there for those who hear the page.
_LARGE = """<style>
[data-testid='stMain'] { zoom: 1.35; max-height: calc(100vh / 1.35); --projected: 1; --formula-size: 1.35rem; }
[data-testid='stMain'] [data-testid='stHeading']:has(h1) { position: absolute; opacity: 0; pointer-events: none; }
[data-testid='stMain'] [data-testid='stMainBlockContainer'] { padding-top: 3rem; }
[data-testid='stFullScreenFrame']:has(> [data-testid='stDataFrame']) { width: calc(100% / 1.35); }
</style>"""


def start_page(title: str) -> None:
    """Show the page's title."""
    if _start(title):
        st.html(_LARGE)


def _start(title: str) -> bool:
    """The title and what is to be said of the address; whether it is shown by a projector."""
    _begin(title)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title)
        share_button()
        projector = switch("projector", width="content")
    st.session_state[_PROJECTOR] = projector
    place_for_refusals()
    place_for_length()
    say_of_task()
    _say_unknown(title)
    return projector


def _begin(title: str) -> None:
    """What comes before anything is shown.

    A fresh server that is first asked for ``/convolution`` runs ``pages/convolution.py`` by itself, as Streamlit did
    before it had ``st.navigation``: no page config, no navigation. Then the page is run again through ``app.py``.
    """
    look_back()
    remember_asked()
    seal_address()
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    former = st.session_state.get(PAGE)
    if not answers_an_act():
        take_as_it_is()
    if former not in (None, title):
        _forget()
        take_address()
    elif came_by_history():
        renew_refusals()
    st.session_state[PAGE] = title
    if keep_exercises(title):
        _forget()
        st.rerun()
    if former != title or came_by_history():
        _keep_projector()
        _begin_at_first_sight(title)
    st.html(_STYLE)
    history_steps()
    wake()


def _keep_projector() -> None:
    """It goes along from page to page, until it is switched off or somebody opens another address."""
    is_asked = st.query_params.get("projector", "").lower() == "true"
    is_on = st.session_state.get(_PROJECTOR)
    if is_on is None or (is_asked and not came_by_history()):
        st.session_state[_PROJECTOR] = is_asked
    elif is_on != is_asked:
        begin_with("projector", "true" if is_on else "")


def _begin_at_first_sight(title: str) -> None:
    """Where the address says nothing of the page. One that says anything opens on the defaults."""
    if set(st.query_params) <= SAY_NOTHING:
        for name, value in FIRST_SIGHT.get(title, {}).items():
            begin_with(name, value)


def end_page() -> None:
    """When all is drawn: the address says what the page shows, and the page what is to be said of the address."""
    asked, settled = settle_address()
    refuse_what_has_no_control()
    say_length()
    forget_refusals()
    if came_back():
        refuse("", _back_again())
    title = str(st.session_state.get(PAGE))
    page_watch("" if title == "Home" else title.lower(), asked, settled)
    watch_address()


def leave_page() -> None:
    """Nothing more can be shown."""
    end_page()
    st.stop()


def _back_again() -> str:
    """What somebody has to know whose page stands as before, on a server that has started anew."""
    said = "The server has started anew, and this page is back as its address says."
    if st.session_state.get(PAGE) == "Builder":
        said += " What was done before cannot be undone any more."
    if st.session_state.get("image") in ("upload", "camera"):
        said += " Hand the picture over again."
    return said


def _forget() -> None:
    """Controls of one name on two pages are two controls: what was set on another page stays there.

    What is no control, and has a name that begins with _, lives as long as the visit.
    """
    for key in [key for key in st.session_state if not str(key).startswith("_")]:
        del st.session_state[key]
    take_as_it_is()


def _say_unknown(title: str) -> None:
    """Which names in ``hide=`` are those of nothing on this page."""
    if not (names := hidden()):
        return
    if unknown := [escaped(repr(name[:40])) for name in names if name not in hideable(title)]:
        said = " or ".join([*unknown[:_MOST_NAMED], *["others"] * (len(unknown) > _MOST_NAMED)])
        st.warning(f"The address hides what is not there: nothing on this page has the name {said}.")


def start_lab(title: str, breadth: float = 3, form_before: str = "") -> tuple[DeltaGenerator, DeltaGenerator]:
    """The title, and the places for controls and for a view of ``breadth`` times their width.

    On a phone the controls are a sheet below the view, which stays in sight. A form comes before the view, unless the
    address that was opened first says something under ``form_before``, which the view is about then.

    For a class the projector switch leaves the view alone, larger.
    """
    projector = _start(title)
    if projector:
        st.html(_LARGE)
        return out_of_sight("controls"), st.container()
    if form_before and st.session_state.setdefault(f"_{form_before}_first", has(form_before)):
        st.html(_VIEW_FIRST)
    with st.container(key="form" if form_before else "lab"):
        controls, view = st.columns([1, breadth], gap="large")
    return controls, view
