"""The smallest pictures that a network can read."""

from __future__ import annotations

from functools import lru_cache

from cnnviz.layers import AnyLayer, Shape, ShapeError
from cnnviz.layers.blocks import end_of

LARGEST_TRIED = 640  # EfficientNet-B7 reads 600


@lru_cache(maxsize=128)
def smallest_side(layers: tuple[AnyLayer, ...], input_shape: Shape) -> int | None:
    """The side of the smallest square images that all layers can follow, where they cannot follow these.

    None where no larger ones help, and where these are followed.
    """
    if len(input_shape) != 3 or _can_follow(layers, input_shape):
        return None
    channels, *sides = input_shape
    tried = range(min(sides) + 1, LARGEST_TRIED + 1)
    return next((side for side in tried if _can_follow(layers, (channels, side, side))), None)


def _can_follow(layers: tuple[AnyLayer, ...], shape: Shape) -> bool:
    try:
        end_of(layers, shape)
    except ShapeError:
        return False
    return True
