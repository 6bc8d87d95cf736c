"""A picture that is unlike those that a network has learned on: its answer means little, and it is said."""

from __future__ import annotations

import streamlit as st

from cnnviz.data import DATASETS, is_available
from cnnviz.data.dataset import DataError, Images
from cnnviz.data.likeness import COMMON, Likeness, has_no_colours, known
from cnnviz.data.sources import folder
from cnnviz.ui.pickers.image_picker import loaded_dataset

_ALSO = {"mnist": "digits", "digits": "mnist"}
"""Of the same form: what one of them has taught is right for the other."""


def unlike_training(learned_on: str | None, pixels: Images) -> str:
    """A sentence where a picture ``(C, H, W)``, as the network reads it, is unlike the images of its dataset."""
    some = [
        one for name in (learned_on, _ALSO.get(learned_on or "")) if name and (one := _likeness(name, str(folder())))
    ]
    if not some:
        return ""
    if has_no_colours(pixels):
        return "This picture has no colours, as hardly any of the images that the network has learned on."
    return "" if any(one.has(pixels) for one in some) else _said(some[0].differences(pixels))


def _said(differences: list[str]) -> str:
    what = f"it {' and '.join(differences)}" if differences else "no trait of it alone, but how they go together"
    return f"This picture is unlike {COMMON:.0%} of the images that the network has learned on: {what}."


@st.cache_resource(max_entries=2 * len(DATASETS), show_spinner=False)
def _likeness(name: str, folder: str) -> Likeness | None:
    if name in known():
        return known()[name]
    if name not in DATASETS or not is_available(name):
        return None
    try:
        return Likeness.of(loaded_dataset(name).train.images)
    except (DataError, ValueError):
        return None
