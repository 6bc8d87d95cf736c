"""Ready configurations of a page, one click each."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from cnnviz.data.numbers import COURSE
from cnnviz.ui.frame.address import text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.parameters import HIDE
from cnnviz.ui.frame.parameters.first_sight import FIRST_SIGHT

Examples = dict[str, dict[str, str | int]]
"""By name: what differs from the page as it opens, as its address has it."""

CONVOLUTIONS: Examples = {
    "The lecture: 6×6 image, two filters": {**FIRST_SIGHT["Convolution"]},
    "The lecture at stride 2": {
        "image": "lecture", "kernel": "falling diagonal", "filters": 1, "stride": 2, "at": "0.0.0",
    },
    "Each colour has its own kernel": {
        "image": "shape", "shape": "star", "kernel": "random", "filters": 3, "at": "0",
    },
    "Depthwise: one kernel a channel": {"image": "shape", "shape": "star", "filters": 3, "groups": 3, "at": "0"},
    "A dilated kernel and its gaps": {"kernel": "blur", "dilation": 3, "at": "0.8.8"},
    "A border that mirrors the image": {
        "image": "pattern", "pattern": "disc", "padding": 3, "padding_mode": "reflect", "at": "0.0.0",
    },
    "Transposed: each cell paints its kernel": {
        "image": "pattern", "pattern": "cross", "size": 5, "layer": "ConvTranspose2d", "stride": 2,
        "kernel": "soft blur", "filters": 1, "at": "0.4.4",
    },
    "What LeNet-5 has learned": {"kernel": "learned", "filters": 8, "padding": 2, "activation": "ReLU"},
    "Stride and dilation on 16×50×100": {
        "image": "feature maps", "height": 50, "width": 100, "filters": 33, "kernel": "random",
        "compare": 3, "stride": 2, "b_apart": "true", "b_kernel_size_width": 5, "b_stride": 2, "b_padding": 4,
        "b_padding_width": 2, "c_apart": "true", "c_kernel_size_width": 5, "c_stride": 2, "c_padding": 4,
        "c_padding_width": 2, "c_dilation": 3,
    },
}  # fmt: skip

_AVERAGED = COURSE.replace("29", "31", 1)

POOLINGS: Examples = {
    "The course's 4×4 numbers: maximum": {"image": "numbers", "layer": "MaxPool2d", "at": "0.0.0"},
    "The course's 4×4 numbers: average (31 first)": {
        "image": "numbers", "numbers": _AVERAGED, "layer": "AvgPool2d", "at": "0.0.0",
    },
    "Overlapping windows, as AlexNet has them": {"image": "shape", "shape": "star", "kernel_size": 3, "stride": 2},
    "Ceil mode: a window cut by the border": {
        "image": "lecture", "kernel_size": 4, "stride": 3, "ceil_mode": "true", "at": "0.1.1",
    },
    "Padding: minus infinity and zeros": {
        "image": "numbers", "kernel_size": 3, "stride": 2, "padding": 1, "at": "0.0.0",
    },
    "Where the gradient goes": {"image": "numbers", "kernel_size": 3, "stride": 1, "at": "0.0.0~1"},
    "Global average: one number for each map": {"image": "shape", "shape": "star", "layer": "Global average"},
    "Adaptive: 3×3 from any size": {"image": "digit", "layer": "AdaptiveAvgPool2d", "at": "0.1.1"},
    "A strided convolution instead": {"image": "shape", "shape": "star", "strided": "true", "kernel": "blur"},
    "Stripes of one pixel: aliasing": {
        "image": "pattern", "pattern": "vertical stripes", "more": "subsampling",
    },
    "One pixel to the right: stay or jump": {"image": "digit", "more": "shift"},
}  # fmt: skip


def pick_example(examples: Examples) -> None:
    """A menu of links: an example is an address, so that what it shows can be shared and opened again."""
    links = "".join(f'<li style="margin:.4rem 0">{_link(name, settings)}</li>' for name, settings in examples.items())
    with place("examples"), st.popover("Examples", icon=":material/school:", width="stretch"):
        st.html(f'<ul style="list-style:none;padding:0;margin:0">{links}</ul>')


def first_examples(examples: Examples, count: int) -> None:
    """The first of them in a line, to begin with."""
    with place("examples"):
        st.html("To begin with: " + " · ".join(_link(name, examples[name]) for name in list(examples)[:count]))


def _link(name: str, settings: dict[str, str | int]) -> str:
    kept = {name: value for name in ("projector", HIDE) if (value := text(name))}
    return f'<a href="?{escape(urlencode(settings | kept))}" target="_self" style="color:inherit">{escape(name)}</a>'
