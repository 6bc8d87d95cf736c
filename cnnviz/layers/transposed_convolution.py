"""ConvTranspose2d: the convolution that makes maps larger.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285, chapter 4.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import Array, Margin, Shape, ShapeError, image_shape, pair, times
from cnnviz.layers.convolution import Convolution
from cnnviz.layers.receptive_field import Pattern
from cnnviz.layers.window import Taps, extent

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
        channels, *sizes = image_shape(self, input_shape)
        self._check_groups(channels)
        out = []
        for n, k, s, p, d, extra in zip(
            sizes,
            pair(self.kernel_size),
            self.strides,
            pair(self.padding),
            self.dilations,
            pair(self.output_padding),
            strict=True,
        ):
            if extra >= max(s, d):
                raise ShapeError(
                    f"ConvTranspose2d: output padding {extra} at stride {s} and dilation {d}: "
                    "it must be smaller than one of the two"
                )
            out.append((n - 1) * s - 2 * p + extent(k, d) + extra)
        if min(out) < 1:
            raise ShapeError(
                f"ConvTranspose2d: padding {times(self.padding)} cuts away all of the output of a "
                f"{times((sizes[0], sizes[1]))} input: take a smaller padding or a larger kernel"
            )
        return (self.out_channels, out[0], out[1])

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
