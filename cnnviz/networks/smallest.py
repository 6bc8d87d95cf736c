"""The smallest pictures that a network can read."""

from __future__ import annotations

from functools import lru_cache

from cnnviz.layers import AnyLayer, Shape, ShapeError
from cnnviz.layers.blocks import end_of
from cnnviz.networks.draft import everything

LARGEST_TRIED = 640  # EfficientNet-B7 reads 600
_MOST_SHAPES = 20_000  # of layers: about a second
_ALL_OF = 8  # sides in a row that show that larger ones are read too


@lru_cache(maxsize=128)
def smallest_side(layers: tuple[AnyLayer, ...], input_shape: Shape) -> int | None:
    """The side of the smallest square images that all layers can follow, where these are too small.

    None where they are followed, where no larger ones help that can be tried in time, and where it is not the size alone:
    paths that meet may fit at some sides and not at others.
    """
    if len(input_shape) != 3:
        return None
    channels, *sides = input_shape
    left = _MOST_SHAPES // max(1, sum(1 for _ in everything(layers)))

    def reads(side: int) -> bool:
        nonlocal left
        left -= 1
        return _can_follow(layers, (channels, side, side))

    if _can_follow(layers, input_shape):
        return None
    first = min(sides) + 1
    smallest = next((side for side in range(first, LARGEST_TRIED + 1) if left > 0 and reads(side)), None)
    if smallest is None or any(map(reads, range(1, first))) or not all(map(reads, range(smallest, smallest + _ALL_OF))):
        return None
    return smallest


def _can_follow(layers: tuple[AnyLayer, ...], shape: Shape) -> bool:
    try:
        end_of(layers, shape)
    except ShapeError:
        return False
    return True
