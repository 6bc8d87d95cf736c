"""All maps of one layer."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod, sqrt

import numpy as np
import streamlit as st

from cnnviz.components.assets import heard
from cnnviz.components.map_grid import map_grid
from cnnviz.layers import Softmax
from cnnviz.layers.base import Array, shape_text
from cnnviz.networks.graph import Node
from cnnviz.ui.inside.unit_view import MOST_NUMBERS

_MOST_COLUMNS = 16
MOST_SHOWN = 1024


def layer_maps(node: Node, maps: Array, on_choose: Callable[[int], None]) -> None:
    """Draw ``maps`` ``(C, H, W)`` or ``(F,)``, the output of ``node``; ``on_choose`` gets the one that the user clicks."""
    strongest = _strongest(maps)
    shown = maps[strongest].reshape(-1, *(maps.shape[1:] or (1, 1)))
    shrunk = _shrunk(shown)
    kind = "feature" if maps.ndim == 1 else "map"
    which = f"one of the {len(maps)} {kind}s" if len(maps) > 1 else f"the {kind}"
    st.caption(
        f"{node.title}: {shape_text(node.output_shape)}. Click {which} to see how it comes about."
        + (f" These are the {len(strongest)} strongest." if len(strongest) < len(maps) else "")
        + ("" if shrunk.shape == shown.shape else f" Averaged down to {shrunk.shape[1]}×{shrunk.shape[2]} cells each.")
    )
    key = f"all_maps_{node.name}"

    def choose() -> None:
        if (chosen := heard(key, "chosen")) is not None:
            on_choose(strongest[int(chosen)])

    map_grid(
        shrunk,
        key=key,
        label=f"All maps of {node.name}",
        quantity="Output",
        scale="counts" if isinstance(node.layer, Softmax) else "activations",
        columns=_columns(shrunk),
        cell=22 if maps.ndim == 1 else None,
        on_choose=choose,
        item=kind,
        numbers=strongest,
    )


def _strongest(maps: Array) -> list[int]:
    """The numbers of as many as one can look at, in order."""
    strength = np.square(np.nan_to_num(maps.reshape(len(maps), -1)), dtype=np.float64).mean(1)
    return sorted(int(at) for at in np.argsort(-strength, kind="stable")[:MOST_SHOWN])


def _columns(maps: Array) -> int:
    count, height, width = maps.shape
    if height * width == 1:
        return min(count, 2 * _MOST_COLUMNS)
    return max(1, min(_MOST_COLUMNS, count, ceil(sqrt(count * height / width * 1.6))))


def _shrunk(maps: Array) -> Array:
    """As small as a message to the browser asks for."""
    import torch
    import torch.nn.functional as F

    if prod(maps.shape) <= MOST_NUMBERS:
        return maps
    height, width = maps.shape[1:]
    times = sqrt(MOST_NUMBERS / prod(maps.shape))
    size = max(1, int(height * times)), max(1, int(width * times))
    small: Array = F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(maps)), size).numpy()
    return small
