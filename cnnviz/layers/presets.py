"""Kernels that one knows by name, for any size.

Sobel kernels: Sobel and Feldman 1968, larger ones by repeated binomial smoothing. The diagonal kernel is the first
filter of Hung-yi Lee's lecture on convolutional networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.layers.base import Array

Kernel: TypeAlias = NDArray[np.float64]


def _binomial(n: int) -> Kernel:
    row = np.ones(1)
    for _ in range(n - 1):
        row = np.convolve(row, [1, 1])
    return row


def identity(k: int) -> Kernel:
    """1 in the middle: the output is the input."""
    kernel = np.zeros((k, k))
    kernel[k // 2, k // 2] = 1
    return kernel


def box_blur(k: int) -> Kernel:
    """The mean of the window."""
    return np.full((k, k), 1 / k**2)


def laplacian(k: int) -> Kernel:
    """The cross around the middle less the middle itself: 0 where the image is even, large at spots and edges."""
    kernel = np.zeros((k, k))
    kernel[k // 2, :] = kernel[:, k // 2] = 1
    kernel[k // 2, k // 2] = -2 * (k - 1)
    return kernel


def sharpen(k: int) -> Kernel:
    """The image less its Laplacian: differences to the surroundings grow."""
    return identity(k) - laplacian(k)


def sobel_x(k: int) -> Kernel:
    """Right less left, smoothed along the edge: finds vertical edges. Needs two columns; all zero for one."""
    if k == 1:
        return np.zeros((1, 1))
    return np.outer(_binomial(k), np.convolve(_binomial(k - 1), [-1, 1]))


def sobel_y(k: int) -> Kernel:
    """Below less above: finds horizontal edges."""
    return sobel_x(k).T


def diagonal(k: int) -> Kernel:
    """1 on the diagonal, −1 elsewhere: answers most to a falling diagonal."""
    return 2 * np.eye(k) - 1


PRESETS: dict[str, Callable[[int], Kernel]] = {
    "identity": identity,
    "box blur": box_blur,
    "sharpen": sharpen,
    "Sobel x": sobel_x,
    "Sobel y": sobel_y,
    "Laplacian": laplacian,
    "diagonal": diagonal,
}


def filter_bank(first: str, filters: int, channels: int, k: int, seed: int = 0) -> tuple[Array, list[str]]:
    """``filters`` filters of shape ``(channels, k, k)`` with their names.

    The first is the preset ``first``; the others follow it in the list of presets, and random ones fill the rest. A
    preset is spread evenly over the channels, so that it answers to a grey image in colour as to the grey image itself.
    ``first="random"`` makes all of them random (uniform in ±1/√(channels·k·k), as torch initialises), from ``seed``.
    """
    order = [*PRESETS, "random"]
    names = (order[order.index(first) :] + ["random"] * filters)[:filters]
    draw = np.random.default_rng(seed)
    bound = 1 / np.sqrt(channels * k * k)
    bank = [
        np.repeat(PRESETS[name](k)[None] / channels, channels, 0)
        if name in PRESETS
        else draw.uniform(-bound, bound, (channels, k, k))
        for name in names
    ]
    return np.stack(bank).astype(np.float32), names
