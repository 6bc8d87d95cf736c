"""Pooling: each map shrinks by itself, and nothing is learned.

Scherer, Müller and Behnke, "Evaluation of pooling operations in convolutional architectures for object recognition",
2010; global average pooling: Lin, Chen and Yan, "Network in network", arXiv 1312.4400.
"""

from __future__ import annotations

from abc import abstractmethod
from math import gcd
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, StrictInt

from cnnviz.layers.base import LARGEST_ARGUMENT, Array, Count, Margin, Shape, Size, image_shape, pair, times
from cnnviz.layers.receptive_field import Pattern
from cnnviz.layers.window import LocalLayer, Taps, WindowLayer, allowed

if TYPE_CHECKING:
    from torch import nn


def _not_zero(value: int) -> int:
    if value == 0:
        raise ValueError("must not be 0")
    return value


Divisor = Annotated[StrictInt, AfterValidator(_not_zero)]


class Pooling(LocalLayer):
    """``(C, H, W)`` becomes ``(C, H', W')``: each output cell is made of one window of its own channel."""

    @abstractmethod
    def apply(self, x: Array) -> Array:
        """The output for one ``(C, H, W)`` input. Raises ShapeError where it does not fit."""


class Max(Pooling):
    """The largest value of each window; minus infinity where dilation leaves a window without any input."""

    def apply(self, x: Array) -> Array:
        return _along_axes(x, self.taps(x.shape), -np.inf, np.max)


class Mean(Pooling):
    """The mean of each window."""

    @abstractmethod
    def counted(self, input_shape: Shape) -> tuple[Taps, Taps]:
        """How many rows and how many columns of each window count, ``(H',)`` and ``(W',)``."""

    def divisors(self, input_shape: Shape) -> Taps:
        """What the sum of each window is divided by, ``(H', W')``."""
        rows, cols = self.counted(input_shape)
        return np.outer(rows, cols)

    def apply(self, x: Array) -> Array:
        sums = _along_axes(x, self.taps(x.shape), 0.0, np.sum)
        out: Array = np.divide(sums, self.divisors(x.shape), dtype=np.float32)
        return out


def _along_axes(x: Array, taps: tuple[Taps, Taps], nothing: float, reduce: Any) -> Array:
    """Reduce every window: first along its columns, then along its rows."""
    rows, cols = taps
    ended = np.pad(x, ((0, 0), (0, 1), (0, 1)), constant_values=nothing)  # index −1 reads the end
    narrow = reduce(ended[:, :, cols], axis=3)
    out: Array = reduce(narrow[:, rows], axis=2)
    return out


