"""Shift the input pixel by pixel: does the pooled output stay or jump?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha1

import streamlit as st

from cnnviz.layers import AvgPool2d, MaxPool2d, Pooling, ShapeError
from cnnviz.layers.base import Array
from cnnviz.layers.invariance import (
    PooledShift,
    antialiased,
    change,
    changes_over_shifts,
    compare_pooled_shift,
    rolled,
    subsampled,
)
from cnnviz.plots import ScaleName
from cnnviz.plots.shifts import shift_curves
from cnnviz.ui.frame.address import slide
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.layer_lab.properties.map_row import Tile, map_row

_UNTOLD = ("Pooling", "Another pooling")
STEPS = range(9)
"""Pixels to shift by."""


def invariance(layers: Sequence[Pooling], x: Array, channel: int, are_pixels: bool) -> int:
    """The maps of ``channel`` are shown; the numbers are of all channels. Returns the shift to the right."""
    with st.container(horizontal=True):
        down, right = slide("down"), slide("right")
    moved = rolled(x, down, right)
    st.caption("What leaves the image on one side comes in on the other, so that nothing is lost by the shift itself.")
    scale: ScaleName = "pixels" if are_pixels else "activations"
    names = (_UNTOLD if tells("layer") else tuple(layer.kind for layer in layers))[: len(layers)]
    for i, (layer, name) in enumerate(zip(layers, names, strict=True)):
        comparison = compare_pooled_shift(layer, x, down, right)
        _in_words(name, comparison, change(x, moved), is_shifted=bool(down or right))
        map_row(
            [
                Tile("The shifted input", moved[channel], "Input", scale) if i == 0 else None,
                Tile(f"{name}, as it was", comparison.before[channel], "Output", scale),
                Tile(f"{name}, shifted input", comparison.after[channel], "Output", scale),
                Tile("Difference", comparison.difference[channel], "Difference"),
            ],
            key=f"shift_{name}",
        )
    key = sha1(x.tobytes()).hexdigest() + str(x.shape) + "".join(layer.model_dump_json() for layer in layers)
    shift_chart(
        _curves(key, names, layers, x),
        right,
        "By how much the output changes when the input is shifted",
        "shift_curves",
    )
    st.caption(
        "‖output of the shifted input − output‖ / ‖output‖ over all channels. 'Every stride-th value' is subsampling "
        "without any pooling; 'blurred' takes the steps after a blur, as Zhang (2019) proposes."
    )
    return int(right)


@st.cache_data(max_entries=64, show_spinner=False)
def _curves(key: str, names: tuple[str, ...], _layers: Sequence[Pooling], _x: Array) -> dict[str, list[float]]:
    """By name, the changes over the shifts; ``key`` stands for layers, which are called ``names``, and input."""
    outcomes: dict[str, Callable[[Array], Array]] = {"the input itself": lambda x: x}
    outcomes |= {name: layer.apply for name, layer in zip(names, _layers, strict=True)}
    first = _layers[0]
    if isinstance(first, MaxPool2d | AvgPool2d) and max(first.strides) > 1:
        outcomes["every stride-th value"] = lambda x: subsampled(x, first.strides)
        outcomes[f"{names[0]}, blurred"] = lambda x: antialiased(first, x)
    curves = {}
    for name, outcome in outcomes.items():
        try:
            curves[name] = changes_over_shifts(outcome, _x, [(0, step) for step in STEPS])
        except ShapeError:  # no blurred variant of this size
            continue
    return curves


def _in_words(name: str, comparison: PooledShift, of_input: float, is_shifted: bool) -> None:
    words = (
        f"**{name}**: {comparison.changed:,} of {comparison.before.size:,} output values change. The output changes by "
        f"**{change(comparison.before, comparison.after):.0%}**, the input by {of_input:.0%}."
    )
    if is_shifted and not comparison.changed:
        words += " It stays as it was."
    elif comparison.moved_along:
        words += " The shift is a whole number of strides: the output is the same map, moved along by whole cells."
    st.markdown(words)


def shift_chart(curves: dict[str, list[float]], at: int, title: str, key: str) -> None:
    """The lines, and in words where they stand at the chosen shift."""
    chart, words = st.columns([2, 1], gap="large", vertical_alignment="center")
    chart.plotly_chart(shift_curves(curves, list(STEPS), title), key=key, config={"displayModeBar": False})
    rows = "\n".join(f"| {name} | {values[at]:.1%} |" for name, values in curves.items())
    words.markdown(f"| shifted by {at} to the right | changes by |\n|:--|--:|\n{rows}")
