"""Activations: one number in, one number out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnviz.layers.base import Array, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


class ReLU(Layer):
    """torch.nn.ReLU: negative values become 0 (Nair and Hinton, ICML 2010)."""

    type: Literal["ReLU"] = "ReLU"

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        return nn.ReLU()
