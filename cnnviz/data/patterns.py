"""Images that show by themselves what a kernel does, for any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cnnviz.data.dataset import Images

_LECTURE = ("100001", "010010", "001100", "100010", "010010", "001010")

_Grid = NDArray[np.int64]

PATTERNS: dict[str, Callable[[int, _Grid, _Grid], NDArray[np.bool_] | NDArray[np.float64]]] = {
    "single dot": lambda n, y, x: (y == n // 2) & (x == n // 2),
    "vertical edge": lambda n, y, x: x >= n // 2,
    "horizontal edge": lambda n, y, x: y >= n // 2,
    "diagonal line": lambda n, y, x: y == x,
    "cross": lambda n, y, x: (y == n // 2) | (x == n // 2),
    "vertical stripes": lambda n, y, x: x % 2 == 0,
    "wide stripes": lambda n, y, x: x // 3 % 2 == 0,
    "checkerboard": lambda n, y, x: (y + x) % 2 == 0,
    "ramp": lambda n, y, x: x / (n - 1),
    "disc": lambda n, y, x: (y - (n - 1) / 2) ** 2 + (x - (n - 1) / 2) ** 2 <= (n / 3) ** 2,
}


def pattern(name: str, side: int) -> Images:
    """``(1, side, side)``, 0 to 255; ``side`` is at least 2."""
    y, x = np.indices((side, side))
    return np.round(np.asarray(PATTERNS[name](side, y, x), np.float64) * 255).astype(np.uint8)[None]


def lecture_image() -> Images:
    """The 6×6 image of Hung-yi Lee's lecture on convolutional networks, ``(1, 6, 6)``."""
    return np.array([[[255 * int(cell) for cell in row] for row in _LECTURE]], np.uint8)


def feature_maps(channels: int, height: int, width: int, seed: int) -> NDArray[np.float32]:
    """Smooth random maps ``(channels, height, width)`` with mean 0 and deviation 1, as a layer inside a network meets."""
    noise = np.random.default_rng(seed).normal(size=(channels, height + 4, width + 4))
    for axis in (1, 2):
        size = noise.shape[axis] - 4
        parts = [weight * noise.take(range(i, i + size), axis) for i, weight in enumerate((1, 4, 6, 4, 1))]
        noise = np.sum(parts, axis=0)
    noise = noise - noise.mean((1, 2), keepdims=True)
    return (noise / noise.std((1, 2), keepdims=True)).astype(np.float32)
