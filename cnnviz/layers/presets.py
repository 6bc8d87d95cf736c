"""Kernels that one knows by what they do, for any size; sizes are (height, width).

Edge kernels: Sobel and Feldman 1968, larger ones by repeated binomial smoothing. The falling diagonal and the vertical
line are the two filters of Hung-yi Lee's lecture on convolutional networks.
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


def middle(k: int) -> int:
    """The index that counts as the middle of ``k``: of two the first, as torch's padding 'same' has it."""
    return (k - 1) // 2


def identity(kh: int, kw: int) -> Kernel:
    """1 in the middle, 0 elsewhere: each output cell is the one input cell that the middle reads."""
    kernel = np.zeros((kh, kw))
    kernel[middle(kh), middle(kw)] = 1
    return kernel


def blur(kh: int, kw: int) -> Kernel:
    """The mean of the window (box blur)."""
    return np.full((kh, kw), 1 / (kh * kw))


def soft_blur(kh: int, kw: int) -> Kernel:
    """A mean that weighs the middle most: binomial weights, nearly a Gaussian."""
    kernel = np.outer(_binomial(kh), _binomial(kw))
    return kernel / kernel.sum()


def spots_and_edges(kh: int, kw: int) -> Kernel:
    """The cross around the middle less the middle itself (Laplacian): 0 where the image is even."""
    kernel = np.zeros((kh, kw))
    kernel[middle(kh), :] = kernel[:, middle(kw)] = 1
    kernel[middle(kh), middle(kw)] = 2 - kh - kw
    return kernel


def sharpen(kh: int, kw: int) -> Kernel:
    """The image less its Laplacian: differences to the surroundings grow."""
    return identity(kh, kw) - spots_and_edges(kh, kw)


def vertical_edges(kh: int, kw: int) -> Kernel:
    """Right less left, smoothed along the edge (Sobel x). Needs two columns; all zero for one."""
    if kw == 1:
        return np.zeros((kh, kw))
    return np.outer(_binomial(kh), np.convolve(_binomial(kw - 1), [-1, 1]))


def horizontal_edges(kh: int, kw: int) -> Kernel:
    """Below less above, smoothed along the edge (Sobel y). Needs two rows; all zero for one."""
    return vertical_edges(kw, kh).T


def falling_diagonal(kh: int, kw: int) -> Kernel:
    """1 on the diagonal, −1 elsewhere: answers most to a line that falls to the right."""
    return 2 * np.eye(kh, kw) - 1


def vertical_line(kh: int, kw: int) -> Kernel:
    """1 in the middle column, −1 elsewhere: answers most to an upright line."""
    kernel = np.full((kh, kw), -1.0)
    kernel[:, middle(kw)] = 1
    return kernel


PRESETS: dict[str, Callable[[int, int], Kernel]] = {
    "identity": identity,
    "blur": blur,
    "soft blur": soft_blur,
    "sharpen": sharpen,
    "vertical edges": vertical_edges,
    "horizontal edges": horizontal_edges,
    "spots and edges": spots_and_edges,
    "falling diagonal": falling_diagonal,
    "vertical line": vertical_line,
}


def filter_bank(
    first: str, filters: int, channels: int, size: tuple[int, int], seed: int = 0
) -> tuple[Array, list[str]]:
    """``filters`` filters of shape ``(channels, *size)`` with their names.

    The first is the preset ``first``; the others follow it in the list of presets, and random ones fill the rest. A
    preset is spread evenly over the channels, so that it answers to a grey image in colour as to the grey image itself.
    ``first="random"`` makes all of them random (uniform in ±1/√(channels·kh·kw), as torch initialises), from ``seed``.
    """
    order = [*PRESETS, "random"]
    names = (order[order.index(first) :] + ["random"] * filters)[:filters]
    draw = np.random.default_rng(seed)
    bound = 1 / np.sqrt(channels * size[0] * size[1])
    bank = [
        np.repeat(PRESETS[name](*size)[None] / channels, channels, 0)
        if name in PRESETS
        else draw.uniform(-bound, bound, (channels, *size))
        for name in names
    ]
    return np.stack(bank).astype(np.float32), names
