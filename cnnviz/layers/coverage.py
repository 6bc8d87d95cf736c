"""What the windows of a layer leave out and where they meet.

Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", Distill 2016.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnviz.layers.base import Shape, pair
from cnnviz.layers.convolution import Conv2d, Convolution
from cnnviz.layers.presets import middle
from cnnviz.layers.transposed_convolution import ConvTranspose2d
from cnnviz.layers.window import LocalLayer


class Lines(NamedTuple):
    """Some rows and some columns of a map, and how many of its cells lie in one of them."""

    rows: tuple[int, ...]
    cols: tuple[int, ...]
    cells: int


def _lines(has_any: tuple[np.ndarray, np.ndarray]) -> Lines:
    rows, cols = has_any
    return Lines(
        tuple(np.flatnonzero(~rows).tolist()),
        tuple(np.flatnonzero(~cols).tolist()),
        int(rows.size * cols.size - rows.sum() * cols.sum()),
    )


def unread(layer: LocalLayer, input_shape: Shape) -> Lines:
    """The input rows and columns that no output cell reads."""
    rows, cols = (
        np.isin(np.arange(size), taps) for size, taps in zip(input_shape[1:], layer.taps(input_shape), strict=True)
    )
    return _lines((rows, cols))


def empty(layer: LocalLayer, input_shape: Shape) -> Lines:
    """The output rows and columns whose windows hold no input, only a border."""
    rows, cols = (np.any(taps >= 0, axis=1) for taps in layer.taps(input_shape))
    return _lines((rows, cols))


def meeting(layer: ConvTranspose2d) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For rows and for columns how many kernel rows or columns meet at an output index, one after the other from the
    first, as it goes on for ever; what the edges of the input take away is not counted.
    """
    rows, cols = (
        tuple(np.roll(np.bincount(np.arange(k) * d % s, minlength=s), -p).tolist())
        for k, s, p, d in zip(pair(layer.kernel_size), layer.strides, pair(layer.padding), layer.dilations, strict=True)
    )
    return rows, cols


def moved(layer: Convolution) -> tuple[int, int]:
    """How far down and to the right the kernel's middle brings the picture, in cells of the larger map; 0 where it stays."""
    middles = [middle(k) * d for k, d in zip(pair(layer.kernel_size), layer.dilations, strict=True)]
    if isinstance(layer, Conv2d):
        down, right = (before - at for at, (before, _) in zip(middles, layer.borders, strict=True))
    else:
        assert isinstance(layer, ConvTranspose2d)
        down, right = (at - p for at, p in zip(middles, pair(layer.padding), strict=True))
    return down, right
