"""Conv2d: one learned kernel for each pair of input and output channel."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import Array, Count, Margin, Shape, ShapeError, Size, image_shape, pair, shape_text, times
from cnnviz.layers.window import WindowLayer, extent, windows

if TYPE_CHECKING:
    from torch import nn


class Conv2d(WindowLayer):
    """torch.nn.Conv2d: slides ``out_channels`` filters over all input channels (a cross-correlation: no flip).

    ``(C, H, W)`` becomes ``(out_channels, H', W')`` with ``H' = ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1``.
    """

    type: Literal["Conv2d"] = "Conv2d"
    out_channels: Count
    kernel_size: Size
    stride: Size = 1
    padding: Margin | Literal["same", "valid"] = 0
    dilation: Size = 1
    groups: Count = 1
    bias: bool = True

    @property
    def strides(self) -> tuple[int, int]:
        return pair(self.stride)

    @property
    def dilations(self) -> tuple[int, int]:
        return pair(self.dilation)

    @property
    def borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Zero rows added (above, below) and columns (left, right); an odd total puts the extra one last, as in torch."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        if self.padding == "same":
            if max(self.strides) > 1:
                raise ShapeError(
                    f"Conv2d: padding 'same' needs stride 1, not {times(self.stride)}: give the padding as a number"
                )
            totals = [extent(k, d) - 1 for k, d in zip(pair(self.kernel_size), self.dilations, strict=True)]
            return (totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2)
        vertical, horizontal = pair(self.padding)
        return (vertical, vertical), (horizontal, horizontal)

    def output_shape(self, input_shape: Shape) -> Shape:
        channels, _, _ = image_shape(self, input_shape)
        for name, number in (("input", channels), ("output", self.out_channels)):
            if number % self.groups:
                raise ShapeError(
                    f"Conv2d: {self.groups} groups do not divide {number} {name} channels: "
                    "take a number of groups that divides both"
                )
        return (self.out_channels, *self.map_size(input_shape))

    def weight_shape(self, input_shape: Shape) -> tuple[int, int, int, int]:
        """``(out_channels, in_channels / groups, kh, kw)``, as torch stores the weights."""
        self.output_shape(input_shape)
        return (self.out_channels, input_shape[0] // self.groups, *pair(self.kernel_size))

    def num_params(self, input_shape: Shape) -> int:
        return prod(self.weight_shape(input_shape)) + (self.out_channels if self.bias else 0)

    def params_formula(self, input_shape: Shape) -> str:
        """``32·(16·6·6) + 32 = 18,464``: each filter has a kernel for every input channel, and one bias."""
        filters, channels, kh, kw = self.weight_shape(input_shape)
        bias = f" + {filters}" if self.bias else ""
        return f"{filters}·({channels}·{kh}·{kw}){bias} = {self.num_params(input_shape):,}"

    def macs(self, input_shape: Shape) -> int:
        _, height, width = self.output_shape(input_shape)
        return prod(self.weight_shape(input_shape)) * height * width

    def padded(self, x: Array) -> Array:
        """``x`` with its zero border."""
        return np.pad(x, ((0, 0), *self.borders))

    def apply(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """The layer's output for one ``(C, H, W)`` input and weights of ``weight_shape``."""
        if weight.shape != self.weight_shape(x.shape):
            raise ShapeError(
                f"Conv2d: weights of {shape_text(weight.shape)} where {shape_text(self.weight_shape(x.shape))} are needed"
            )
        view = windows(self.padded(x), pair(self.kernel_size), self.strides, self.dilations)
        out = np.concatenate(
            [
                np.tensordot(w, v, axes=((1, 2, 3), (0, 3, 4)))
                for w, v in zip(np.split(weight, self.groups), np.split(view, self.groups), strict=True)
            ]
        )
        return out if bias is None else out + bias[:, None, None]

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.Conv2d(
            input_shape[0],
            self.out_channels,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            self.bias,
        )
