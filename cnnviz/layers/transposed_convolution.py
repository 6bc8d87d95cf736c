"""ConvTranspose2d: the convolution that makes maps larger.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285, chapter 4.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import LARGEST_ARGUMENT, Array, Margin, Shape, image_shape, pair, times
from cnnviz.layers.convolution import Convolution
from cnnviz.layers.receptive_field import Pattern
from cnnviz.layers.window import Taps, allowed, dilated_size

if TYPE_CHECKING:
    from torch import nn


class ConvTranspose2d(Convolution):
    """torch.nn.ConvTranspose2d: each input cell paints its kernel, times its value, onto the output.

    ``(C, H, W)`` becomes ``(out_channels, H', W')`` with ``H' = (H − 1)s − 2p + d(k − 1) + output_padding + 1``.
    """

    type: Literal["ConvTranspose2d"] = "ConvTranspose2d"
    padding: Margin = 0
    output_padding: Margin = 0

    def output_shape(self, input_shape: Shape) -> Shape:
        channels, height, width = image_shape(self, input_shape)
        rows, cols = self._painted((height, width), pair(self.output_padding))
        faults = self._group_fault(channels), self._size_fault((height, width), (rows, cols))
        if any(faults):
            raise self._error(*faults)
        return (self.out_channels, rows - 2 * pair(self.padding)[0], cols - 2 * pair(self.padding)[1])

    def most_padding(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """The largest padding that leaves some output, (vertical, horizontal)."""
        rows, cols = self._painted(sizes, pair(self.output_padding))
        return (rows - 1) // 2, (cols - 1) // 2

    def _painted(self, sizes: tuple[int, int], extra: tuple[int, int]) -> tuple[int, int]:
        """Height and width of what all kernels paint, with the output padding, before the padding is cut away."""
        rows, cols = (
            (n - 1) * s + dilated_size(k, d) + more
            for n, k, s, d, more in zip(sizes, pair(self.kernel_size), self.strides, self.dilations, extra, strict=True)
        )
        return rows, cols

    def _size_fault(self, sizes: tuple[int, int], painted: tuple[int, int]) -> str:
        """Why there is no such output, and ways out after each of which there is one; nothing where there is one."""
        padding, extra = pair(self.padding), pair(self.output_padding)
        most = [max(s, d) - 1 for s, d in zip(self.strides, self.dilations, strict=True)]
        cut = [range(largest + 1) for largest in self.most_padding(sizes)]
        for more, largest, s, d in zip(extra, most, self.strides, self.dilations, strict=True):
            if more > largest:
                # as much as the padding cuts away beyond all that the kernels paint has to be there
                bare = self._painted(sizes, (0, 0))
                needed = [max(0, 2 * p + 1 - size) for p, size in zip(padding, bare, strict=True)]
                fitting = [range(low, high + 1) for low, high in zip(needed, most, strict=True)]
                way = (
                    f"take output padding {allowed(*fitting)}"
                    if all(fitting)
                    else "take padding 0 and output padding 0"
                )
                return f"output padding {more} at stride {s} and dilation {d}, of which one must be larger: {way}"
        if all(p in fitting for p, fitting in zip(padding, cut, strict=True)):
            return ""
        ways = [f"padding {allowed(*cut)}"]
        larger = tuple(
            k + max(0, -(-(2 * p + 1 - size) // d))
            for k, p, size, d in zip(pair(self.kernel_size), padding, painted, self.dilations, strict=True)
        )
        if max(larger) <= LARGEST_ARGUMENT:
            ways.append(f"a kernel of {larger[0]}×{larger[1]} or larger")
        return (
            f"padding {times(padding)} cuts away all of the output of a {times(sizes)} input: take {', or '.join(ways)}"
        )

    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        _, *sizes = input_shape
        formulas = [
            rf"({n} - 1) \cdot {s} - 2 \cdot {p} + {d} \cdot ({k} - 1) + {extra} + 1 = {out}"
            for n, s, p, d, k, extra, out in zip(
                sizes,
                self.strides,
                pair(self.padding),
                self.dilations,
                pair(self.kernel_size),
                pair(self.output_padding),
                self.output_shape(input_shape)[1:],
                strict=True,
            )
        ]
        return formulas[0], formulas[1]

    def weight_shape(self, input_shape: Shape) -> tuple[int, int, int, int]:
        """``(in_channels, out_channels / groups, kh, kw)``"""
        self.output_shape(input_shape)
        return (input_shape[0], self.out_channels // self.groups, *pair(self.kernel_size))

    def by_filter(self, weight: Array) -> Array:
        parts = [part.swapaxes(0, 1) for part in np.split(weight, self.groups)]
        return np.ascontiguousarray(np.concatenate(parts))

    def macs(self, input_shape: Shape) -> int:
        return prod(self.weight_shape(input_shape)) * input_shape[1] * input_shape[2]

    def taps(self, input_shape: Shape) -> tuple[Taps, Taps]:
        _, *sizes = self.output_shape(input_shape)

        def along(n: int, out: int, k: int, s: int, p: int, d: int) -> Taps:
            steps = np.arange(out)[:, None] + p - np.arange(k) * d
            return np.where((steps % s == 0) & (steps >= 0) & (steps < n * s), steps // s, -1)

        rows, cols = (
            along(*numbers)
            for numbers in zip(
                input_shape[1:],
                sizes,
                pair(self.kernel_size),
                self.strides,
                pair(self.padding),
                self.dilations,
                strict=True,
            )
        )
        return rows, cols

    def patterns(self, input_shape: Shape) -> tuple[Pattern, Pattern]:
        _, *sizes = self.output_shape(input_shape)

        def along(out: int, k: int, s: int, p: int, d: int) -> Pattern:
            """Kernel index t brings input i to output i·s + t·d − p, wherever that is a whole number."""
            steps = np.arange(s) + p
            # what t·d is modulo s decides, and comes again after s / gcd(s, d): the outermost t of each are enough
            period = s // gcd(s, d)
            tried = np.arange(min(period, k))
            first_of = np.full(s, -1)
            first_of[tried * d % s] = tried
            t = first_of[steps % s]
            last = t + (k - 1 - t) // period * period
            low, high = (np.where(t >= 0, (steps - end * d) // s, none) for end, none in ((last, 0), (t, -1)))
            return Pattern(low, high, 1, d // gcd(s, d), out)

        rows, cols = (
            along(*numbers)
            for numbers in zip(
                sizes, pair(self.kernel_size), self.strides, pair(self.padding), self.dilations, strict=True
            )
        )
        return rows, cols

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.ConvTranspose2d(
            input_shape[0],
            self.out_channels,
            self.kernel_size,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.bias,
            self.dilation,
        )
