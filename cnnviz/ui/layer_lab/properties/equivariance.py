"""Shift, turn or scale the input, and see whether the maps follow."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers import Conv2d, ConvTranspose2d
from cnnviz.layers.base import Array
from cnnviz.layers.equivariance import Comparison, compare_shift, compare_turn
from cnnviz.ui.frame.address import choice, slide
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.layer_lab.properties.map_row import Tile, map_row


def equivariance(
    layer: Conv2d | ConvTranspose2d, x: Array, weight: Array, bias: Array, channel: int, are_pixels: bool
) -> None:
    """``weight`` as torch stores it; the maps of output channel ``channel`` are shown, the numbers are of all."""
    kind = choice("change")
    with st.container(horizontal=True):
        if kind == "shift":
            down = slide("down")
            right = slide("right")
            comparison = compare_shift(layer, x, weight, bias, down, right)
        elif kind == "rotate":
            degrees = slide("degrees")
            comparison = compare_turn(layer, x, weight, bias, degrees, 1.0)
        else:
            percent = slide("percent")
            comparison = compare_turn(layer, x, weight, bias, 0.0, percent / 100)
    if tells("change", "down", "right"):
        kind = "change"
    else:
        _in_words(comparison, kind, layer)
    map_row(
        [
            Tile("The changed input", comparison.moved.mean(0), "Input", "pixels" if are_pixels else "activations"),
            Tile(f"Convolve, then {kind}", comparison.then_moved[channel]),
            Tile(f"{kind.capitalize()}, then convolve", comparison.then_convolved[channel]),
            Tile("Difference of the two", comparison.difference[channel], "Difference"),
        ],
        key="equivariance",
    )
    st.caption(
        f"Maps of output channel {channel}, each on its own colour scale."
        + (" The input is the mean of its channels." if len(x) > 1 else "")
    )


def _in_words(comparison: Comparison, kind: str, layer: Conv2d | ConvTranspose2d) -> None:
    largest = comparison.largest(np.ones_like(comparison.inside))
    inside, outside = int(comparison.inside.sum()), int((~comparison.inside).sum())
    stride = "At this stride" if tells("stride") else f"At stride {layer.stride}"
    if kind != "shift":
        st.markdown(
            f"Largest difference: **{largest:.4g}**. A convolution follows shifts, not rotations or scalings: its kernel "
            "keeps its own direction and size. What was a vertical edge is one no more."
        )
    elif not comparison.is_exact:
        st.markdown(
            f"Largest difference: **{largest:.4g}**. {stride} the windows stand on a coarser grid: this "
            "shift is no whole number of output cells, so other values come under the windows. Shift by a multiple of "
            "the stride, and it is 0."
        )
    else:
        st.markdown(
            f"Largest difference: **{comparison.largest(comparison.inside):.2g}** in the {inside:,} cells whose windows meet "
            "neither the border nor the edge of the shifted image, "
            f"**{comparison.largest(~comparison.inside):.4g}** in the other {outside:,}. There the shift has pushed values out of "
            "the image and brought zeros in, and a border of padding does not move along."
        )
