"""The picture that one looks at, for the address of another page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.data import DATASETS, title
from cnnviz.ui.frame.address import text
from cnnviz.ui.frame.parameters.layers import FEATURES, NUMBERS, TEST, TRAINING
from cnnviz.ui.links.way import is_told

BY_NUMBER = (TEST, TRAINING)
_NAMES = {
    "digit": ("digit", "example"),
    "shape": ("shape", "example"),
    "pattern": ("pattern",),
    "draw": ("as_digit",),
    "dataset": ("image_set", "example"),
    TEST: ("image_set", "at_image"),
    TRAINING: ("image_set", "at_image"),
    "upload": ("stretch",),
    "camera": ("stretch",),
}
"""By kind of image: the controls beside its size and colours."""


def picture_in_hand(learned_on: str = "", reader: str | None = None) -> dict[str, Any]:
    """What the controls of this page say of its picture; nothing where it is no picture, or hidden.

    ``learned_on`` is the dataset of this page's network, whose images it shows by their number, and ``reader`` that of the
    other page's network; None where that page has none.
    """
    kind = str(st.session_state.get("image", ""))
    if not kind or kind in (NUMBERS, FEATURES):
        return {}
    names = ["image", *_NAMES.get(kind, ()), *(() if kind == "lecture" else ("size", "colour"))]
    said = {name: st.session_state[name] for name in names if name in st.session_state}
    if kind == "draw":
        said["drawing"] = text("drawing")
    if kind == "dataset":
        chosen = f"{said.get('image_set')}_class"
        said[chosen] = st.session_state.get(chosen, "")
    if kind in BY_NUMBER and learned_on in DATASETS:
        said["image_set"] = learned_on
    if kind in BY_NUMBER and reader in DATASETS and said.pop("image_set", None) != reader:
        return {}  # there the number would be another image's
    if "image_set" in said:
        said["image_set"] = title(said["image_set"])
    return {name: value for name, value in said.items() if value != ""} if is_told(*names, *said) else {}
