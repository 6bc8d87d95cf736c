"""The image sizes that a text's declared numbers fit: ``Linear(90000)`` behind a pooling says how large the images are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isqrt
from typing import NamedTuple, cast

from cnnviz.layers import Block, Layer, Shape, ShapeError
from cnnviz.networks.layer_calls import Part
from cnnviz.networks.table import LARGEST_SIDE

USUAL = (28, 32, 48, 64, 96, 112, 128, 160, 192, 224, 227, 256, 299, 384, 448, 512)
"""Sides of the images of well-known data sets and networks, the smallest first; colour images are 32 wide before 28."""
_MOST_NAMED = 40
_MOST_TRIED = 20
_MANY = 100_003
"""More channels or features than any layer declares that stands behind nothing but blocks and poolings."""
_WIDE = 1_021
"""A side at which no map is too small, and all are too large."""


def usual_sides(channels: int) -> tuple[int, ...]:
    """The likeliest first."""
    return (32, *USUAL) if channels > 1 else USUAL


class Problem(NamedTuple):
    """The first layer that what arrives does not suit."""

    part: Part
    arrives: Shape
    before_flatten: Shape | None
    """What the Flatten before it read."""
    is_declared: bool
    """Whether it only declares another number; else it cannot follow at all."""


class _Walk(NamedTuple):
    shape: Shape
    flattened: Shape | None
    problem: Problem | None


def follow_parts(parts: Sequence[Part], shape: Shape) -> Problem | None:
    """The first problem on the way of an input; None where every layer gets what it declares."""
    return _walk(parts, shape).problem


def _walk(parts: Sequence[Part], shape: Shape) -> _Walk:
    flattened: Shape | None = None
    is_known = True
    for part in parts:
        layer = part.layer
        if layer is None:
            is_known = False
            continue
        is_of_its_kind = len(shape) == (1 if part.what == "features" else 3)
        if part.reads is not None and is_of_its_kind and part.reads != shape[0]:
            if is_known:
                return _Walk(shape, flattened, Problem(part, shape, flattened, True))
            shape = (part.reads, *shape[1:])
        is_known = is_known or (part.reads is not None and is_of_its_kind)
        try:
            if part.paths and isinstance(layer, Block):
                walks = [_walk(path, shape) for path in part.paths]
                for walk in walks:
                    if walk.problem is not None:
                        return walk
                after = layer.joined([walk.shape for walk in walks])
            else:
                after = cast(Layer, layer).output_shape(shape)
        except ShapeError:  # behind a layer that is not known nobody knows what arrives
            return _Walk(shape, flattened, Problem(part, shape, flattened, False) if is_known else None)
        if layer.kind == "Flatten":
            flattened = shape
        shape = after
    return _Walk(shape, flattened, None)


def fitting_side(parts: Sequence[Part], channels: int) -> int | None:
    """The side of the square images that fit: a usual one first, else the smallest; None where there is none."""
    fits = lambda side: follow_parts(parts, (channels, side, side)) is None  # noqa: E731
    if (usual := next(filter(fits, usual_sides(channels)), None)) is not None:
        return usual
    first, last = _range(parts, channels)
    return next(filter(fits, range(first, min(last, first + _MOST_NAMED) + 1)), None)


def fitting_sides(parts: Sequence[Part], channels: int) -> tuple[list[int], bool]:
    """The sides of square images that fit, from the smallest, and whether there are more than are named."""
    first, last = _range(parts, channels)
    some = range(first, min(last, first + _MOST_NAMED - 1) + 1)
    fitting = [side for side in some if follow_parts(parts, (channels, side, side)) is None]
    return fitting, last >= some.stop


def _range(parts: Sequence[Part], channels: int) -> tuple[int, int]:
    """From the first side that is not too small to the last that is not too large: both grow with the side."""

    def is_large_enough(side: int) -> bool:
        return _arrives(parts, channels, side) >= 0

    def is_too_large(side: int) -> bool:
        return _arrives(parts, channels, side) > 0

    first = _first(is_large_enough)
    return first, _first(is_too_large) - 1


def _arrives(parts: Sequence[Part], channels: int, side: int) -> int:
    """-1 where less arrives than is declared, 1 where more does."""
    problem = follow_parts(parts, (channels, side, side))
    if problem is None:
        return 0
    if not problem.is_declared:
        return -1 if _is_small(problem) else 0
    reads = problem.part.reads or 0
    return (problem.arrives[0] > reads) - (problem.arrives[0] < reads)


def _is_small(problem: Problem) -> bool:
    """Whether a larger image would do."""
    layer, shape = problem.part.layer, problem.arrives
    if layer is None or len(shape) != 3 or isinstance(layer, Block):
        return False
    return layer.fits((shape[0], *(LARGEST_SIDE,) * 2))


def _first(holds: Callable[[int], bool]) -> int:
    low, high = 1, LARGEST_SIDE + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def fitting_rectangle(parts: Sequence[Part], channels: int) -> tuple[int, int] | None:
    """Height and width of images that fit, as nearly square as can be, wider than high; None where there are none."""

    def map_of(height: int, width: int) -> Shape | None:
        problem = follow_parts(parts, (channels, height, width))
        return problem.before_flatten if problem is not None and problem.is_declared else None

    if (shape := map_of(_WIDE, _WIDE)) is None:
        return None
    problem = cast(Problem, follow_parts(parts, (channels, _WIDE, _WIDE)))
    cells, left = divmod(problem.part.reads or 0, shape[0])
    if left or len(shape) != 3:
        return None

    def side(axis: int, cells: int) -> int:
        return _first(lambda n: ((map_of(n, _WIDE) if axis == 1 else map_of(_WIDE, n)) or (0, 0, 0))[axis] >= cells)

    heights = [high for high in range(isqrt(cells), 0, -1) if cells % high == 0]
    for high in heights[:_MOST_TRIED]:
        size = side(1, high), side(2, cells // high)
        if follow_parts(parts, (channels, *size)) is None:
            return size
    return None


def features_sides(features: int) -> list[Shape]:
    """Grey and colour images of so many numbers."""
    shapes: list[Shape] = []
    for channels in (1, 3):
        side = isqrt(features // channels)
        if side * side * channels == features and side > 1:
            shapes.append((channels, side, side))
    return shapes


def inputs_of(parts: Sequence[Part], first: Part, rests: Sequence[tuple[int, ...]]) -> Iterator[Shape]:
    """Inputs of which as much arrives at a layer as it reads, each with one of ``rests`` behind its channels or features.

    What arrives there grows by the same number with each channel: two inputs say by how many.
    """
    for rest in rests:
        problems = [follow_parts(parts, (number, *rest)) for number in (_MANY, _MANY + 1)]
        one, two = (each.arrives[0] if each and each.part is first and each.is_declared else 0 for each in problems)
        if 0 < one < two:
            fewer, left = divmod(one - (first.reads or 0), two - one)
            if not left and fewer < _MANY:
                yield (_MANY - fewer, *rest)
