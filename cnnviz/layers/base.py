"""What every layer promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, StrictInt, ValidationError

from cnnviz.layers.receptive_field import Reach
from cnnviz.wrong_values import sentence as sentence
from cnnviz.wrong_values import wrong_value

if TYPE_CHECKING:
    from torch import nn

Shape: TypeAlias = tuple[int, ...]
"""A shape without the batch axis: ``(C, H, W)`` or ``(features,)``."""

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


class ShapeError(ValueError):
    """A layer that cannot be, or cannot follow: one sentence with the layer, the numbers and a way out."""


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """``3`` as ``(3, 3)``: vertical first, as in torch."""
    return (value, value) if isinstance(value, int) else value


def times(value: int | tuple[int, int]) -> str:
    """``3`` as ``3×3``."""
    return "×".join(str(n) for n in pair(value))


def shape_text(shape: Shape) -> str:
    return "×".join(str(n) for n in shape)


LARGEST_ARGUMENT = 65_536
"""No layer of a known network comes near it, and no arithmetic on it takes long."""


def _at_least(minimum: int) -> AfterValidator:
    def check(value: int | tuple[int, int]) -> int | tuple[int, int]:
        if min(pair(value)) < minimum:
            raise ValueError(f"must be at least {minimum}")
        if max(pair(value)) > LARGEST_ARGUMENT:
            raise ValueError(f"must be at most {LARGEST_ARGUMENT:,}")
        return value

    return AfterValidator(check)


Count = Annotated[StrictInt, _at_least(1)]
Size = Annotated[StrictInt | tuple[StrictInt, StrictInt], _at_least(1)]
Margin = Annotated[StrictInt | tuple[StrictInt, StrictInt], _at_least(0)]


MOST_IN_A_ROW = 2_000
"""Layers in one path."""


class Layer(BaseModel, ABC):
    """One layer, without weights, that infers its input channels.

    Raises ShapeError where an argument is out of its range; ``output_shape`` raises it where the input does not fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, /, **arguments: Any) -> None:
        try:
            super().__init__(**arguments)
        except ValidationError as error:
            wrong = wrong_value(error)
            given = f" = {wrong.given}" if wrong.given and not wrong.is_our_own else ""
            reason = wrong.reason
            if wrong.is_unknown:
                reason = f"its arguments are {', '.join(n for n in type(self).model_fields if n != 'type') or 'none'}"
            raise ShapeError(f"{type(self).__name__}: {wrong.place}{given}: {reason}") from None

    @property
    def kind(self) -> str:
        return type(self).__name__

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the output, or a ShapeError."""

    def fits(self, input_shape: Shape) -> bool:
        """Whether it can read an input of this shape."""
        try:
            self.output_shape(input_shape)
        except ShapeError:
            return False
        return True

    def num_params(self, input_shape: Shape) -> int:
        """Learned numbers, biases included."""
        self.output_shape(input_shape)
        return 0

    def params_formula(self, input_shape: Shape) -> str:
        """The number of parameters written out, ``32·(16·6·6) + 32 = 18,464``; nothing where there are none."""
        return ""

    def macs(self, input_shape: Shape) -> int:
        """Multiply-adds of convolutions and matrix products for one input; 0 for all other layers."""
        self.output_shape(input_shape)
        return 0

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        """What the output cells read of the network's input, where the input cells read ``reach`` of it."""
        return reach

    @abstractmethod
    def module(self, input_shape: Shape) -> nn.Module:
        """The torch.nn layer of the same name, freshly initialised by torch."""


def image_shape(layer: Layer, input_shape: Shape) -> tuple[int, int, int]:
    """``input_shape`` as (channels, height, width), or a ShapeError."""
    if len(input_shape) != 3:
        raise ShapeError(
            f"{layer.kind} reads maps of shape (channels, height, width), but its input is "
            f"{shape_text(input_shape) or 'empty'}: move it before Flatten, or give the network's input a height and a width"
        )
    channels, height, width = input_shape
    if min(input_shape) < 1:
        raise ShapeError(
            f"{layer.kind}: an input of {shape_text(input_shape)} holds nothing: make every side at least 1"
        )
    return channels, height, width
