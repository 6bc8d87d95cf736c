"""What layers leave in memory: what autograd keeps for the way back, and what must be there while a forward pass runs.

The rules are those of torch's own formulas for gradients; a number that two layers need is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from cnnviz.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    ReLU,
    Shape,
    Sigmoid,
    SiLU,
    Softmax,
    SqueezeExcitation,
    Tanh,
)

BYTES = 4
"""Of a float32."""
_INDEX_BYTES = 8
"""Of a maximum's place, an int64."""


@dataclass(eq=False)
class Value:
    """What a layer reads or gives for one input. Two layers that share the same numbers share it."""

    bytes: int
    needs_gradient: bool
    """Whether something before it learns: of the image itself no gradient is asked for."""
    is_kept: bool = False
    place: object = field(default_factory=object)
    """In use without training: the same for the same numbers, as before and after dropout."""

    def keep(self) -> int:
        """The bytes that are kept in addition: none where they were already."""
        more, self.is_kept = 0 if self.is_kept else self.bytes, True
        return more


def image(shape: Shape) -> Value:
    """The input of a network."""
    return Value(prod(shape) * BYTES, needs_gradient=False)


def joined(values: list[Value], shape: Shape) -> Value:
    """What a block makes of the ends of its paths. To add or to append needs nothing on the way back."""
    return Value(prod(shape) * BYTES, any(value.needs_gradient for value in values))


def passed(layer: Layer, value: Value, before: Shape, after: Shape) -> tuple[Value, int]:
    """What a layer gives, and how many bytes it keeps that no layer before it keeps."""
    learns = layer.num_params(before) > 0
    if isinstance(layer, Flatten) or (isinstance(layer, Dropout) and layer.p == 0):  # the same numbers
        return value, 0
    given = Value(prod(after) * BYTES, value.needs_gradient or learns)
    if isinstance(layer, Dropout):
        given.place = value.place
    if not given.needs_gradient:
        return given, 0
    reads, gives, more = _rule(layer, before, after, value.needs_gradient)
    return given, (value.keep() if reads else 0) + (given.keep() if gives else 0) + more


def _rule(layer: Layer, before: Shape, after: Shape, needs_gradient: bool) -> tuple[bool, bool, int]:
    """Whether it keeps what it reads and what it gives, and the bytes that it keeps beside these."""
    match layer:
        case Conv2d():
            return _convolution(layer, before, needs_gradient)
        case ReLU() | Sigmoid() | Tanh() | Softmax():
            return False, True, 0
        case MaxPool2d() | AdaptiveMaxPool2d():
            return True, False, prod(after) * _INDEX_BYTES
        case AdaptiveAvgPool2d():  # the mean of a whole map needs its size alone
            return after[1:] != (1, 1), False, 0
        case Dropout():  # the mask; where nothing passes there is none
            return False, False, prod(after) * BYTES if layer.p < 1 else 0
        case LocalResponseNorm():  # the squares with channels around them, what the power is taken of, the power
            channels, *sides = before
            return True, False, (prod(sides) * (channels + layer.size - 1) + 2 * prod(before)) * BYTES
        case SqueezeExcitation():  # means, numbers between the two layers, gates
            inner = layer.squeeze_channels * (1 if layer.activation == "ReLU" else 2)
            return True, False, (2 * before[0] + inner) * BYTES
        case PositionBias():
            return False, False, 0
        case ConvTranspose2d() | Linear() | BatchNorm2d() | AvgPool2d() | LeakyReLU() | GELU() | SiLU():
            return True, False, 0
    raise TypeError(f"what {layer.kind} keeps is not known")


def _convolution(layer: Conv2d, before: Shape, needs_gradient: bool) -> tuple[bool, bool, int]:
    """It keeps what its kernels slide over: a padded copy where torch pads before the convolution."""
    channels, *sides = before
    borders = [sum(border) for border in layer.borders]
    if layer.padding_mode == "zeros":
        if layer.padding != "same" or not any(border % 2 for border in borders):
            return True, False, 0
        borders = [border % 2 for border in borders]  # the odd row or column alone
    padded = channels * prod(side + border for side, border in zip(sides, borders, strict=True))
    is_read = layer.padding_mode in ("reflect", "replicate") and needs_gradient
    return is_read, False, padded * BYTES
