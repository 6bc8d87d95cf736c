"""Receptive fields: which rows and columns of a network's input a cell reads, counted as if the input had no end.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np

MOST_JUMP = Fraction(2**40)
"""Far beyond any input, and still exact as a float."""

Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class Span(NamedTuple):
    """Along one axis of a layer, for each output index the first and the last input index that it reads.

    First +∞ and last −∞ where it reads none. ``step`` input indices lie between neighbours, on average.
    """

    first: Numbers
    last: Numbers
    step: Fraction


def _falls(values: Numbers) -> bool:
    return bool((values[1:] < values[:-1]).any())


@dataclass(frozen=True)
class Axis:
    """Along one axis: for each cell its first and last input index, and the input cells between two neighbours."""

    first: Numbers
    last: Numbers
    jump: Fraction

    @classmethod
    def of_input(cls, size: int) -> Axis:
        return cls(np.arange(size, dtype=float), np.arange(size, dtype=float), Fraction(1))

    @property
    def size(self) -> int:
        """Input cells from the first to the last that one cell reads, at most."""
        widest = float((self.last - self.first).max()) + 1
        return int(widest) if widest > 0 else 0

    def through(self, span: Span) -> Axis:
        """Of the cells of a layer that reads these."""
        reads = np.isfinite(span.first)
        low, high = np.where(reads, span.first, 0), np.where(reads, span.last, 0)
        first, last = self._at(self.first, low), self._at(self.last, high)
        if _falls(self.first) or _falls(self.last):  # a cell inside may reach further
            inside = [
                slice(int(a), int(b) + 1)
                for a, b in zip(np.clip(low, 0, len(self.first) - 1), np.clip(high, 0, len(self.last) - 1), strict=True)
            ]
            first = np.minimum(first, [self.first[cells].min() for cells in inside])
            last = np.maximum(last, [self.last[cells].max() for cells in inside])
        if not reads.all():
            # a cell that reads nothing begins where the next one does, and ends where the last one did
            first = np.minimum.accumulate(np.where(reads, first, np.inf)[::-1])[::-1]
            last = np.maximum.accumulate(np.where(reads, last, -np.inf))
        return Axis(first, last, min(self.jump * span.step, MOST_JUMP))

    def _at(self, values: Numbers, index: Numbers) -> Numbers:
        """Beyond the edges it goes on as far as the jump says."""
        inside = np.clip(index, 0, len(values) - 1).astype(int)
        out: Numbers = values[inside] + np.trunc((index - inside) * float(self.jump))
        return out

    def everything(self) -> Axis:
        return Axis(
            np.full_like(self.first, self.first.min()),
            np.full_like(self.last, self.last.max()),
            self.jump,
        )

    def also(self, other: Axis) -> Axis:
        """Of the cells that read what these do and what others do, cell by cell; a single one goes with all others."""
        jump = max((len(self.first), self.jump), (len(other.first), other.jump))[1]
        short, long = sorted((len(self.first), len(other.first)))
        if 1 < short < long:  # features, made of maps of two sizes: which reads which is not known
            low, high = min(self.first.min(), other.first.min()), max(self.last.max(), other.last.max())
            return Axis(np.full(long, low), np.full(long, high), jump)
        return Axis(np.minimum(self.first, other.first), np.maximum(self.last, other.last), jump)


@dataclass(frozen=True)
class Reach:
    """What each cell of a layer reads of a network's input."""

    rows: Axis
    cols: Axis

    @classmethod
    def of_input(cls, height: int, width: int) -> Reach:
        """Of the input itself: each cell reads one."""
        return cls(Axis.of_input(height), Axis.of_input(width))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the largest receptive field, in input cells; borders count."""
        return self.rows.size, self.cols.size

    @property
    def jump(self) -> tuple[Fraction, Fraction]:
        """Input cells from a cell to its neighbour, (vertical, horizontal)."""
        return self.rows.jump, self.cols.jump

    def through(self, spans: tuple[Span, Span]) -> Reach:
        """Of the cells of a layer that reads these."""
        return Reach(self.rows.through(spans[0]), self.cols.through(spans[1]))

    def everything(self) -> Reach:
        """Of cells that read all of these."""
        return Reach(self.rows.everything(), self.cols.everything())

    def also(self, *others: Reach) -> Reach:
        """Of cells that read what these do and what others do."""
        reach = self
        for other in others:
            reach = Reach(reach.rows.also(other.rows), reach.cols.also(other.cols))
        return reach
