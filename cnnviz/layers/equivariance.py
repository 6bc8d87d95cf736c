"""Does a convolution follow its input? Convolve what was moved, and move what was convolved.

Shift equivariance: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.2. Its loss by striding: Zhang,
"Making convolutional networks shift-invariant again", arXiv 1904.11486.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.layers.base import Array
from cnnviz.layers.convolution import Conv2d
from cnnviz.layers.transposed_convolution import ConvTranspose2d
from cnnviz.layers.window import Taps


def translated(x: Array, down: int, right: int) -> Array:
    """``(C, H, W)`` moved by whole cells; what comes in is 0."""
    _, height, width = x.shape
    out = np.zeros_like(x)
    if abs(down) < height and abs(right) < width:
        target = (slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0)))
        source = (slice(max(-down, 0), height + min(-down, 0)), slice(max(-right, 0), width + min(-right, 0)))
        out[(slice(None), *target)] = x[(slice(None), *source)]
    return out


def turned(x: Array, degrees: float, scale: float = 1.0) -> Array:
    """``(C, H, W)`` turned to the left and enlarged about its middle, bilinear; what comes in is 0."""
    _, height, width = x.shape
    cos, sin = np.cos(np.radians(degrees)) / scale, np.sin(np.radians(degrees)) / scale
    cy, cx = height / 2, width / 2
    matrix = (cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy)
    planes = [
        Image.fromarray(plane).transform(
            (width, height), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BILINEAR
        )
        for plane in x
    ]
    return np.stack([np.asarray(plane) for plane in planes])


@dataclass(frozen=True)
class Comparison:
    """What a layer makes of a moved input beside its moved output."""

    moved: Array
    """The input, moved."""
    then_convolved: Array
    then_moved: Array
    """The output of the input as it was, moved along."""
    inside: NDArray[np.bool_]
    """``(H', W')``: the cells whose windows meet neither the border nor what the move brought in."""
    is_exact: bool = True
    """Whether the output can move along by whole cells."""

    @property
    def difference(self) -> Array:
        return self.then_convolved - self.then_moved

    def largest(self, where: NDArray[np.bool_]) -> float:
        """The largest difference among these cells; 0 where there are none."""
        return float(np.abs(self.difference[:, where]).max(initial=0))


def compare_shift(
    layer: Conv2d | ConvTranspose2d, x: Array, weight: Array, bias: Array, down: int, right: int
) -> Comparison:
    """Shift by whole input cells; the output moves along by as many strides as that is, rounded."""
    moved = translated(x, down, right)
    transposed = isinstance(layer, ConvTranspose2d)
    steps = [n * s if transposed else n / s for n, s in zip((down, right), layer.strides, strict=True)]
    along = [round(step) for step in steps]
    plain = layer if transposed else layer.model_copy(update={"padding_mode": "zeros"})
    rows, cols = (
        _unchanged(taps, by, out, transposed)
        for taps, by, out in zip(plain.taps(x.shape), (down, right), along, strict=True)
    )
    return Comparison(
        moved,
        layer.apply(moved, weight, bias),
        translated(layer.apply(x, weight, bias), along[0], along[1]),
        rows[:, None] & cols[None, :],
        steps == along,
    )


def _unchanged(taps: Taps, by: int, out: int, transposed: bool) -> NDArray[Any]:
    """Along one axis: the output cells that read, after the shift, what the cells ``out`` before them read."""
    at = np.arange(len(taps)) - out
    there = (at >= 0) & (at < len(taps))
    before = taps[np.clip(at, 0, len(taps) - 1)]
    same = (taps >= 0) & (before >= 0) & (taps - by == before)
    if transposed:
        same |= (taps < 0) & (before < 0)
    return there & same.all(1)


def compare_turn(
    layer: Conv2d | ConvTranspose2d, x: Array, weight: Array, bias: Array, degrees: float, scale: float
) -> Comparison:
    """Turn and scale about the middle. Nothing promises that the two agree anywhere."""
    moved = turned(x, degrees, scale)
    then_convolved = layer.apply(moved, weight, bias)
    return Comparison(
        moved,
        then_convolved,
        turned(layer.apply(x, weight, bias), degrees, scale),
        np.zeros(then_convolved.shape[1:], bool),
    )
