"""The arithmetic that convolution and pooling share: where a sliding window can stand, and what it covers.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
"""

from __future__ import annotations

import numpy as np

from cnnviz.layers.base import Array, Layer, Margin, Shape, ShapeError, Size, image_shape, pair, times


def extent(kernel: int, dilation: int) -> int:
    """Cells from the first to the last that a dilated kernel covers along one axis."""
    return dilation * (kernel - 1) + 1


def positions(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many places a window has along one axis; 0 or less where it has none."""
    return (size + 2 * padding - extent(kernel, dilation)) // stride + 1


def windows(x: Array, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> Array:
    """Every window of a padded ``(C, H, W)`` array, as a ``(C, H', W', kh, kw)`` view of it."""
    (kh, kw), (sh, sw), (dh, dw) = kernel, stride, dilation
    view = np.lib.stride_tricks.sliding_window_view(x, (extent(kh, dh), extent(kw, dw)), axis=(1, 2))
    return view[:, ::sh, ::sw, ::dh, ::dw]


class WindowLayer(Layer):
    """A layer that slides a window over maps. Sizes are one number, or (vertical, horizontal)."""

    kernel_size: Size

    @property
    def strides(self) -> tuple[int, int]:
        raise NotImplementedError

    @property
    def margins(self) -> tuple[int, int]:
        """Rows added above and below, columns added left and right."""
        raise NotImplementedError

    @property
    def dilations(self) -> tuple[int, int]:
        return (1, 1)

    def map_size(self, input_shape: Shape) -> tuple[int, int]:
        """Height and width of the output, or a ShapeError."""
        _, *sizes = image_shape(self, input_shape)
        out = [
            positions(n, k, s, p, d)
            for n, k, s, p, d in zip(
                sizes, pair(self.kernel_size), self.strides, self.margins, self.dilations, strict=True
            )
        ]
        if min(out) < 1:
            raise ShapeError(self._too_large(sizes[0], sizes[1]))
        return out[0], out[1]

    def _too_large(self, height: int, width: int) -> str:
        covered = tuple(extent(k, d) for k, d in zip(pair(self.kernel_size), self.dilations, strict=True))
        dilated = f" (dilation {times(self.dilations)} spreads it over {times(covered)})" if max(self.dilations) > 1 else ""
        padded = f" with padding {times(self.margins)}" if max(self.margins) else ""
        missing = max(c - n - 2 * p for c, n, p in zip(covered, (height, width), self.margins, strict=True))
        return (
            f"{self.kind}: {times(self.kernel_size)} kernel{dilated} on a {height}×{width} input{padded}: "
            f"add padding {(missing + 1) // 2} or take a smaller kernel"
        )

    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        """The output height and width as TeX with the numbers filled in, source as the module says."""
        _, *sizes = image_shape(self, input_shape)
        return tuple(  # type: ignore[return-value]
            rf"\lfloor ({n} + 2 \cdot {p} - {d} \cdot ({k} - 1) - 1) / {s} \rfloor + 1 = {out}"
            for n, k, s, p, d, out in zip(
                sizes,
                pair(self.kernel_size),
                self.strides,
                self.margins,
                self.dilations,
                self.map_size(input_shape),
                strict=True,
            )
        )


__all__ = ["Margin", "WindowLayer", "extent", "positions", "windows"]
