"""A convolution as the Linear layer that it is: most connections left out, the others sharing few weights.

Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.2.
"""

from __future__ import annotations

from math import prod

import numpy as np

from cnnviz.layers.base import Shape, pair
from cnnviz.layers.convolution import Convolution


def connections(layer: Convolution, input_shape: Shape) -> int:
    """How many pairs of an input and an output cell the layer connects; a Linear layer connects all.

    Raises ShapeError where the layer does not fit.
    """
    rows, cols = (sum(len(set(at[at >= 0])) for at in taps) for taps in layer.taps(input_shape))
    return layer.out_channels * (input_shape[0] // layer.groups) * rows * cols


def shared_weights(layer: Convolution, input_shape: Shape) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """The layer as the weight matrix of a Linear layer, ``(output cells, input cells)``.

    Each entry is the number of the weight that stands there, counted in the order of ``by_filter``; −1 where the
    layer does not connect, −2 where a border that copies the input makes it the sum of several weights.
    """
    filters, height, width = layer.output_shape(input_shape)
    channels, *sizes = input_shape
    per_group = channels // layer.groups
    kh, kw = pair(layer.kernel_size)
    rows, cols = layer.taps(input_shape)
    matrix = np.full((filters, height, width, channels, *sizes), -1, np.int64)
    at_row, at_col = np.arange(height)[:, None], np.arange(width)[None, :]
    for f, c, i, j in np.ndindex(filters, per_group, kh, kw):
        source = f // (filters // layer.groups) * per_group + c
        y, x = rows[:, i][:, None], cols[:, j][None, :]
        there = (y >= 0) & (x >= 0)
        taken = matrix[f, at_row, at_col, source, y, x]
        number = ((f * per_group + c) * kh + i) * kw + j
        entry = np.where(taken == -1, number, -2)
        where = np.nonzero(there)
        matrix[f, where[0], where[1], source, y[where[0], 0], x[0, where[1]]] = entry[where]
    return matrix.reshape(filters * height * width, prod(input_shape))
