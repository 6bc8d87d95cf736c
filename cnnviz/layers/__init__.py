"""One layer as a small frozen object that bears torch.nn's name and argument names."""

from typing import Annotated

from pydantic import Field

from cnnviz.layers.activation import GELU, Activation, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from cnnviz.layers.base import Layer, Shape, ShapeError, pair, shape_text
from cnnviz.layers.convolution import Conv2d, Convolution
from cnnviz.layers.dense import Flatten, Linear
from cnnviz.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, Pooling
from cnnviz.layers.transposed_convolution import ConvTranspose2d

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
    | SiLU,
    Field(discriminator="type"),
]
"""Any layer, told apart in JSON by its ``type``."""

ACTIVATIONS: tuple[type[Activation], ...] = (ReLU, LeakyReLU, Sigmoid, Tanh, GELU, SiLU)

__all__ = [
    "ACTIVATIONS",
    "GELU",
    "Activation",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AnyLayer",
    "AvgPool2d",
    "Conv2d",
    "ConvTranspose2d",
    "Convolution",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "Pooling",
    "ReLU",
    "Shape",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Tanh",
    "pair",
    "shape_text",
]
