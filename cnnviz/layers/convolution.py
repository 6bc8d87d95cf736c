"""Conv2d, and what it shares with ConvTranspose2d: one learned kernel for each pair of channels of a group.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
"""

from __future__ import annotations

from abc import abstractmethod
from math import gcd, prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import (
    LARGEST_ARGUMENT,
    Array,
    Count,
    Margin,
    Shape,
    ShapeError,
    Size,
    image_shape,
    pair,
    shape_text,
    times,
)
from cnnviz.layers.window import LocalLayer, Taps, WindowLayer, allowed, dilated_size, one_if_equal

if TYPE_CHECKING:
    from torch import nn

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

NUMPY_MODES: dict[PaddingMode, Literal["reflect", "edge", "wrap"]] = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
"""What numpy.pad calls them."""


class Convolution(LocalLayer):
    """What the two have in common: kernels, groups, and the sum over whatever the kernels cover."""

    out_channels: Count
    kernel_size: Size
    stride: Size = 1
    dilation: Size = 1
    groups: Count = 1
    bias: bool = True

    @property
    def strides(self) -> tuple[int, int]:
        return pair(self.stride)

    @property
    def dilations(self) -> tuple[int, int]:
        return pair(self.dilation)

    @abstractmethod
    def weight_shape(self, input_shape: Shape) -> tuple[int, int, int, int]:
        """The shape of the weights as torch stores them."""

    @abstractmethod
    def by_filter(self, weight: Array) -> Array:
        """Weights as torch stores them (or a gradient of them) as ``(out_channels, in_channels / groups, kh, kw)``."""

    def fitting_groups(self, channels: int) -> list[int]:
        """Numbers of groups that divide the channels of input and output: which joins whole groups, and the nearest."""
        both = gcd(channels, self.out_channels)
        nearest = next(groups for groups in range(min(both, self.groups), 0, -1) if both % groups == 0)
        return list(dict.fromkeys((gcd(both, self.groups), nearest)))

    def fitting_channels(self, channels: int) -> list[int]:
        """The next numbers of output channels, below and above, that the groups divide.

        None where they do not divide the input's.
        """
        if channels % self.groups:
            return []
        below = self.out_channels // self.groups * self.groups
        return [number for number in (below, below + self.groups) if 0 < number <= LARGEST_ARGUMENT]

    def _group_fault(self, channels: int) -> str:
        """Why the groups do not fit, and ways out after each of which they do; nothing where they fit."""
        for name, number in (("input", channels), ("output", self.out_channels)):
            if number % self.groups:
                fitting = self.fitting_groups(channels)
                way = f"take {' or '.join(map(str, fitting))} group{'s' * (fitting[-1] > 1)}"
                if others := self.fitting_channels(channels):
                    way += f", or {' or '.join(map(str, others))} output channels"
                return f"{self.groups} groups do not divide {number} {name} channels: {way}"
        return ""

    def _error(self, *faults: str) -> ShapeError:
        """One of all faults; the ways out of each leave the others as they are."""
        return ShapeError(f"{self.kind}: {'; and '.join(filter(None, faults))}")

    def num_params(self, input_shape: Shape) -> int:
        return prod(self.weight_shape(input_shape)) + (self.out_channels if self.bias else 0)

    def params_formula(self, input_shape: Shape) -> str:
        """``32·(16·6·6) + 32 = 18,464``: each filter has a kernel for every input channel, and one bias."""
        self.output_shape(input_shape)
        kh, kw = pair(self.kernel_size)
        bias = f" + {self.out_channels}" if self.bias else ""
        return (
            f"{self.out_channels}·({input_shape[0] // self.groups}·{kh}·{kw}){bias} = {self.num_params(input_shape):,}"
        )

    def apply(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """The layer's output for one ``(C, H, W)`` input and weights of ``weight_shape``."""
        if weight.shape != self.weight_shape(x.shape):
            raise ShapeError(
                f"{self.kind}: weights of {shape_text(weight.shape)} "
                f"where {shape_text(self.weight_shape(x.shape))} are needed"
            )
        rows, cols = self.taps(x.shape)
        ended = np.pad(x, ((0, 0), (0, 1), (0, 1)))  # index −1, no input, reads the zeros at the end
        view = ended[:, rows[:, None, :, None], cols[None, :, None, :]]
        out = np.concatenate(
            [
                np.tensordot(w, v, axes=((1, 2, 3), (0, 3, 4)))
                for w, v in zip(np.split(self.by_filter(weight), self.groups), np.split(view, self.groups), strict=True)
            ]
        )
        return out if bias is None else out + bias[:, None, None]


class Conv2d(Convolution, WindowLayer):
    """torch.nn.Conv2d: slides ``out_channels`` filters over all input channels (a cross-correlation: no flip).

    ``(C, H, W)`` becomes ``(out_channels, H', W')`` with ``H' = ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1``.
    """

    type: Literal["Conv2d"] = "Conv2d"
    padding: Margin | Literal["same", "valid"] = 0
    padding_mode: PaddingMode = "zeros"

    @property
    def borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows added (above, below) and columns (left, right); an odd total puts the extra one last, as in torch."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        if self.padding == "same":
            if max(self.strides) > 1:
                raise ShapeError(
                    f"Conv2d: padding 'same' needs stride 1, not {times(self.stride)}: "
                    "take stride 1 or give the padding as a number"
                )
            return self.same_borders
        vertical, horizontal = pair(self.padding)
        return (vertical, vertical), (horizontal, horizontal)

    @property
    def same_borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """What padding 'same' adds at stride 1, in torch and in Keras."""
        rows, cols = (dilated_size(k, d) - 1 for k, d in zip(pair(self.kernel_size), self.dilations, strict=True))
        return (rows // 2, rows - rows // 2), (cols // 2, cols - cols // 2)

    def most_padding(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """As wide as a border that inputs of this size can fill."""
        height, width = (
            {"reflect": size - 1, "circular": size}.get(self.padding_mode, LARGEST_ARGUMENT) for size in sizes
        )
        return height, width

    def output_shape(self, input_shape: Shape) -> Shape:
        channels, height, width = image_shape(self, input_shape)
        faults = self._group_fault(channels), ""
        if (places := self.fitting_places((height, width))) is None:
            faults = faults[0], self.window_fault((height, width))
        if places is None or any(faults):
            raise self._error(*faults)
        return (self.out_channels, *places)

    @property
    def _is_same_with_stride(self) -> bool:
        return self.padding == "same" and max(self.strides) > 1

    def fitting_places(self, sizes: tuple[int, int]) -> tuple[int, int] | None:
        return None if self._is_same_with_stride else super().fitting_places(sizes)

    def window_fault(self, sizes: tuple[int, int]) -> str:
        if self._is_same_with_stride:
            return self._same_fault(sizes)
        for border, size, most in zip(self.borders, sizes, self.most_padding(sizes), strict=True):
            if max(border) > most:
                return (
                    f"padding {max(border)} in mode {self.padding_mode!r} on an input {size} wide or high: "
                    f"{self._ways_out_of_a_wide_border(sizes)}"
                )
        return super().window_fault(sizes)

    def _same_fault(self, sizes: tuple[int, int]) -> str:
        ways = []
        if self.but(stride=1).window_fits(sizes):
            ways.append("stride 1")
        if (padding := self.padding_like_same(sizes)) is not None:
            ways.append(f"padding {padding}, which gives {times(self.but(padding=padding)._places(sizes))}")
        if not ways:
            ways.append("stride 1 and mode 'zeros'")
        return f"padding 'same' needs stride 1, not {times(self.stride)}: take {' or '.join(ways)}"

    def padding_like_same(self, sizes: tuple[int, int]) -> int | tuple[int, int] | None:
        """The padding that leaves ``⌈size / stride⌉`` cells along each axis, as 'same' does elsewhere; None where none does."""
        paddings = []
        for n, k, d, s in zip(sizes, pair(self.kernel_size), self.dilations, self.strides, strict=True):
            covered, cells = dilated_size(k, d), -(-n // s)
            least = max(0, -(-((cells - 1) * s + covered - n) // 2))
            most = (cells * s + covered - n - 1) // 2
            paddings.append(min(max((covered - 1) // 2, least), most))
            if least > most:
                return None
        padding = one_if_equal((paddings[0], paddings[1]))
        return padding if max(paddings) <= LARGEST_ARGUMENT and self.but(padding=padding).window_fits(sizes) else None

    def _ways_out_of_a_wide_border(self, sizes: tuple[int, int]) -> str:
        ways, fitting = [], self.paddings(sizes)
        if all(fitting):
            ways.append(f"padding {allowed(*fitting)}")
        if self.but(padding_mode="zeros").window_fits(sizes):
            ways.append("mode 'zeros'")
        return "take " + (", or ".join(ways) or "padding 0 and a smaller kernel")

    def weight_shape(self, input_shape: Shape) -> tuple[int, int, int, int]:
        """``(out_channels, in_channels / groups, kh, kw)``"""
        self.output_shape(input_shape)
        return (self.out_channels, input_shape[0] // self.groups, *pair(self.kernel_size))

    def by_filter(self, weight: Array) -> Array:
        return weight

    def macs(self, input_shape: Shape) -> int:
        _, height, width = self.output_shape(input_shape)
        return prod(self.weight_shape(input_shape)) * height * width

    def sources(self, input_shape: Shape) -> tuple[Taps, Taps]:
        rows, cols = (
            np.pad(np.arange(size), border, constant_values=-1)
            if self.padding_mode == "zeros"
            else np.pad(np.arange(size), border, NUMPY_MODES[self.padding_mode])
            for size, border in zip(input_shape[1:], self.borders, strict=True)
        )
        return rows, cols

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
            self.padding_mode,
        )
