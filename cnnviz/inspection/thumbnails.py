"""Maps as thumbnails: what one sees of a layer at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = 254
"""Between a map's lowest and its highest value; level 255 stands for what is not finite."""


@dataclass(frozen=True)
class Ranges:
    """Of each channel of a layer's output, ``(C,)`` each, over its finite values."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    strength: NDArray[np.float32]
    """The root mean square."""
    odd: NDArray[np.int64]
    """How many values are NaN or infinite."""


def _maps(output: Tensor) -> NDArray[np.float32]:
    """``(C, …)`` as ``(C, h, w)``; features as maps of one cell.

    NumPy from here on: torch shares even such small work between threads, which wait for each other on a busy machine.
    """
    values: NDArray[np.float32] = output.detach().to("cpu").float().numpy()
    return values.reshape(*values.shape, *(1,) * (3 - values.ndim))


def ranges(output: Tensor) -> Ranges:
    """Of one output ``(C, H, W)`` or ``(F,)``."""
    maps = _maps(output)
    flat = maps.reshape(len(maps), -1)
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.einsum("ij,ij->i", flat, flat)
    odd = np.zeros(len(flat), np.int64)
    if not np.isfinite(squares.sum()):
        odd = (~np.isfinite(flat)).sum(1)
        flat = np.nan_to_num(flat, nan=0, posinf=0, neginf=0)
        squares = np.square(flat, dtype=np.float64).sum(1)
    strength = np.sqrt(squares / flat.shape[1]).astype(np.float32)
    return Ranges(flat.min(1), flat.max(1), strength, odd)


def thumbnails(output: Tensor, channels: list[int], side: int) -> NDArray[np.uint8]:
    """The maps of these channels ``(n, h, w)``, averaged down to at most ``side`` cells a side.

    Each runs in 254 steps from its true lowest value (0) to its true highest (254), those of ``ranges``.
    """
    maps = _maps(output[channels])
    finite = np.isfinite(maps)
    is_known = bool(finite.all())
    if not is_known:
        maps = np.nan_to_num(maps, nan=0, posinf=0, neginf=0)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    size = min(side, maps.shape[1]), min(side, maps.shape[2])
    if size != maps.shape[1:]:
        maps = _averaged(maps, size)
        finite = finite if is_known else _averaged(finite.astype(np.float32), size) == 1
    wide = low.astype(np.float64)  # the span of two large numbers may be beyond float32
    span = np.maximum(high - wide, np.finfo(np.float32).tiny)
    steps = np.clip(np.rint((maps - wide) / span * LEVELS), 0, LEVELS)
    return (steps if is_known else np.where(finite, steps, 255)).astype(np.uint8)


def _averaged(maps: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    import torch
    import torch.nn.functional as F

    small: NDArray[np.float32] = F.adaptive_avg_pool2d(torch.from_numpy(maps), size).numpy()
    return small
