"""Pooling that says nothing of rounding up, for a file that all programs read alike.

In ceil mode torch drops a last window that would begin beyond the input; ONNX' rule knew of none before opset 22, and
what counts beyond the border each program settles by itself.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.layers import AvgPool2d, MaxPool2d, Shape, pair


class MaxOfPadded(nn.Module):
    """All that windows reach is there, as minus infinity; then max pooling without padding and without ceil mode."""

    def __init__(self, layer: MaxPool2d, shape: Shape) -> None:
        super().__init__()
        self.padding = _around(layer, shape)
        self.pool = nn.MaxPool2d(pair(layer.kernel_size), layer.strides, 0, layer.dilations)

    def forward(self, x: Tensor) -> Tensor:
        pooled: Tensor = self.pool(nn.functional.pad(x, self.padding, value=float("-inf")))
        return pooled


class MeanOfPadded(nn.Module):
    """All that windows reach is there, as zeros; each sum is divided by its own number of cells."""

    shares: Tensor

    def __init__(self, layer: AvgPool2d, shape: Shape) -> None:
        super().__init__()
        self.padding = _around(layer, shape)
        self.pool = nn.AvgPool2d(pair(layer.kernel_size), layer.strides)
        kernel_height, kernel_width = pair(layer.kernel_size)
        shares = kernel_height * kernel_width / layer.divisors(shape)
        self.shares: Tensor
        self.register_buffer("shares", torch.from_numpy(shares.astype(np.float32)), persistent=False)
        self.is_plain = bool((shares == 1).all())

    def forward(self, x: Tensor) -> Tensor:
        means: Tensor = self.pool(nn.functional.pad(x, self.padding))
        return means if self.is_plain else means * self.shares


def _around(layer: MaxPool2d | AvgPool2d, shape: Shape) -> list[int]:
    """Left, right, above and below, as ``torch.nn.functional.pad`` takes them."""
    (above, below), (left, right) = (
        (before, len(source) - n - before)
        for source, n, (before, _) in zip(layer.sources(shape), shape[1:], layer.borders, strict=True)
    )
    return [left, right, above, below]
