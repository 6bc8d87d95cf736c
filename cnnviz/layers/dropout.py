"""Dropout: units that are left out at random while a network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from cnnviz.layers.base import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


class Dropout(Layer):
    """torch.nn.Dropout: in training each number becomes 0 with probability ``p`` and the others grow by 1 / (1 − p).

    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 2014.
    """

    type: Literal["Dropout"] = "Dropout"
    p: float = Field(0.5, ge=0, le=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def module(self, input_shape: Shape) -> nn.Module:
        from torch import nn

        return nn.Dropout(self.p)
