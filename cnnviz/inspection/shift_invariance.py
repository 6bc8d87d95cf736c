"""How far a network's last feature moves when its input is shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.inspection.activations import activations

if TYPE_CHECKING:
    import torch
    from torch import nn


def last_feature(module: nn.Module, x: torch.Tensor) -> NDArray[np.float32]:
    """What the last layer reads, for a batch: ``(N, features)``; the network is a chain of at least two layers."""
    *_, feature, _ = activations(module, x).values()
    return feature.reshape(len(x), -1)


def feature_changes(module: nn.Module, x: torch.Tensor, steps: Sequence[int]) -> NDArray[np.float32]:
    """``‖f(shifted) − f(x)‖ / ‖f(x)‖`` of the last feature, ``(len(steps), N)``; 1 where a feature of zeros changes.

    ``x`` ``(N, C, H, W)`` is shifted by so many columns to the right; what leaves on one side comes in on the other.
    """
    import torch

    before = last_feature(module, x)
    length = np.linalg.norm(before, axis=1)
    apart = np.stack([np.linalg.norm(last_feature(module, torch.roll(x, step, 3)) - before, axis=1) for step in steps])
    return np.where(length > 0, apart / np.where(length > 0, length, 1), apart > 0).astype(np.float32)
