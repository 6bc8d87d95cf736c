"""Flatten and Linear: from maps to features, and from features to features."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Literal

from cnnviz.layers.base import Array, Count, Layer, Shape, ShapeError, shape_text
from cnnviz.layers.receptive_field import Reach

if TYPE_CHECKING:
    from torch import nn


class Flatten(Layer):
    """torch.nn.Flatten: ``(C, H, W)`` becomes ``(C·H·W,)``, row by row, channel after channel."""

    type: Literal["Flatten"] = "Flatten"

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or min(input_shape) < 1:
            raise ShapeError(
                f"Flatten: an input of {shape_text(input_shape) or 'no axes'} holds nothing: make every side at least 1"
            )
        return (prod(input_shape),)

    def apply(self, x: Array) -> Array:
        return x.reshape(self.output_shape(x.shape))

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.Flatten()


class Linear(Layer):
    """torch.nn.Linear: every output feature is a weighted sum of all input features, plus its bias."""

    type: Literal["Linear"] = "Linear"
    out_features: Count
    bias: bool = True

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or min(input_shape) < 1:
            raise ShapeError(
                f"Linear({self.out_features}): an input of {shape_text(input_shape) or '0'} features holds nothing: "
                "give at least 1"
            )
        if len(input_shape) != 1:
            raise ShapeError(
                f"Linear({self.out_features}) reads a list of features, but its input is {shape_text(input_shape)}: "
                "put a Flatten before it"
            )
        return (self.out_features,)

    def num_params(self, input_shape: Shape) -> int:
        return self.macs(input_shape) + (self.out_features if self.bias else 0)

    def macs(self, input_shape: Shape) -> int:
        self.output_shape(input_shape)
        return input_shape[0] * self.out_features

    def params_formula(self, input_shape: Shape) -> str:
        bias = f" + {self.out_features}" if self.bias else ""
        return f"{input_shape[0]}·{self.out_features}{bias} = {self.num_params(input_shape):,}"

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        return reach.everything()

    def apply(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """``weight`` has shape ``(out_features, in_features)``, as torch stores it."""
        self.output_shape(x.shape)
        return weight @ x if bias is None else weight @ x + bias

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.Linear(input_shape[0], self.out_features, self.bias)
