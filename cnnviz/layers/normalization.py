"""Normalisation: numbers brought to a common scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from cnnviz.layers.base import Count, Layer, Shape, image_shape

if TYPE_CHECKING:
    from torch import nn


class BatchNorm2d(Layer):
    """torch.nn.BatchNorm2d: each channel gets mean 0 and variance 1 over the batch, then a learned scale and shift.

    In use it takes the means and variances that it has seen in training (Ioffe and Szegedy, arXiv 1502.03167).
    """

    type: Literal["BatchNorm2d"] = "BatchNorm2d"
    eps: float = Field(1e-5, gt=0, le=1)
    momentum: float = Field(0.1, ge=0, le=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)

    def num_params(self, input_shape: Shape) -> int:
        return 2 * self.output_shape(input_shape)[0]

    def params_formula(self, input_shape: Shape) -> str:
        return f"2·{input_shape[0]} = {self.num_params(input_shape):,}"

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        return nn.BatchNorm2d(self.output_shape(input_shape)[0], self.eps, self.momentum)


class LocalResponseNorm(Layer):
    """torch.nn.LocalResponseNorm: each number is divided by ``(k + alpha · m)^beta``, where m is the mean of the squares
    of ``size`` neighbouring channels at its place (Krizhevsky, Sutskever and Hinton 2012, who have their sum for m).
    """

    type: Literal["LocalResponseNorm"] = "LocalResponseNorm"
    size: Count
    alpha: float = Field(1e-4, ge=0, le=1e6)
    beta: float = Field(0.75, ge=0, le=100)
    k: float = Field(1.0, ge=0, le=1e6)

    def output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        self.output_shape(input_shape)
        return nn.LocalResponseNorm(self.size, self.alpha, self.beta, self.k)
