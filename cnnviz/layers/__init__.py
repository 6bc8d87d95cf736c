"""One layer as a small frozen object that bears torch.nn's name and argument names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

from pydantic import Field

from cnnviz.layers.activation import GELU, Activation, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from cnnviz.layers.base import Layer, Shape, ShapeError, pair, shape_text
from cnnviz.layers.blocks import Block, Concat, DualPath, PositionBias, Residual, SqueezeExcitation
from cnnviz.layers.convolution import Conv2d, Convolution
from cnnviz.layers.dense import Flatten, Linear
from cnnviz.layers.dropout import Dropout
from cnnviz.layers.normalization import BatchNorm2d, LocalResponseNorm
from cnnviz.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, Pooling
from cnnviz.layers.receptive_field import Reach
from cnnviz.layers.transposed_convolution import ConvTranspose2d

if TYPE_CHECKING:
    from torch import nn

AnyLayer = Annotated[
    Conv2d
    | ConvTranspose2d
    | MaxPool2d
    | AvgPool2d
    | AdaptiveMaxPool2d
    | AdaptiveAvgPool2d
    | Flatten
    | Linear
    | ReLU
    | LeakyReLU
    | Sigmoid
    | Tanh
    | GELU
    | SiLU
    | Softmax
    | BatchNorm2d
    | LocalResponseNorm
    | Dropout
    | Residual
    | Concat
    | DualPath
    | SqueezeExcitation
    | PositionBias,
    Field(discriminator="type"),
]
"""Any layer, told apart in JSON by its ``type``."""

KINDS: dict[str, type[Layer]] = {kind.__name__: kind for kind in get_args(get_args(AnyLayer)[0])}
"""All layer classes by their names."""

for _block in (Residual, Concat, DualPath):  # blocks hold layers of any kind, which were not all known before
    _block.model_rebuild(_types_namespace={"AnyLayer": AnyLayer})


def layer_of(module: nn.Module) -> Layer | None:
    """The layer that a torch module is; None where it is another kind, or has arguments that the layer has not."""
    kind = KINDS.get(type(module).__name__)
    if kind is None or issubclass(kind, Block):
        return None
    known = type(module).__module__.startswith(("torch.nn.modules.", "cnnviz.layers.modules"))
    arguments = {name: getattr(module, name, None) for name in kind.model_fields if name != "type"}
    if "bias" in arguments:
        arguments["bias"] = arguments["bias"] is not None
    if kind is SqueezeExcitation and known:
        squeeze = cast(Any, module)
        arguments = {"squeeze_channels": squeeze.fc1.out_channels, "activation": type(squeeze.activation).__name__}
    try:
        return kind(**arguments) if known else None
    except ShapeError:
        return None


ACTIVATIONS: tuple[type[Activation], ...] = (ReLU, LeakyReLU, Sigmoid, Tanh, GELU, SiLU)

__all__ = [
    "ACTIVATIONS",
    "GELU",
    "KINDS",
    "Activation",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AnyLayer",
    "AvgPool2d",
    "BatchNorm2d",
    "Block",
    "Concat",
    "Conv2d",
    "ConvTranspose2d",
    "Convolution",
    "Dropout",
    "DualPath",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "Pooling",
    "PositionBias",
    "ReLU",
    "Reach",
    "Residual",
    "Shape",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SqueezeExcitation",
    "Tanh",
    "layer_of",
    "pair",
    "shape_text",
]
