"""What stays when the input is shifted; subsampling, and the blur that keeps it from going wrong.

Aliasing in convolutional networks and the blur against it: Zhang, "Making convolutional networks shift-invariant again",
arXiv 1904.11486.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb

import numpy as np

from cnnviz.layers.base import Array
from cnnviz.layers.pooling import AvgPool2d, MaxPool2d


def rolled(x: Array, down: int, right: int) -> Array:
    """``(C, H, W)`` moved by whole cells; what leaves on one side comes in on the other, so that nothing is lost."""
    return np.roll(x, (down, right), axis=(1, 2))


def change(before: Array, after: Array) -> float:
    """How far two arrays are apart, as a share of the first one's length: ``‖after − before‖ / ‖before‖``."""
    length = float(np.linalg.norm(before))
    apart = float(np.linalg.norm(after.astype(np.float64) - before))
    return apart / length if length else float(apart > 0)


def drift(outcome: Callable[[Array], Array], x: Array, steps: Sequence[tuple[int, int]]) -> list[float]:
    """By how much the outcome changes when the input moves by each of these (down, right)."""
    before = outcome(x)
    return [change(before, outcome(rolled(x, down, right))) for down, right in steps]


def subsampled(x: Array, steps: tuple[int, int], start: int = 0) -> Array:
    """Of ``(C, H, W)`` every so many rows and columns, from ``start`` on."""
    return x[:, start :: steps[0], start :: steps[1]]


def blur_weights(step: int) -> Array:
    """A binomial filter of ``2·step − 1`` numbers that add up to 1: (1, 2, 1) / 4 for a step of 2."""
    last = 2 * step - 2
    return np.array([comb(last, i) for i in range(last + 1)], np.float32) / np.float32(2**last)


def blurred(x: Array, steps: tuple[int, int]) -> Array:
    """``(C, H, W)`` without what is too fine for every so many rows and columns to show; the border mirrors the input."""
    for axis, step in zip((1, 2), steps, strict=True):
        width, size = step - 1, x.shape[axis]
        at = np.pad(np.arange(size), width, "reflect" if size > 1 else "edge")
        parts = [weight * x.take(at[i : i + size], axis) for i, weight in enumerate(blur_weights(step))]
        x = np.sum(parts, axis=0, dtype=np.float32)
    return x


def antialiased(layer: MaxPool2d | AvgPool2d, x: Array) -> Array:
    """The layer at stride 1, then the blur, and only then its strides."""
    dense = layer.model_copy(update={"stride": 1, "ceil_mode": False})
    return subsampled(blurred(dense.apply(x), layer.strides), layer.strides)
