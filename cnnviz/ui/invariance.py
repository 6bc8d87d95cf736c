"""Shift the input pixel by pixel: does the pooled output stay or jump?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from cnnviz.layers import AvgPool2d, MaxPool2d, Pooling
from cnnviz.layers.base import Array
from cnnviz.layers.invariance import antialiased, change, drift, rolled, subsampled
from cnnviz.plots import ScaleName
from cnnviz.plots.shifts import shift_curves
from cnnviz.ui.address import slide
from cnnviz.ui.map_row import Tile, map_row

STEPS = range(9)
"""Pixels to shift by."""


def invariance(layers: Sequence[Pooling], x: Array, channel: int, are_pixels: bool) -> None:
    """The maps of ``channel`` are shown; the numbers are of all channels."""
    with st.container(horizontal=True):
        down, right = slide("Down", STEPS, 0, key="down"), slide("Right", STEPS, 1, key="right")
    moved = rolled(x, down, right)
    st.caption("What leaves the image on one side comes in on the other, so that nothing is lost by the shift itself.")
    scale: ScaleName = "pixels" if are_pixels else "activations"
    for i, layer in enumerate(layers):
        before, after = layer.apply(x), layer.apply(moved)
        _in_words(layer, before, after, x, moved, (down, right))
        map_row(
            [
                Tile("The shifted input", moved[channel], "Input", scale) if i == 0 else None,
                Tile(f"{layer.kind}, as it was", before[channel], "Output", scale),
                Tile(f"{layer.kind}, shifted input", after[channel], "Output", scale),
                Tile("Difference", after[channel] - before[channel], "Difference"),
            ],
            key=f"shift_{layer.kind}",
        )
    outcomes = _outcomes(layers)
    curves = {name: drift(outcome, x, [(0, step) for step in STEPS]) for name, outcome in outcomes.items()}
    drift_chart(curves, right, "How far the output moves when the input is shifted", "shift_curves")
    st.caption(
        "‖output of the shifted input − output‖ / ‖output‖ over all channels. 'Every stride-th value' is subsampling "
        "without any pooling; 'blurred' takes the steps after a blur, as Zhang (2019) proposes."
    )


def _outcomes(layers: Sequence[Pooling]) -> dict[str, Callable[[Array], Array]]:
    """By name, what becomes of an input."""
    outcomes: dict[str, Callable[[Array], Array]] = {"the input itself": lambda x: x}
    outcomes |= {layer.kind: layer.apply for layer in layers}
    first = layers[0]
    if isinstance(first, MaxPool2d | AvgPool2d) and max(first.strides) > 1:
        outcomes["every stride-th value"] = lambda x: subsampled(x, first.strides)
        outcomes[f"{first.kind}, blurred"] = lambda x: antialiased(first, x)
    return outcomes


def _in_words(layer: Pooling, before: Array, after: Array, x: Array, moved: Array, by: tuple[int, int]) -> None:
    changed, cells = int((after != before).sum()), before.size
    words = (
        f"**{layer.kind}**: {changed:,} of {cells:,} output values change; the output moves by "
        f"**{change(before, after):.0%}** of its length, the input by {change(x, moved):.0%}."
    )
    if isinstance(layer, MaxPool2d | AvgPool2d) and any(by):
        steps = [n / s for n, s in zip(by, layer.strides, strict=True)]
        if not changed:
            words += " It stays as it was."
        elif all(step.is_integer() for step in steps):
            is_same = np.array_equal(after, rolled(before, int(steps[0]), int(steps[1])))
            what = "it" if is_same else "what is not at the border"
            words += f" The shift is a whole number of strides: {what} jumps along by whole cells."
    st.markdown(words)


def drift_chart(curves: dict[str, list[float]], at: int, title: str, key: str) -> None:
    """The lines, and in words where they stand at the chosen shift."""
    chart, words = st.columns([2, 1], gap="large", vertical_alignment="center")
    chart.plotly_chart(shift_curves(curves, list(STEPS), title), key=key, config={"displayModeBar": False})
    rows = "\n".join(f"| {name} | {values[at]:.1%} |" for name, values in curves.items())
    words.markdown(f"| shifted by {at} to the right | moves by |\n|:--|--:|\n{rows}")
