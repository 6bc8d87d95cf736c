"""A weight matrix as a picture in which each shared weight has a colour of its own."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EMPTY, _SEVERAL, _LINE = (250, 250, 250), (120, 120, 120), (225, 225, 225)
_GOLDEN = 0.618034  # turns by which neighbouring hues lie far apart


def weight_colours(count: int) -> NDArray[np.uint8]:
    """``(count, 3)``: hues far apart, lightness in three steps, so that neighbours differ without colour too."""
    rows = [colorsys.hls_to_rgb(i * _GOLDEN % 1, (0.35, 0.55, 0.72)[i % 3], 0.75) for i in range(count)]
    return (np.array(rows).reshape(-1, 3) * 255).astype(np.uint8)


def weight_matrix(numbers: NDArray[Any], count: int, width: int = 720) -> NDArray[np.uint8]:
    """``(rows, columns)`` numbers of ``count`` weights as an RGB picture at most ``width`` wide, or one pixel an entry.

    −1 is an empty entry, −2 the sum of several weights.
    """
    colours = np.concatenate([weight_colours(count), [_SEVERAL, _EMPTY]]).astype(np.uint8)
    cell = max(1, min(28, width // numbers.shape[1]))
    picture = colours[numbers].repeat(cell, 0).repeat(cell, 1)
    if cell >= 4:
        picture[::cell] = _LINE
        picture[:, ::cell] = _LINE
    return picture
