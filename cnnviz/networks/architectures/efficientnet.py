"""EfficientNet: one plan, made deeper, wider and of finer resolution together. Tan and Le, arXiv 1905.11946.

The sizes are torchvision's. Stochastic depth, which drops whole blocks in training, is left out.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AnyLayer,
    BatchNorm2d,
    Dropout,
    Flatten,
    Linear,
    Residual,
    SiLU,
    SqueezeExcitation,
)
from cnnviz.networks.architectures.resnet import conv
from cnnviz.networks.network import Network


class Scaling(NamedTuple):
    """How a form differs from B0."""

    width: float
    """Times as many channels."""
    depth: float
    """Times as many layers."""
    resolution: int
    """Sides of the input."""
    dropout: float


SCALINGS = (
    Scaling(1.0, 1.0, 224, 0.2),
    Scaling(1.0, 1.1, 240, 0.2),
    Scaling(1.1, 1.2, 288, 0.3),
    Scaling(1.2, 1.4, 300, 0.3),
    Scaling(1.4, 1.8, 380, 0.4),
    Scaling(1.6, 2.2, 456, 0.4),
    Scaling(1.8, 2.6, 528, 0.5),
    Scaling(2.0, 3.1, 600, 0.5),
)
"""B0 to B7."""

_STAGES = (  # expansion, kernel, stride, input and output channels, repeats
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)


def _channels(number: float) -> int:
    """The nearest multiple of 8 that is at least nine tenths of it."""
    rounded = max(8, int(number + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * number else rounded


def efficientnet(scaling: Scaling, name: str) -> Network:
    norm = BatchNorm2d(eps=1e-3, momentum=0.01) if scaling.width >= 1.6 else BatchNorm2d()
    first = _channels(_STAGES[0][3] * scaling.width)
    layers: list[AnyLayer] = [conv(first, 3, 2), norm, SiLU()]
    for expansion, kernel, stride, before, after, repeats in _STAGES:
        channels, filters = _channels(before * scaling.width), _channels(after * scaling.width)
        for number in range(ceil(repeats * scaling.depth)):
            layers += _block(channels, filters, expansion, kernel, 1 if number else stride, norm)
            channels = filters
    head = (
        conv(4 * channels, 1), norm, SiLU(), AdaptiveAvgPool2d(output_size=1),
        Flatten(), Dropout(p=scaling.dropout), Linear(out_features=1000),
    )  # fmt: skip
    side = scaling.resolution
    return Network(name=name, input_shape=(3, side, side), layers=(*layers, *head))


def _block(channels: int, filters: int, expansion: int, kernel: int, stride: int, norm: BatchNorm2d) -> list[AnyLayer]:
    """MBConv: widen, filter each channel by itself, weigh the channels, narrow (Sandler et al., arXiv 1801.04381)."""
    wide = channels * expansion
    widen: list[AnyLayer] = [conv(wide, 1), norm, SiLU()] if expansion > 1 else []
    body: list[AnyLayer] = [
        *widen,
        conv(wide, kernel, stride, groups=wide), norm, SiLU(),
        SqueezeExcitation(squeeze_channels=max(1, channels // 4), activation="SiLU"),
        conv(filters, 1), norm,
    ]  # fmt: skip
    return [Residual(body=tuple(body))] if stride == 1 and channels == filters else body
