"""One layer as a small frozen object that bears torch.nn's name and argument names."""

from typing import Annotated

from pydantic import Field

from cnnviz.layers.activation import ReLU
from cnnviz.layers.base import Layer, Shape, ShapeError, pair, shape_text
from cnnviz.layers.convolution import Conv2d
from cnnviz.layers.dense import Flatten, Linear
from cnnviz.layers.pooling import AvgPool2d, MaxPool2d

AnyLayer = Annotated[Conv2d | MaxPool2d | AvgPool2d | Flatten | Linear | ReLU, Field(discriminator="type")]
"""Any layer, told apart in JSON by its ``type``."""

__all__ = [
    "AnyLayer",
    "AvgPool2d",
    "Conv2d",
    "Flatten",
    "Layer",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "Shape",
    "ShapeError",
    "pair",
    "shape_text",
]
