"""The end of a network: the layer that gives a number for each class, and what must not come after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnnviz.layers import (
    Activation,
    AdaptiveAvgPool2d,
    AnyLayer,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    Pooling,
    Shape,
    Softmax,
    shape_text,
)
from cnnviz.layers.blocks import end_of

_ON_THE_WAY = (Activation, BatchNorm2d, Dropout, Pooling, Flatten)  # which leave the number of maps as it is
_NO_SCORES = (Softmax, Activation, Dropout)
_LEAVES = {
    "ReLU": "leaves none of them below 0",
    "Sigmoid": "brings all of them between 0 and 1",
    "Tanh": "brings all of them between −1 and 1",
    "Softmax": "makes probabilities of them, which the loss does by itself",
    "Dropout": "sets some of them to 0 at random",
}


class End(NamedTuple):
    """Why a network's end is not one raw score a class, and layers that would be an end."""

    says: str
    label: str = ""
    """Of a button that takes ``layers`` instead; nothing where there is no such way."""
    layers: tuple[AnyLayer, ...] = ()
    is_in_a_row: bool = False
    """Whether it gives features, not maps."""


def head(layers: Sequence[AnyLayer]) -> int | None:
    """The number of the layer whose outputs are the classes: a Linear at the end, or a convolution before pooling and Flatten.

    None where there is none, and the size of the end cannot be set.
    """
    if layers and isinstance(layers[-1], Linear):
        return len(layers) - 1
    if not layers or not isinstance(layers[-1], Flatten):
        return None
    at = len(layers) - 1
    while at >= 0 and isinstance(layers[at], _ON_THE_WAY):
        at -= 1
    return at if at >= 0 and isinstance(layers[at], Conv2d) else None


def num_classes(layers: Sequence[AnyLayer]) -> int | None:
    """How many numbers its head gives; None where it has none."""
    at = head(layers)
    layer = None if at is None else layers[at]
    return (
        layer.out_features if isinstance(layer, Linear) else layer.out_channels if isinstance(layer, Conv2d) else None
    )


def with_classes(layers: Sequence[AnyLayer], classes: int) -> tuple[AnyLayer, ...]:
    """The same with a head of so many classes; as they are where they have none. Raises ShapeError."""
    at = head(layers)
    layer = None if at is None else layers[at]
    if isinstance(layer, Linear):
        new: AnyLayer = Linear(out_features=classes, bias=layer.bias)
    elif isinstance(layer, Conv2d):
        new = Conv2d(**layer.model_dump() | {"out_channels": classes})
    else:
        return tuple(layers)
    return tuple(new if number == at else one for number, one in enumerate(layers))


def end(name: str, layers: Sequence[AnyLayer], input_shape: Shape) -> End | None:
    """What is wrong with the end of a network called ``name``; None where it gives numbers that nothing has changed."""
    after, bare = end_of(layers, input_shape), list(layers)
    while bare and isinstance(bare[-1], (*_NO_SCORES, Flatten)):
        bare.pop()
    taken_off = [layer.kind for layer in layers[len(bare) :] if not isinstance(layer, Flatten)]
    if len(taken_off) < len(layers) - len(bare) and len(end_of(bare, input_shape)) == 3:
        bare.append(Flatten())
    if len(after) == 1:
        if not taken_off:
            return None
        last = taken_off[-1]
        does = f"{last} {_LEAVES.get(last, 'bends them')}"
        says = f"{name} ends in {last}, but the loss takes raw scores, of any size and sign, and {does}"
        off = " and ".join(taken_off) if len(taken_off) < 3 else f"the last {len(taken_off)} layers"
        return End(f"{says}: take {off} off", f"Take {off} off", tuple(bare), True)
    if after[1:] == (1, 1):
        says = f"{name} ends in {after[0]} maps of 1×1, and the loss takes raw scores in a row: add Flatten"
        return End(says, "Read its numbers as they are: add Flatten", (*bare, Flatten()))
    return End(
        f"{name} does not end in a Linear layer, whose size would be the number of classes, but in maps of {shape_text(after)}",
        "Add global average pooling and Flatten",
        (*layers, AdaptiveAvgPool2d(output_size=1), Flatten()),
    )
