"""How far a gradient reaches over a network's input: which pixels move a cell at all, and how few hold most of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """Rows and columns of an input, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        return self.right - self.left + 1

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right)"""
        return self.top, self.left, self.bottom, self.right


def strength(gradient: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """How strongly each pixel moves a cell, ``(H, W)``: ``Σ |∂cell / ∂pixel|`` over the channels of ``(C, H, W)``."""
    return np.abs(gradient).sum(0, dtype=np.float32)


def bounding_box(strength: NDArray[np.floating[Any]]) -> Box | None:
    """The smallest box around all pixels of ``(H, W)`` that are finite and not 0; None where there is none."""
    moves = np.isfinite(strength) & (strength != 0)
    rows, cols = np.flatnonzero(moves.any(1)), np.flatnonzero(moves.any(0))
    return Box(int(rows[0]), int(cols[0]), int(rows[-1]), int(cols[-1])) if len(rows) else None


def pixels_holding(strength: NDArray[np.floating[Any]], share: float = 0.95) -> int:
    """The fewest pixels of ``(H, W)`` that hold this share of the total strength; what is not finite holds none."""
    held = np.sort(strength[np.isfinite(strength) & (strength > 0)].astype(float))[::-1]
    if not len(held):
        return 0
    sums = np.cumsum(held)
    # the sums round: the last one can miss a share of 1 of itself, and never misses slightly less
    return int(np.searchsorted(sums, share * sums[-1] * (1 - 1e-12))) + 1


def effective_size(strength: NDArray[np.floating[Any]], share: float = 0.95) -> float:
    """Side of the square that has as many pixels as ``pixels_holding``; 0 where no pixel moves the cell.

    Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional neural networks",
    NIPS 2016: the pull falls off from the middle like a Gaussian, so that few of the pixels that can be read matter. They too
    take the square root of a number of pixels: of those above 1 − 95.45 % of the middle one.
    """
    return float(np.sqrt(pixels_holding(strength, share)))