class _Window(Pooling, WindowLayer):
    """A stride left out is the kernel size: windows that do not overlap.

    In ceil mode a window may reach beyond the border; what lies there counts for nothing.
    """

    kernel_size: Size
    stride: Size | None = None
    padding: Margin = 0
    ceil_mode: bool = False

    @property
    def strides(self) -> tuple[int, int]:
        return pair(self.kernel_size if self.stride is None else self.stride)

    @property
    def borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        vertical, horizontal = pair(self.padding)
        return (vertical, vertical), (horizontal, horizontal)

    def most_padding(self, sizes: tuple[int, int]) -> tuple[int, int]:
        vertical, horizontal = pair(self.kernel_size)
        return vertical // 2, horizontal // 2

    @property
    def rounds_up(self) -> bool:
        return self.ceil_mode

    def output_shape(self, input_shape: Shape) -> Shape:
        channels, _, _ = image_shape(self, input_shape)
        return (channels, *self.map_size(input_shape))

    def window_fault(self, sizes: tuple[int, int]) -> str:
        padding, kernel = pair(self.padding), pair(self.kernel_size)
        if all(p <= k // 2 for p, k in zip(padding, kernel, strict=True)):
            return super().window_fault(sizes)
        ways, fitting = [], self.paddings(sizes)
        larger = tuple(max(k, 2 * p) for k, p in zip(kernel, padding, strict=True))
        if all(fitting):
            ways.append(f"a smaller padding, {allowed(*fitting)}")
        if max(larger) <= LARGEST_ARGUMENT and self.but(kernel_size=larger).window_fits(sizes):
            ways.append(f"a larger kernel, {larger[0]}×{larger[1]}")
        if not ways:
            ways.append("padding 0, dilation 1 and a smaller kernel")
        return f"padding {times(padding)} is more than half of the {times(kernel)} kernel: take {', or '.join(ways)}"


class MaxPool2d(_Window, Max):
    """torch.nn.MaxPool2d: the largest value of each window; the border counts as minus infinity."""

    type: Literal["MaxPool2d"] = "MaxPool2d"
    dilation: Size = 1

    @property
    def dilations(self) -> tuple[int, int]:
        return pair(self.dilation)

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.MaxPool2d(self.kernel_size, self.stride, self.padding, self.dilation, ceil_mode=self.ceil_mode)


class AvgPool2d(_Window, Mean):
    """torch.nn.AvgPool2d: the mean of each window; the border counts as zeros.

    ``count_include_pad=False`` leaves the border out of the divisor; ``divisor_override`` is the divisor of all windows.
    """

    type: Literal["AvgPool2d"] = "AvgPool2d"
    count_include_pad: bool = True
    divisor_override: Divisor | None = None

    def counted(self, input_shape: Shape) -> tuple[Taps, Taps]:
        _, *sizes = self.output_shape(input_shape)

        def along(n: int, out: int, k: int, s: int, p: int) -> Taps:
            first = np.arange(out) * s - p
            end = np.minimum(first + k, n + p)
            return end - first if self.count_include_pad else np.minimum(end, n) - np.maximum(first, 0)

        rows, cols = (
            along(*numbers)
            for numbers in zip(
                input_shape[1:], sizes, pair(self.kernel_size), self.strides, pair(self.padding), strict=True
            )
        )
        return rows, cols

    def divisors(self, input_shape: Shape) -> Taps:
        if self.divisor_override is None:
            return super().divisors(input_shape)
        return np.full(self.output_shape(input_shape)[1:], self.divisor_override)

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.AvgPool2d(
            self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        )


class _Adaptive(Pooling):
    """Windows that are spread over the input so that the output has the given size, whatever the input's is.

    Output row i is made of the input rows from ``⌊i·H / H'⌋`` up to, not including, ``⌈(i + 1)·H / H'⌉``. None keeps
    the input's size along its axis. An output of size 1 is global pooling.
    """

    output_size: Count | tuple[Count | None, Count | None]

    def map_size(self, input_shape: Shape) -> tuple[int, int]:
        """Height and width of the output, or a ShapeError."""
        _, *sizes = image_shape(self, input_shape)
        wanted = self.output_size if isinstance(self.output_size, tuple) else (self.output_size, self.output_size)
        height, width = (size if want is None else want for want, size in zip(wanted, sizes, strict=True))
        return height, width

    def output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self.map_size(input_shape))

    def patterns(self, input_shape: Shape) -> tuple[Pattern, Pattern]:
        def along(n: int, out: int) -> Pattern:
            start = np.arange(out // gcd(n, out))
            return Pattern(start * n // out, -(-(start + 1) * n // out) - 1, n // gcd(n, out), 1, out)

        rows, cols = (along(*sizes) for sizes in zip(input_shape[1:], self.map_size(input_shape), strict=True))
        return rows, cols

    def taps(self, input_shape: Shape) -> tuple[Taps, Taps]:
        rows, cols = (
            np.where((at := first[:, None] + np.arange((last - first).max() + 1)) <= last[:, None], at, -1)
            for first, last, _ in self.spans(input_shape)
        )
        return rows, cols

    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        """Which input rows and columns the windows cover, as TeX with the numbers filled in."""
        rows, cols = (
            rf"\lfloor i \cdot {n} / {out} \rfloor \;…\; \lceil (i + 1) \cdot {n} / {out} \rceil - 1"
            for n, out in zip(input_shape[1:], self.map_size(input_shape), strict=True)
        )
        return rows, cols


class AdaptiveMaxPool2d(_Adaptive, Max):
    """torch.nn.AdaptiveMaxPool2d: the largest value of each window."""

    type: Literal["AdaptiveMaxPool2d"] = "AdaptiveMaxPool2d"

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.AdaptiveMaxPool2d(self.output_size)


class AdaptiveAvgPool2d(_Adaptive, Mean):
    """torch.nn.AdaptiveAvgPool2d: the mean of each window."""

    type: Literal["AdaptiveAvgPool2d"] = "AdaptiveAvgPool2d"

    def counted(self, input_shape: Shape) -> tuple[Taps, Taps]:
        rows, cols = (last - first + 1 for first, last, _ in self.spans(input_shape))
        return rows, cols

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.AdaptiveAvgPool2d(self.output_size)
