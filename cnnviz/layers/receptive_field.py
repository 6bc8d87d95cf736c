"""Receptive fields: which rows and columns of a network's input a cell reads, counted as if the input had no end.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any, NamedTuple, TypeAlias

import numpy as np

MOST_JUMP = Fraction(2**40)
"""Far beyond any input, and still exact as a float."""
MOST_PERIOD = 2**14
MOST_COURSES = 8
"""Networks that people build need two; beyond them it is exact for the cells that there are, not for those beyond the edges."""

Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class Span(NamedTuple):
    """Along one axis of a layer, for each output index the first and the last input index that it reads.

    First +∞ and last −∞ where it reads none. ``step`` input indices lie between neighbours, on average.
    """

    first: Numbers
    last: Numbers
    step: Fraction


@dataclass(frozen=True)
class Pattern:
    """Along one axis of a layer, which input indices an output index reads: ``first``, every ``every``-th after it, ``last``.

    The arrays hold one period; one period further on all input indices are greater by ``shift``. None are read where
    ``first`` is greater than ``last``. So it goes on beyond the ``size`` cells of the output, in both directions.
    """

    first: Numbers
    last: Numbers
    shift: int
    every: int
    size: int

    def at(self, index: Numbers) -> tuple[Numbers, Numbers]:
        turns, place = np.divmod(index, len(self.first))
        return self.first[place] + turns * self.shift, self.last[place] + turns * self.shift

    @property
    def step(self) -> Fraction:
        return Fraction(self.shift, len(self.first))

    @property
    def span(self) -> Span:
        first, last = self.at(np.arange(self.size))
        reads = first <= last
        if not reads.all():
            first, last = np.where(reads, first, np.inf), np.where(reads, last, -np.inf)
        return Span(first, last, self.step)


@dataclass(frozen=True)
class Course:
    """First and last input index of all cells along an axis that has no end: one period, and how far on the next one is."""

    first: Numbers
    last: Numbers
    shift: int

    @property
    def period(self) -> int:
        return len(self.first)

    @property
    def slope(self) -> Fraction:
        return Fraction(self.shift, self.period)

    def at(self, index: Numbers) -> tuple[Numbers, Numbers]:
        turns, place = np.divmod(index, self.period)
        moved = turns * float(self.shift)
        return self.first[place] + moved, self.last[place] + moved

    def through(self, pattern: Pattern) -> Course:
        """Of the cells of a layer that reads these."""
        times = self.period // gcd(self.period, pattern.shift)
        whole = len(pattern.first) * times
        shift = self.shift * (pattern.shift * times // self.period)
        low, high = pattern.at(np.arange(min(whole, MOST_PERIOD)))
        return _course(*self._outermost(low, high, pattern.every), shift, whole)

    def _outermost(self, low: Numbers, high: Numbers, every: int) -> tuple[Numbers, Numbers]:
        """Of the cells from ``low`` to ``high``, of which a cell inside may reach further than those at the ends."""
        if self.period == 1:
            first, last = self.at(low)[0], self.at(high)[1]
            reads = low <= high
            return (first, last) if reads.all() else (np.where(reads, first, np.inf), np.where(reads, last, -np.inf))
        first, last = np.full(len(low), np.inf), np.full(len(low), -np.inf)
        count = np.maximum(high - low, -every) // every + 1
        together, number = self, 1  # from each cell on so many together: two such stretches cover any other
        while (count >= number).any():
            here = (count >= number) & (count < 2 * number)
            one, other = together.at(low[here]), together.at(low[here] + (count[here] - number) * every)
            first[here], last[here] = np.minimum(one[0], other[0]), np.maximum(one[1], other[1])
            together = together.also(together._moved(number * every))
            number *= 2
        return first, last

    def _moved(self, by: int) -> Course:
        return Course(*self.at(np.arange(self.period) + by), self.shift)

    def also(self, other: Course) -> Course:
        """Of the cells that read what these do and what others of the same slope do."""
        whole = lcm(self.period, other.period)
        index = np.arange(min(whole, MOST_PERIOD))
        one, two = self.at(index), other.at(index)
        shift = self.shift * (whole // self.period)
        return _course(np.minimum(one[0], two[0]), np.maximum(one[1], two[1]), shift, whole)


def _course(first: Numbers, last: Numbers, shift: int, whole: int) -> Course:
    """From as much of a period as is kept."""
    shift = shift * len(first) // whole
    return Course(first, last, min(shift, int(MOST_JUMP) * len(first)))


def _constant(first: float, last: float) -> Course:
    return Course(np.array([first], float), np.array([last], float), 0)


def _together(courses: Iterable[Course], size: int) -> tuple[Course, ...]:
    """One for each slope."""
    by_slope: dict[Fraction, Course] = {}
    for course in courses:
        slope = course.slope
        by_slope[slope] = by_slope[slope].also(course) if slope in by_slope else course
    if len(by_slope) <= MOST_COURSES:
        return tuple(by_slope.values())
    at = [course.at(np.arange(size)) for course in by_slope.values()]
    first = np.minimum.reduce([one for one, _ in at])
    return (Course(first, np.maximum.reduce([one for _, one in at]), int(max(by_slope) * size)),)


@dataclass(frozen=True)
class Axis:
    """Along one axis: for each cell its first and last input index, and the input cells between two neighbours.

    First +∞ and last −∞ where it reads none.
    """

    courses: tuple[Course, ...]
    """A cell reads what any of them says."""
    cells: int
    jump: Fraction
    most: int | None = None
    """Its size, where which cell reads what is not known."""

    @classmethod
    def of_input(cls, size: int) -> Axis:
        return cls((Course(np.zeros(1), np.zeros(1), 1),), size, Fraction(1))

    @cached_property
    def first(self) -> Numbers:
        out: Numbers = np.minimum.reduce([course.at(np.arange(self.cells))[0] for course in self.courses])
        return out

    @cached_property
    def last(self) -> Numbers:
        out: Numbers = np.maximum.reduce([course.at(np.arange(self.cells))[1] for course in self.courses])
        return out

    @property
    def is_empty(self) -> bool:
        """Whether no cell reads any, nor would beyond the edges."""
        return all(bool(np.isinf(course.first).all()) for course in self.courses)

    @property
    def size(self) -> int:
        """Input cells from the first to the last that one cell reads, at most."""
        if self.most is not None:
            return self.most
        widest = float((self.last - self.first).max()) + 1
        return int(widest) if widest > 0 else 0

    def through(self, pattern: Pattern) -> Axis:
        """Of the cells of a layer that reads these."""
        courses = tuple(course.through(pattern) for course in self.courses)
        return Axis(courses, pattern.size, min(self.jump * pattern.step, MOST_JUMP))

    def everything(self) -> Axis:
        whole = _constant(self.first.min(), self.last.max())
        return Axis(_together((*self.courses, whole), self.cells), self.cells, self.jump)

    def also(self, other: Axis) -> Axis:
        """Of the cells that read what these do and what others do, cell by cell; a single one goes with all others."""
        short, long = sorted((self, other), key=lambda axis: (axis.cells, axis.jump))
        if short.cells == long.cells:
            courses = _together((*short.courses, *long.courses), long.cells)
        elif short.cells == 1:
            courses = _together((*long.courses, _constant(short.first[0], short.last[0])), long.cells)
        else:  # features, made of maps of two sizes: which reads which is not known
            first, last = min(short.first.min(), long.first.min()), max(short.last.max(), long.last.max())
            return Axis((_constant(first, last),), long.cells, long.jump, max(short.size, long.size))
        return Axis(courses, long.cells, long.jump)


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
        """(height, width) of the largest receptive field, in input cells; borders count. (0, 0) where no cell reads any."""
        height, width = self.rows.size, self.cols.size
        return (height, width) if height and width else (0, 0)

    @property
    def jump(self) -> tuple[Fraction, Fraction]:
        """Input cells from a cell to its neighbour, (vertical, horizontal)."""
        return self.rows.jump, self.cols.jump

    def through(self, patterns: tuple[Pattern, Pattern]) -> Reach:
        """Of the cells of a layer that reads these."""
        rows, cols = self.rows.through(patterns[0]), self.cols.through(patterns[1])
        if rows.is_empty or cols.is_empty:  # the rows that a cell would read do not count where it reads no column
            rows, cols = (replace(axis, courses=(_constant(np.inf, -np.inf),)) for axis in (rows, cols))
        return Reach(rows, cols)

    def everything(self) -> Reach:
        """Of cells that read all of these."""
        return Reach(self.rows.everything(), self.cols.everything())

    def also(self, *others: Reach) -> Reach:
        """Of cells that read what these do and what others do."""
        reach = self
        for other in others:
            reach = Reach(reach.rows.also(other.rows), reach.cols.also(other.cols))
        return reach
