"""What stays when the input is shifted; subsampling, and the blur that keeps it from going wrong.

Aliasing in convolutional networks and the blur against it: Zhang, "Making convolutional networks shift-invariant again",
arXiv 1904.11486.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from cnnviz.layers.base import Array, ShapeError, shape_text
from cnnviz.layers.pooling import AvgPool2d, MaxPool2d, Pooling
from cnnviz.layers.window import WindowLayer


def rolled(x: Array, down: int, right: int) -> Array:
    """``(C, H, W)`` moved by whole cells; what leaves on one side comes in on the other, so that nothing is lost."""
    return np.roll(x, (down, right), axis=(1, 2))


def change(before: Array, after: Array) -> float:
    """How far two arrays are apart, as a share of the first one's length: ``‖after − before‖ / ‖before‖``.

    What is not finite in either, as the maximum of a window without input, is left out; a length of 0 counts as 1.
    """
    known = np.isfinite(before) & np.isfinite(after)
    length = float(np.linalg.norm(before[known]))
    apart = float(np.linalg.norm(after[known].astype(np.float64) - before[known]))
    return apart / length if length else float(apart > 0)


def changes_over_shifts(outcome: Callable[[Array], Array], x: Array, steps: Sequence[tuple[int, int]]) -> list[float]:
    """By how much the outcome changes when the input moves by each of these (down, right)."""
    before = outcome(x)
    return [change(before, outcome(rolled(x, down, right))) if down or right else 0.0 for down, right in steps]


@dataclass(frozen=True)
class PooledShift:
    """What a pooling makes of an input, and of the same input shifted."""

    before: Array
    after: Array
    moved_along: bool
    """Whether the shift is a whole number of strides and the output is the same map, moved by as many cells."""

    @property
    def changed(self) -> int:
        """How many output values are others."""
        return int((self.after != self.before).sum())

    @property
    def difference(self) -> Array:
        """0 also where both are minus infinity."""
        same = self.after == self.before
        return np.subtract(self.after, self.before, out=np.zeros_like(self.after), where=~same)


def compare_pooled_shift(layer: Pooling, x: Array, down: int, right: int) -> PooledShift:
    """Shift ``(C, H, W)`` by whole cells, what leaves on one side coming in on the other. Raises ShapeError."""
    before, after = layer.apply(x), layer.apply(rolled(x, down, right))
    moved_along = False
    if isinstance(layer, WindowLayer) and (down or right):
        (rows, up), (cols, left) = (divmod(n, stride) for n, stride in zip((down, right), layer.strides, strict=True))
        moved_along = not (up or left) and np.array_equal(after, rolled(before, rows, cols))
    return PooledShift(before, after, moved_along)


def subsampled(x: Array, steps: tuple[int, int]) -> Array:
    """Of ``(C, H, W)`` every so many rows and columns, from the first on."""
    return x[:, :: steps[0], :: steps[1]]


def enlarged(x: Array, steps: tuple[int, int], size: tuple[int, int]) -> Array:
    """What was subsampled from maps of ``size``, each value as large as what it stands for."""
    return x.repeat(steps[0], 1).repeat(steps[1], 2)[:, : size[0], : size[1]]


def blur_weights(step: int) -> Array:
    """A binomial filter of ``2·step − 1`` numbers that add up to 1: (1, 2, 1) / 4 for a step of 2."""
    last = 2 * step - 2
    return np.array([comb(last, i) for i in range(last + 1)], np.float32) / np.float32(2**last)


def blurred(x: Array, steps: tuple[int, int]) -> Array:
    """``(C, H, W)`` without what is too fine for every so many rows and columns to show.

    The blur goes round the border, as ``rolled`` does, so that the two can be done in either order.
    """
    for axis, step in zip((1, 2), steps, strict=True):
        size = x.shape[axis]
        at = np.arange(1 - step, size + step - 1) % size
        parts = [weight * x.take(at[i : i + size], axis) for i, weight in enumerate(blur_weights(step))]
        x = np.sum(parts, axis=0, dtype=np.float32)
    return x


def antialiased(layer: MaxPool2d | AvgPool2d, x: Array) -> Array:
    """The layer at stride 1, then the blur, and only then its strides.

    Raises ShapeError where that is no output of the layer's size: in ceil mode windows may not be whole at stride 1.
    """
    dense = layer.model_copy(update={"stride": 1, "ceil_mode": False})
    out = subsampled(blurred(dense.apply(x), layer.strides), layer.strides)
    if out.shape != layer.output_shape(x.shape):
        raise ShapeError(
            f"{layer.kind}: blurred it gives {shape_text(out.shape)} and not {shape_text(layer.output_shape(x.shape))}: "
            "take ceil mode away"
        )
    return out
