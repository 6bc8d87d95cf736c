"""The images of a dataset to choose from by eye, all of them, of one class, or those that the network takes for another."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

import numpy as np
import streamlit as st

from cnnviz.components.linked import linked
from cnnviz.data.dataset import Images, Labels, Split
from cnnviz.networks.table import table, totals
from cnnviz.plots.gallery import gallery
from cnnviz.runs.answers import answers
from cnnviz.ui.frame.sharing.sealed_address import page_address, query_of
from cnnviz.ui.pickers.model_picker import Model

_ON_A_PAGE = 40
_MOST_READ = 2_000  # images
_MOST_MACS = 100_000_000_000  # about three seconds on two cores
_ASKED, _CHOSEN, _KEPT = "gallery_asked", "gallery_chosen", "gallery_kept"
_ALL, _RIGHT, _WRONG = "all", "answered right", "answered wrong"


@dataclass(frozen=True)
class Shown:
    """What there is to choose from."""

    split: Split
    class_names: tuple[str, ...]
    words: str
    """What they are called: ``test image``."""


def choose_by_eye(shown: Shown, model: Model | None) -> None:
    """A button that opens them; all that a page pays for it as long as nobody asks. ``model`` has learned on such images."""
    st.button("Choose by eye", on_click=_ask, key="by_eye", icon=":material/grid_view:", width="stretch")
    if st.session_state.pop(_ASKED, False):
        _choose(shown, model)


def _can_read(model: Model) -> int:
    """How many images, in a time that one waits; 0 for a network that has learned nothing yet."""
    macs = totals(table(model.card.network)).macs
    return 0 if not model.is_trained or model.is_training else min(_MOST_READ, _MOST_MACS // max(1, macs))


@st.cache_data(max_entries=16, show_spinner="The network reads the images …")
def _answers(name: str, version: str, words: str, most: int, _model: Model, _images: Images) -> Labels:
    return answers(_model.module, _model.card, _images[:most])


def _ask() -> None:
    st.session_state[_ASKED] = True


@st.dialog("Choose an image", width="large")
def _choose(shown: Shown, model: Model | None) -> None:
    if st.session_state.pop(_CHOSEN, False):
        st.rerun()
    for name, value in st.session_state.get(_KEPT, {}).items():  # a dialog that was closed forgets its controls
        if name not in st.session_state and (name != "gallery_class" or value in (_ALL, *shown.class_names)):
            st.session_state[name] = value
    with st.container(horizontal=True):
        kind = st.selectbox("Class", [_ALL, *shown.class_names], key="gallery_class")
        which, most = _ALL, 0 if model is None else _can_read(model)
        if most:
            which = st.segmented_control(
                "By its answer", [_ALL, _RIGHT, _WRONG], default=_ALL, required=True, key="gallery_which"
            )
    st.session_state[_KEPT] = {"gallery_class": kind, "gallery_which": which}
    said = None
    if model is not None and which != _ALL:
        said = _answers(model.name, model.version, shown.words, most, model, shown.split.images)
    numbers = _numbers(shown, kind, which, said)
    if said is not None and len(said) < len(shown.split.images):
        st.caption(f"Of the first {len(said):,}, which the network has read.")
    if not len(numbers):
        st.info("There is none.")
        return
    pages = -(-len(numbers) // _ON_A_PAGE)
    page = 1
    if pages > 1:
        page = int(st.number_input(f"Page, of {pages:,}", 1, pages, key=f"gallery_page {kind} {which}"))
    _draw(shown, numbers[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE], said)


def _numbers(shown: Shown, kind: str, which: str, said: Labels | None) -> Labels:
    labels = shown.split.labels if said is None else shown.split.labels[: len(said)]
    wanted = np.ones(len(labels), bool) if kind == _ALL else labels == shown.class_names.index(kind)
    if said is not None:
        wanted &= (said == labels) == (which == _RIGHT)
    return np.flatnonzero(wanted)


def _draw(shown: Shown, numbers: Labels, said: Labels | None) -> None:
    names = shown.class_names
    captions = []
    for number in numbers:
        truth = shown.split.labels[number]
        wrong = "" if said is None or said[number] == truth else f"\ntaken for {names[said[number]]}"
        captions.append(f"{shown.words} {number:,}\n{names[truth]}{wrong}")
    address = page_address()
    links = [f"?{query_of(address | {'at_image': [str(number)]})}" for number in numbers]
    html = gallery([shown.split.images[number] for number in numbers], captions, links)
    linked(html, key="gallery", on_follow=_take, in_dialog=True)


def _take(href: str) -> None:
    number = parse_qs(href.partition("?")[2]).get("at_image", [""])[-1]
    if number.isdecimal():
        st.session_state["at_image"] = float(number)  # as the control for whole numbers holds it
        st.session_state[_CHOSEN] = True
