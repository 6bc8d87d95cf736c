"""Pooling: each map shrinks by itself, and nothing is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import Array, Margin, Shape, ShapeError, Size, image_shape, pair, times
from cnnviz.layers.window import WindowLayer, windows

if TYPE_CHECKING:
    from torch import nn


class _Pool(WindowLayer):
    """``(C, H, W)`` becomes ``(C, H', W')``. A stride left out is the kernel size: windows that do not overlap."""

    kernel_size: Size
    stride: Size | None = None
    padding: Margin = 0

    @property
    def strides(self) -> tuple[int, int]:
        return pair(self.kernel_size if self.stride is None else self.stride)

    @property
    def borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        vertical, horizontal = pair(self.padding)
        return (vertical, vertical), (horizontal, horizontal)

    @property
    def most_padding(self) -> tuple[int, int]:
        vertical, horizontal = pair(self.kernel_size)
        return vertical // 2, horizontal // 2

    def output_shape(self, input_shape: Shape) -> Shape:
        channels, _, _ = image_shape(self, input_shape)
        if any(p > k // 2 for p, k in zip(pair(self.padding), pair(self.kernel_size), strict=True)):
            raise ShapeError(
                f"{self.kind}: padding {times(self.padding)} is more than half of the "
                f"{times(self.kernel_size)} kernel: take a smaller padding or a larger kernel"
            )
        return (channels, *self.map_size(input_shape))

    def _windows(self, x: Array, border: float) -> Array:
        self.output_shape(x.shape)
        padded = np.pad(x, ((0, 0), *self.borders), constant_values=border)
        return windows(padded, pair(self.kernel_size), self.strides, self.dilations)


class MaxPool2d(_Pool):
    """torch.nn.MaxPool2d: the largest value of each window; the border counts as minus infinity."""

    type: Literal["MaxPool2d"] = "MaxPool2d"
    dilation: Size = 1

    @property
    def dilations(self) -> tuple[int, int]:
        return pair(self.dilation)

    def apply(self, x: Array) -> Array:
        return self._windows(x, -np.inf).max(axis=(3, 4))

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.MaxPool2d(self.kernel_size, self.stride, self.padding, self.dilation)


class AvgPool2d(_Pool):
    """torch.nn.AvgPool2d: the mean of each window; the border counts as zeros."""

    type: Literal["AvgPool2d"] = "AvgPool2d"

    def apply(self, x: Array) -> Array:
        return self._windows(x, 0.0).mean(axis=(3, 4))

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.AvgPool2d(self.kernel_size, self.stride, self.padding)
