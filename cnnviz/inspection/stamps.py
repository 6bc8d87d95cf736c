"""Maps as small as stamps: what one sees of a layer at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


def _maps(output: Tensor) -> Tensor:
    """``(C, …)`` as ``(C, h, w)``; features as maps of one cell."""
    return output.detach().reshape(*output.shape, *(1,) * (3 - output.dim())).float()


def ranges(output: Tensor) -> Ranges:
    """Of one output ``(C, H, W)`` or ``(F,)``."""
    import torch

    flat = _maps(output).flatten(1)
    odd = torch.zeros(len(flat), dtype=torch.int64)
    if not bool(torch.isfinite(flat.sum())):  # a sum is quick, and NaN or infinite where a summand is
        odd = (~torch.isfinite(flat)).sum(1)
        flat = flat.nan_to_num(0, 0, 0)
    low, high = flat.aminmax(dim=1)
    strength = flat.square().mean(1).sqrt()
    return Ranges(low.numpy(), high.numpy(), strength.numpy(), odd.numpy())


def stamps(output: Tensor, channels: list[int], side: int) -> NDArray[np.uint8]:
    """The maps of these channels ``(n, h, w)``, averaged down to at most ``side`` cells a side.

    Each runs in 254 steps from its true lowest value (0) to its true highest (254), those of ``ranges``.
    """
    import torch
    import torch.nn.functional as F

    maps = _maps(output)[channels]
    finite = torch.isfinite(maps)
    known = bool(finite.all())
    maps = maps if known else maps.nan_to_num(0, 0, 0)
    low, high = maps.flatten(1).aminmax(dim=1)
    size = min(side, maps.shape[1]), min(side, maps.shape[2])
    if size != tuple(maps.shape[1:]):
        maps = F.adaptive_avg_pool2d(maps, size)
        finite = F.adaptive_avg_pool2d(finite.float(), size) == 1 if not known else finite
    span = (high - low)[:, None, None]
    share = torch.where(span > 0, (maps - low[:, None, None]) / span.clamp_min(torch.finfo(torch.float32).tiny), 0)
    steps = (share * LEVELS).round().clamp(0, LEVELS)
    result: NDArray[Any] = (steps if known else steps.where(finite, 255)).to(torch.uint8).numpy()
    return result
