"""What a receptive field is, in sentences."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.inspection.effective_field import effective_size, pixels_holding

Sides: TypeAlias = tuple[float, float, float, float]
"""(top, left, bottom, right) in rows and columns of the picture, the last ones included."""


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _many(count: float, one: str) -> str:
    return f"{_number(count)} {one}" + ("" if count == 1 else "s")


def _area(sides: Sides) -> str:
    top, left, bottom, right = sides
    return f"{_number(bottom - top + 1)}×{_number(right - left + 1)}"


def _from_to(word: str, first: float, last: float) -> str:
    return f"{word} {_number(first)}" if first == last else f"{word}s {_number(first)} to {_number(last)}"


def _where(sides: Sides) -> str:
    top, left, bottom, right = sides
    return f"{_from_to('row', top, bottom)}, {_from_to('column', left, right)}"


def reads(sides: Sides | None) -> bool:
    """Whether a cell can read anything at all; sides of an empty field are infinite or the wrong way round."""
    return sides is not None and all(map(math.isfinite, sides)) and sides[2] >= sides[0] and sides[3] >= sides[1]


def theory_words(theory: Sides | None, height: int, width: int) -> str:
    """What the cell can read, and how much of it lies outside a picture of ``height`` × ``width``."""
    if theory is None:
        return "What it can read is not known: a layer on the way is of a kind whose arithmetic is not known here."
    if not reads(theory):
        return "It can read no pixel."
    top, left, bottom, right = theory
    whole = f"It can read {_area(theory)} {'pixel' if _area(theory) == '1×1' else 'pixels'}: {_where(theory)}."
    if bottom < 0 or right < 0 or top > height - 1 or left > width - 1:
        return f"{whole} All of them lie in the padding."
    beyond = [
        (_many(count, "row" if side in ("above", "below") else "column"), side)
        for count, side in (
            (-top, "above"),
            (bottom - height + 1, "below"),
            (-left, "to the left"),
            (right - width + 1, "to the right"),
        )
        if count > 0
    ]
    if not beyond:
        return whole
    seen = (max(top, 0), max(left, 0), min(bottom, height - 1), min(right, width - 1))
    parts = ", ".join(f"{count} {side}" for count, side in beyond)
    share = "are the whole picture" if seen == (0, 0, height - 1, width - 1) else "lie in the picture"
    return f"{whole} {_area(seen)} of them {share}; the rest is padding: {parts}."


def measured_words(measured: Sides | None, strength: NDArray[np.floating[Any]]) -> str:
    """Which pixels move the cell here, and how few of them hold 95 % of what they do together."""
    if not np.isfinite(strength).all():
        return "The gradient holds values that are NaN or infinite: what moves this cell here is not known."
    if measured is None:
        return "No pixel moves this cell here: every way to it is cut, as by a ReLU that is off."
    count, few = int(np.count_nonzero(strength)), pixels_holding(strength)
    side = _number(round(effective_size(strength), 1))
    moved = f"Here {_many(count, 'pixel')} {'moves' if count == 1 else 'move'} it, within {_area(measured)}: {_where(measured)}."
    return f"{moved} 95 % of the pull comes from {_many(few, 'pixel')}, an area of {side}×{side}."
