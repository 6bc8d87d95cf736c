"""Activations: one number in, one number out."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from cnnviz.layers.base import Array, Layer, Shape, ShapeError, shape_text
from cnnviz.layers.receptive_field import Reach

if TYPE_CHECKING:
    from torch import nn

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _logistic(x: Array) -> Array:
    """1 / (1 + e^−x), by tanh, which does not overflow."""
    return (np.tanh(x / np.float32(2)) + np.float32(1)) / np.float32(2)


class Activation(Layer):
    """Acts on each number by itself; works on inputs of any shape."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    @abstractmethod
    def apply(self, x: Array) -> Array:
        """The output, in the shape of ``x``."""

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        module: nn.Module = getattr(nn, self.kind)()
        return module


class ReLU(Activation):
    """torch.nn.ReLU: negative values become 0 (Nair and Hinton, ICML 2010)."""

    type: Literal["ReLU"] = "ReLU"

    def apply(self, x: Array) -> Array:
        return np.maximum(x, 0)


class LeakyReLU(Activation):
    """torch.nn.LeakyReLU: negative values shrink by ``negative_slope`` (Maas, Hannun and Ng, ICML 2013)."""

    type: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: float = Field(0.01, ge=-1e6, le=1e6)

    def apply(self, x: Array) -> Array:
        return np.where(x < 0, x * np.float32(self.negative_slope), x)

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        return nn.LeakyReLU(self.negative_slope)


class Sigmoid(Activation):
    """torch.nn.Sigmoid: 1 / (1 + e^−x), between 0 and 1."""

    type: Literal["Sigmoid"] = "Sigmoid"

    def apply(self, x: Array) -> Array:
        return _logistic(x)


class Tanh(Activation):
    """torch.nn.Tanh: between −1 and 1 (LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998)."""

    type: Literal["Tanh"] = "Tanh"

    def apply(self, x: Array) -> Array:
        return np.tanh(x)


class GELU(Activation):
    """torch.nn.GELU: x · Φ(x), with Φ of the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415)."""

    type: Literal["GELU"] = "GELU"

    def apply(self, x: Array) -> Array:
        return (x * (1 + _erf(x / math.sqrt(2))) / 2).astype(np.float32)


class SiLU(Activation):
    """torch.nn.SiLU: x · sigmoid(x) (Elfwing, Uchibe and Doya, arXiv 1702.03118)."""

    type: Literal["SiLU"] = "SiLU"

    def apply(self, x: Array) -> Array:
        return x * _logistic(x)


class Softmax(Layer):
    """torch.nn.Softmax over the features: e^x, divided by the sum of them all (Bridle 1990)."""

    type: Literal["Softmax"] = "Softmax"

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or min(input_shape) < 1:
            raise ShapeError(
                f"Softmax: an input of {shape_text(input_shape) or '0'} features holds nothing: give at least 1"
            )
        if len(input_shape) != 1:
            raise ShapeError(
                f"Softmax reads a list of features, but its input is {shape_text(input_shape)}: put a Flatten before it"
            )
        return input_shape

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        return reach.everything()

    def apply(self, x: Array) -> Array:
        powers = np.exp(x - x.max())
        shares: Array = powers / powers.sum()
        return shares

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.Softmax(dim=1)
