"""Fewer of many points, where more could not be seen."""

from __future__ import annotations

import numpy as np


def thinned(count: int, most: int) -> list[int]:
    """Which of ``count`` points to keep: all, or at most so many, evenly spaced, with the first and the last."""
    if not count:
        return []
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
