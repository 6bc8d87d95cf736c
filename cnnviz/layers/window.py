"""The arithmetic that convolution and pooling share: where a sliding window can stand, and what it covers.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeAlias

import numpy as np

from cnnviz.layers.base import Layer, Shape, ShapeError, Size, image_shape, pair, times
from cnnviz.layers.receptive_field import Pattern, Reach, Span

Taps: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
"""Input indices along one axis; −1 for none."""


def extent(kernel: int, dilation: int) -> int:
    """Cells from the first to the last that a dilated kernel covers along one axis."""
    return dilation * (kernel - 1) + 1


def positions(
    size: int, kernel: int, stride: int, border: tuple[int, int], dilation: int, rounds_up: bool = False
) -> int:
    """How many places a window has along one axis, ``border`` before and after it; 0 or less where it has none.

    Rounded up, one more where something is left over, if only it begins on the input or in the border before it.
    """
    room = size + sum(border) - extent(kernel, dilation)
    count = (-(-room // stride) if rounds_up else room // stride) + 1
    return count - 1 if rounds_up and (count - 1) * stride >= size + border[0] else count


class LocalLayer(Layer):
    """A layer over maps whose output cells each read a few input rows and columns."""

    @abstractmethod
    def taps(self, input_shape: Shape) -> tuple[Taps, Taps]:
        """For rows and for columns the input index under each index of the window, ``(output size, window size)``.

        −1 where there is no input: a border, beyond it, or an index that this output cell leaves out.
        """

    @abstractmethod
    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        """The output height and width as TeX with the numbers filled in."""

    @abstractmethod
    def patterns(self, input_shape: Shape) -> tuple[Pattern, Pattern]:
        """For rows and for columns, see ``Pattern``; indices beyond the edges stand for the border there."""

    def spans(self, input_shape: Shape) -> tuple[Span, Span]:
        """The same for the cells that there are, see ``Span``."""
        rows, cols = self.patterns(input_shape)
        return rows.span, cols.span

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        return reach.through(self.patterns(input_shape))

    def sources(self, input_shape: Shape) -> tuple[Taps, Taps]:
        """The input row behind each row of the padded input, and the same for columns; −1 where there is none."""
        return np.arange(input_shape[1]), np.arange(input_shape[2])

    def places(self, input_shape: Shape) -> tuple[Taps, Taps]:
        """Where on the padded input each index of the window lies; −1 where it is left out."""
        return self.taps(input_shape)


class WindowLayer(LocalLayer):
    """A layer that slides a window over maps. Sizes are one number, or (vertical, horizontal)."""

    kernel_size: Size

    @property
    @abstractmethod
    def strides(self) -> tuple[int, int]:
        """(vertical, horizontal)"""

    @property
    @abstractmethod
    def borders(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows added (above, below) and columns added (left, right)."""

    @property
    def most_padding(self) -> tuple[int, int] | None:
        """The largest padding that the layer takes, (vertical, horizontal); None where any will do."""
        return None

    @property
    def dilations(self) -> tuple[int, int]:
        return (1, 1)

    @property
    def rounds_up(self) -> bool:
        """Whether a window may reach beyond the border."""
        return False

    def map_size(self, input_shape: Shape) -> tuple[int, int]:
        """Height and width of the output, or a ShapeError."""
        _, *sizes = image_shape(self, input_shape)
        out = [
            positions(n, k, s, b, d, self.rounds_up)
            for n, k, s, b, d in zip(
                sizes, pair(self.kernel_size), self.strides, self.borders, self.dilations, strict=True
            )
        ]
        if min(out) < 1:
            raise ShapeError(self._too_large((sizes[0], sizes[1])))
        return out[0], out[1]

    def places(self, input_shape: Shape) -> tuple[Taps, Taps]:
        rows, cols = (
            np.arange(out)[:, None] * s + np.arange(k) * d
            for out, k, s, d in zip(
                self.map_size(input_shape), pair(self.kernel_size), self.strides, self.dilations, strict=True
            )
        )
        return rows, cols

    def patterns(self, input_shape: Shape) -> tuple[Pattern, Pattern]:
        rows, cols = (
            Pattern(first := np.array([-before]), first + extent(k, d) - 1, s, d, out)
            for out, k, s, d, (before, _) in zip(
                self.map_size(input_shape),
                pair(self.kernel_size),
                self.strides,
                self.dilations,
                self.borders,
                strict=True,
            )
        )
        return rows, cols

    def sources(self, input_shape: Shape) -> tuple[Taps, Taps]:
        """The input row behind each row of the padded input, and the same for columns; −1 where there is none.

        Where windows reach beyond the border, so do these.
        """
        rows, cols = (
            np.pad(np.arange(n), (before, max(after, int(place.max()) + 1 - before - n)), constant_values=-1)
            for n, (before, after), place in zip(input_shape[1:], self.borders, self.places(input_shape), strict=True)
        )
        return rows, cols

    def taps(self, input_shape: Shape) -> tuple[Taps, Taps]:
        self.output_shape(input_shape)
        rows, cols = (
            source[place] for source, place in zip(self.sources(input_shape), self.places(input_shape), strict=True)
        )
        return rows, cols

    def _too_large(self, size: tuple[int, int]) -> str:
        kernel, borders = pair(self.kernel_size), self.borders
        rows, cols = (extent(k, d) for k, d in zip(kernel, self.dilations, strict=True))
        wide = f" (dilation {times(self.dilations)} spreads it over {rows}×{cols})" if max(self.dilations) > 1 else ""
        padded = f" with padding {times((borders[0][0], borders[1][0]))}" if any(map(any, borders)) else ""
        way_out = self._padding_to_add((rows, cols), size)
        if way_out:
            way_out = f"add padding {way_out}{' more' if padded else ''}"
        else:
            way_out = "take a smaller dilation" if wide else "enlarge the input"
        return (
            f"{self.kind}: {times(kernel)} kernel{wide} on a {times(size)} input{padded}: "
            f"{way_out} or take a smaller kernel"
        )

    def _padding_to_add(self, covered: tuple[int, int], size: tuple[int, int]) -> str:
        """How much more padding makes room for the kernel; nothing where the layer does not take that much."""
        beyond = [s - 1 if self.rounds_up else 0 for s in self.strides]
        missing = [
            max(0, -(-(c - o - n - sum(b)) // 2))
            for c, o, n, b in zip(covered, beyond, size, self.borders, strict=True)
        ]
        room = [
            missing[axis] if self.most_padding is None else self.most_padding[axis] - self.borders[axis][0]
            for axis in (0, 1)
        ]
        if self.most_padding is None or max(missing) <= min(room):
            return str(max(missing))
        if missing[0] <= room[0] and missing[1] <= room[1]:
            return f"({missing[0]}, {missing[1]})"
        return ""

    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        """The output height and width as TeX with the numbers filled in, source as the module says.

        Rounding up, a last window that would begin beyond the input is not made: "− 1".
        """
        _, *sizes = image_shape(self, input_shape)
        left, right = (r"\lceil", r"\rceil") if self.rounds_up else (r"\lfloor", r"\rfloor")
        formulas = []
        for n, b, d, k, s, out in zip(
            sizes, self.borders, self.dilations, pair(self.kernel_size), self.strides, self.map_size(input_shape),
            strict=True,
        ):  # fmt: skip
            added = rf"2 \cdot {b[0]}" if b[0] == b[1] else f"{b[0]} + {b[1]}"
            room = n + sum(b) - extent(k, d)
            dropped = " - 1" if self.rounds_up and -(-room // s) + 1 > out else ""
            formulas.append(rf"{left} ({n} + {added} - {d} \cdot ({k} - 1) - 1) / {s} {right} + 1{dropped} = {out}")
        return formulas[0], formulas[1]
