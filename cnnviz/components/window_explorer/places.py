"""The place that an explorer looks at, as the address has it, and where it is after a change of the layer."""

from __future__ import annotations

import re

import numpy as np

from cnnviz.layers.base import Array, Shape
from cnnviz.layers.window import LocalLayer, WindowLayer

_AT = re.compile(r"(\d{1,3})(\.\d{1,4}\.\d{1,4}(~-?\d{1,7}(\.\d{1,12})?(e-\d{1,3})?)?)?", re.ASCII)


def channel_of(at: str, filters: int) -> int:
    """The output channel that the explorer shows at ``at``; the first where it shows all."""
    match = _AT.fullmatch(at)
    return min(int(match[1]), filters - 1) if match else 0


def is_place(at: str) -> bool:
    """Whether an address that says so names a place, of a layer that is large enough."""
    return _AT.fullmatch(at) is not None


def is_place_in(at: str, output_shape: Shape) -> bool:
    """Whether an output of ``(C, H, W)`` has the place."""
    channel, *cell = (int(number) for number in at.partition("~")[0].split("."))
    return channel < output_shape[0] and all(one < side for one, side in zip(cell, output_shape[1:], strict=False))


def same_place(at: str, former: LocalLayer, former_shape: Shape, layer: LocalLayer, input_shape: Shape) -> str:
    """Where ``at``, a place of ``former`` on ``(C, H, W)``, is after a change of the layer or its input.

    As the explorer itself has it: the output cell whose window has its middle nearest, in a part of the input's height and width.
    """
    cell, tilde, gradient = at.partition("~")
    channel, *row_and_column = cell.split(".")
    kept = [
        _nearest(int(one), before, after)
        for one, before, after in zip(
            row_and_column, _middles(former, former_shape), _middles(layer, input_shape), strict=False
        )
    ]
    return ".".join([channel, *map(str, kept)]) + tilde + gradient


def _middles(layer: LocalLayer, input_shape: Shape) -> tuple[Array, Array]:
    """Of each window, along the height and along the width of the input; NaN for one that covers nothing."""
    borders = layer.borders if isinstance(layer, WindowLayer) else ((0, 0), (0, 0))
    rows, columns = (
        np.where(
            (places >= 0).any(1),
            ((np.where(places < 0, np.inf, places).min(1) + places.max(1) + 1) / 2 - before) / side,
            np.nan,
        )
        for places, (before, _), side in zip(layer.places(input_shape), borders, input_shape[1:], strict=True)
    )
    return rows, columns


def _nearest(at: int, before: Array, after: Array) -> int:
    far = np.abs(after - (before[at] if at < len(before) else np.nan))
    return min(at, len(after) - 1) if np.isnan(far[0]) else int(np.nanargmin(far))
