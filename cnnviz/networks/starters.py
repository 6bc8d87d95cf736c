"""What a new layer begins with, where it follows maps or features of some shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from cnnviz.layers import (
    KINDS,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    DualPath,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Residual,
    Shape,
    SqueezeExcitation,
)
from cnnviz.layers.base import LARGEST_ARGUMENT


def _conv(filters: int, size: int) -> Conv2d:
    return Conv2d(out_channels=filters, kernel_size=size, padding=size // 2)


def _body(channels: int) -> tuple[AnyLayer, ...]:
    return (_conv(channels, 3), BatchNorm2d(), ReLU(), _conv(channels, 3), BatchNorm2d())


_MADE: dict[str, Callable[[int], Layer]] = {
    "Conv2d": lambda c: _conv(min(512, max(16, 2 * c)), 3),
    "ConvTranspose2d": lambda c: ConvTranspose2d(out_channels=max(1, c // 2), kernel_size=2, stride=2),
    "MaxPool2d": lambda c: MaxPool2d(kernel_size=2),
    "AvgPool2d": lambda c: AvgPool2d(kernel_size=2),
    "AdaptiveMaxPool2d": lambda c: AdaptiveMaxPool2d(output_size=1),
    "AdaptiveAvgPool2d": lambda c: AdaptiveAvgPool2d(output_size=1),
    "Linear": lambda c: Linear(out_features=10),
    "LocalResponseNorm": lambda c: LocalResponseNorm(size=5),
    "Residual": lambda c: Residual(body=_body(c)),
    "Concat": lambda c: Concat(branches=((_conv(c, 1),), (_conv(c, 3),), (_conv(c, 5),))),
    "DualPath": lambda c: DualPath(body=_body(min(2 * c, LARGEST_ARGUMENT)), added=c),
    "SqueezeExcitation": lambda c: SqueezeExcitation(squeeze_channels=max(1, c // 4)),
}


def new_layer(kind: str, before: Shape) -> AnyLayer:
    """A layer of a kind that keeps the size of maps, or makes them smaller as most networks do. Raises KeyError."""
    channels = before[0] if len(before) == 3 else 16
    return cast(AnyLayer, _MADE[kind](channels) if kind in _MADE else KINDS[kind]())
