"""A map typed as numbers: rows below each other, or with ``/`` between them; also as Python prints a matrix."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

MOST_SIDE = 32
LARGEST = 1e6
COURSE = "29 15 28 184 / 0 100 70 38 / 12 12 7 2 / 12 12 45 6"
"""The 4×4 numbers on which a course shows max pooling."""


class NumbersError(ValueError):
    """No map: one sentence that says why, and what would be one."""


def read_numbers(text: str) -> NDArray[np.float32]:
    """``(1, H, W)``. Raises NumbersError."""
    text = re.sub(r"tensor|array|[(\[)]", " ", text.replace("\u2212", "-"))
    rows = [words for row in re.split(r"[\n/;\]]", text) if (words := _words(row))]
    if not rows:
        raise NumbersError("There are no numbers: type rows such as 1 2 3, one below the other.")
    widths = [len(row) for row in rows]
    if len(set(widths)) > 1:
        odd = next(i for i, width in enumerate(widths) if width != widths[0])
        raise NumbersError(
            f"Row {odd} has length {widths[odd]} and row 0 has length {widths[0]}: make all rows equally long."
        )
    if max(len(rows), widths[0]) > MOST_SIDE:
        raise NumbersError(f"{len(rows)}×{widths[0]} numbers are too many: {MOST_SIDE}×{MOST_SIDE} at most.")
    values = []
    for word in (word for row in rows for word in row):
        if not re.fullmatch(r"[+-]?([0-9]{1,9}\.?[0-9]{0,9}|\.[0-9]{1,9})", word) or abs(float(word)) > LARGEST:
            raise NumbersError(f"{word[:20]!r} is no number: write them as 12, -3 or 0.5, up to a million.")
        values.append(float(word))
    return np.array(values, np.float32).reshape(1, len(rows), widths[0])


def _words(row: str) -> list[str]:
    """Apart by spaces or commas; where both are there and no space follows a comma, the commas are decimal."""
    words = row.split()
    if len(words) > 1 and all(re.fullmatch(r"[^,]*(,[^,]+)?", word) for word in words):
        return [word.replace(",", ".") for word in words]
    return row.replace(",", " ").split()
