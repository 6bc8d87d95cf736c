"""The arithmetic that convolution and pooling share: where a sliding window can stand, and what it covers.

Formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self, TypeAlias

import numpy as np

from cnnviz.layers.base import LARGEST_ARGUMENT, Layer, Shape, ShapeError, Size, image_shape, pair, times
from cnnviz.layers.receptive_field import Pattern, Reach, Span

Taps: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
"""Input indices along one axis; −1 for none."""


def dilated_size(kernel: int, dilation: int) -> int:
    """Cells from the first to the last that a dilated kernel covers along one axis."""
    return dilation * (kernel - 1) + 1


def positions(
    size: int, kernel: int, stride: int, border: tuple[int, int], dilation: int, rounds_up: bool = False
) -> int:
    """How many places a window has along one axis, ``border`` before and after it; 0 or less where it has none.

    Rounded up, one more where something is left over, if only it begins on the input or in the border before it.
    """
    room = size + sum(border) - dilated_size(kernel, dilation)
    count = (-(-room // stride) if rounds_up else room // stride) + 1
    return count - 1 if rounds_up and (count - 1) * stride >= size + border[0] else count


def one_if_equal(sides: tuple[int, int]) -> int | tuple[int, int]:
    """``(3, 3)`` as ``3``."""
    return sides[0] if sides[0] == sides[1] else sides


def allowed(rows: range, cols: range) -> str:
    """Which whole numbers may be taken for both axes, ``2 at most``, or for each, ``from (0, 1) to (2, 3)``."""
    both = range(max(rows.start, cols.start), min(rows.stop, cols.stop))
    rows, cols = (both, both) if both else (rows, cols)
    low, high = (rows[0], cols[0]), (rows[-1], cols[-1])
    if low == high:
        return str(one_if_equal(low))
    return f"from {one_if_equal(low)} to {one_if_equal(high)}" if any(low) else f"{one_if_equal(high)} at most"


class LocalLayer(Layer):
    """A layer over maps whose output cells each read a few input rows and columns."""

    def but(self, **arguments: object) -> Self:
        """The same with other arguments, which are not looked at."""
        return self.model_copy(update=arguments)

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

    def most_padding(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """The largest padding that the layer takes on an input of this height and width, (vertical, horizontal)."""
        return LARGEST_ARGUMENT, LARGEST_ARGUMENT

    @property
    def dilations(self) -> tuple[int, int]:
        return (1, 1)

    @property
    def rounds_up(self) -> bool:
        """Whether a window may reach beyond the border."""
        return False

    def map_size(self, input_shape: Shape) -> tuple[int, int]:
        """Height and width of the output, or a ShapeError."""
        _, height, width = image_shape(self, input_shape)
        if (places := self.fitting_places((height, width))) is None:
            raise ShapeError(f"{self.kind}: {self.window_fault((height, width))}")
        return places

    def _places(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """How many places the window has along each axis; 0 or less where it has none."""
        rows, cols = (
            positions(n, k, s, b, d, self.rounds_up)
            for n, k, s, b, d in zip(
                sizes, pair(self.kernel_size), self.strides, self.borders, self.dilations, strict=True
            )
        )
        return rows, cols

    def fitting_places(self, sizes: tuple[int, int]) -> tuple[int, int] | None:
        """How many, on an input of this height and width; None where there is none, or the layer takes no such border."""
        most = self.most_padding(sizes)
        if any(max(b) > m for b, m in zip(self.borders, most, strict=True)):
            return None
        places = self._places(sizes)
        return places if min(places) > 0 else None

    def window_fits(self, sizes: tuple[int, int]) -> bool:
        """Whether the window has a place there."""
        return self.fitting_places(sizes) is not None

    def window_fault(self, sizes: tuple[int, int]) -> str:
        """Why the window does not fit, and ways out after each of which it does; nothing where it fits."""
        return "" if self.window_fits(sizes) else self._too_large(sizes)

    def paddings(self, sizes: tuple[int, int]) -> tuple[range, range]:
        """With which paddings the window fits, for rows and for columns; an empty range where with none."""
        rows, cols = (
            range(max(0, -(-(dilated_size(k, d) - (s - 1 if self.rounds_up else 0) - n) // 2)), most + 1)
            for n, k, d, s, most in zip(
                sizes, pair(self.kernel_size), self.dilations, self.strides, self.most_padding(sizes), strict=True
            )
        )
        return rows, cols

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
            Pattern(first := np.array([-before]), first + dilated_size(k, d) - 1, s, d, out)
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
        rows, cols = (dilated_size(k, d) for k, d in zip(kernel, self.dilations, strict=True))
        wide = f" (dilation {times(self.dilations)} spreads it over {rows}×{cols})" if max(self.dilations) > 1 else ""
        padded = f" with padding {times((borders[0][0], borders[1][0]))}" if any(map(any, borders)) else ""
        ways = []
        if more := self._padding_to_add(size):
            ways.append(f"add padding {more}{' more' if padded else ''}")
        elif wide and self.but(dilation=1).window_fits(size):
            ways.append("take a smaller dilation")
        if self._with_fitting_kernel(size).window_fits(size):
            ways.append("take a smaller kernel")
        return (
            f"{times(kernel)} kernel{wide} on a {times(size)} input{padded}: "
            f"{' or '.join(ways) or 'take dilation 1 and a smaller kernel'}"
        )

    def _with_fitting_kernel(self, size: tuple[int, int]) -> Self:
        """With the largest kernel for which there is room between the borders."""
        kernel = tuple(
            min(k, (n + sum(b) - 1) // d + 1)
            for k, n, b, d in zip(pair(self.kernel_size), size, self.borders, self.dilations, strict=True)
        )
        return self.but(kernel_size=kernel)

    def _padding_to_add(self, size: tuple[int, int]) -> str:
        """How much more padding makes room for the kernel; nothing where the layer does not take that much."""
        ranges, own = self.paddings(size), [before for before, _ in self.borders]
        missing = [max(0, fitting.start - p) for fitting, p in zip(ranges, own, strict=True)]
        most = max(missing)
        if all(p + most in fitting for fitting, p in zip(ranges, own, strict=True)):
            return str(most)
        if all(p + more in fitting for fitting, p, more in zip(ranges, own, missing, strict=True)):
            return f"({missing[0]}, {missing[1]})"
        return ""

    def size_formula(self, input_shape: Shape) -> tuple[str, str]:
        """The output height and width as TeX with the numbers filled in, source as the module says; short at dilation 1.

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
            room = n + sum(b) - dilated_size(k, d)
            dropped = " - 1" if self.rounds_up and -(-room // s) + 1 > out else ""
            window = f"{k}" if d == 1 else rf"{d} \cdot ({k} - 1) - 1"
            formulas.append(rf"{left} ({n} + {added} - {window}) / {s} {right} + 1{dropped} = {out}")
        return formulas[0], formulas[1]
