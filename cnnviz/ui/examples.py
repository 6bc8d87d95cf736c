"""Ready configurations of the convolution page, one click each."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.ui.address import keep, place

_PLAIN = {
    "layer": "Conv2d", "kernel_size": 3, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "apart": False,
    "padding_kind": "number", "padding_mode": "zeros", "use_bias": True, "bias": 0.0, "activation": "none", "filters": 4,
    "compare": "1", "size": "own", "colour": "own", "kernel": "vertical edges",
}  # fmt: skip

_LECTURE = {"image": "lecture", "kernel": "falling diagonal"}

EXAMPLES: dict[str, tuple[dict[str, Any], str]] = {
    "The lecture: 6×6 image, two filters": ({**_LECTURE, "filters": 2}, "0.0.0"),
    "The lecture at stride 2": ({**_LECTURE, "filters": 1, "stride": 2}, "0.0.0"),
    "Each colour has its own kernel": ({"image": "shape", "shape": "star", "kernel": "random", "filters": 3}, "0"),
    "Depthwise: one kernel a channel": (
        {"image": "shape", "shape": "star", "kernel": "vertical edges", "filters": 3, "groups": 3}, "0",
    ),
    "A dilated kernel and its gaps": ({"image": "digit", "kernel": "blur", "dilation": 3}, "0.8.8"),
    "A border that mirrors the image": (
        {"image": "pattern", "pattern": "disc", "padding": 3, "padding_mode": "reflect"}, "0.0.0",
    ),
    "Transposed: each cell paints its kernel": (
        {"image": "pattern", "pattern": "cross", "size": 5, "layer": "ConvTranspose2d", "stride": 2, "kernel": "soft blur",
         "filters": 1}, "0.4.4",
    ),
    "What LeNet-5 has learned": (
        {"image": "digit", "kernel": "learned", "filters": 8, "padding": 2, "activation": "ReLU"}, "",
    ),
    "Stride and dilation on 16×50×100": (
        {"image": "feature maps", "channels": 16, "height": 50, "width": 100, "filters": 33, "kernel": "random",
         "compare": "3", "stride": 2, "b_apart": True, "b_kernel_size": 3, "b_kernel_size_width": 5, "b_stride": 2,
         "b_stride_width": 1, "b_padding": 4, "b_padding_width": 2, "c_apart": True, "c_kernel_size": 3,
         "c_kernel_size_width": 5, "c_stride": 2, "c_stride_width": 1, "c_padding": 4, "c_padding_width": 2,
         "c_dilation": 3, "c_dilation_width": 1}, "",
    ),
}  # fmt: skip
"""By name: the controls that differ from a plain convolution, and what the explorer opens."""


def _load() -> None:
    settings, at = EXAMPLES[st.session_state["example_menu"]]
    st.session_state.update(_PLAIN | settings)
    keep("at", at)
    keep("edits", "")


def pick_example() -> None:
    """A menu of examples."""
    with place("examples"):
        st.menu_button(
            "Examples", list(EXAMPLES), key="example_menu", on_click=_load, icon=":material/school:", width="stretch"
        )
