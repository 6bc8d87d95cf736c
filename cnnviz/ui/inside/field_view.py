"""What a cell of a network reads of the image: by the layers' arithmetic, and by its gradient."""

from __future__ import annotations

from typing import cast

import numpy as np
import streamlit as st

from cnnviz.components.receptive_field import receptive_field
from cnnviz.data.dataset import Images
from cnnviz.data.images import fitted
from cnnviz.inspection.effective_field import bounding_box, effective_size, strength
from cnnviz.inspection.influence import influence, influences
from cnnviz.layers import Flatten, Reach
from cnnviz.layers.base import Array, times
from cnnviz.networks.graph import INPUT, Node
from cnnviz.networks.layer_notes import BEYOND
from cnnviz.networks.table import table, totals
from cnnviz.plots import growth_figure
from cnnviz.ui.inside.closed_ways import way_on
from cnnviz.ui.inside.network_maps import SOFTMAX
from cnnviz.ui.inside.unit_view import Unit, unit_name
from cnnviz.ui.pickers.feature_map import digest, lock_of, outputs
from cnnviz.ui.pickers.model_picker import Model

LARGEST_PICTURE = 300
"""Pixels a side: a larger picture and its gradient do not fit into one message."""
MOST_BYTES = 400_000_000
"""That a gradient keeps."""
MOST_MEASURED = 40_000_000_000
"""Multiply-adds, or bytes of outputs, of all gradients of a chart: some seconds."""


def field_view(unit: Unit, picture: Images) -> None:
    """The receptive field of the unit's cell on ``picture`` ``(C, H, W)``, as the network sees it, and how it has grown."""
    node, cell = _place(unit)
    if node.name == INPUT or node.reach is None:
        return
    sides = _sides(node, node.reach, cell)
    network = unit.model.card.network
    pixels = fitted(picture, cast("tuple[int, int, int]", network.input_shape)).astype(np.float32) / np.float32(255)
    name = unit_name(node, cell[0], unit.model)
    place = "" if len(cell) == 1 else f", row {cell[1]}, column {cell[2]}"
    st.subheader("What it reads of the image")
    if max(pixels.shape[1:]) > LARGEST_PICTURE or totals(table(network)).kept_bytes > MOST_BYTES:
        st.caption(
            f"The receptive field of {name}{place} is {times(node.reach.size)} pixels. This network is too large to measure "
            "it here."
        )
    else:
        gradient = strength(
            _influence(unit.model.name, unit.model.version, digest(unit.x), node.name, cell, unit.model, unit.x)
        )
        box = bounding_box(gradient)
        receptive_field(
            pixels if len(pixels) in (1, 3) else pixels[:1],
            gradient,
            theory=sides,
            measured=None if box is None else box.sides,
            title=f"{name}{place}",
            key="field",
        )
        if box is None and np.isfinite(gradient).all():
            way_on(unit, node, cell)
    if any(reads > side for reads, side in zip(node.reach.size, pixels.shape[1:], strict=True)):
        st.caption(f"The largest receptive field of this layer is {times(node.reach.size)}. {BEYOND}")
    _growth(unit, node)


def _place(unit: Unit) -> tuple[Node, tuple[int, ...]]:
    """The layer whose gradient is taken, and the cell: what a Flatten or the softmax passes on is what it reads."""
    node = unit.node
    if node.name == SOFTMAX:
        return unit.nodes[node.inputs[0]], (unit.channel,)
    if isinstance(node.layer, Flatten) and len(node.input_shape) == 3:
        cell = np.unravel_index(unit.channel, node.input_shape)
        return unit.nodes[node.inputs[0]], tuple(int(i) for i in cell)
    return node, _cell(node, unit)


def _cell(node: Node, unit: Unit) -> tuple[int, ...]:
    """The one that is kept, else the middle."""
    if len(node.output_shape) == 1:
        return (unit.channel,)
    middle = ((node.map_size[0] - 1) // 2, (node.map_size[1] - 1) // 2)
    return (unit.channel, *(unit.look.cell or middle))


def _sides(node: Node, reach: Reach, cell: tuple[int, ...]) -> tuple[float, float, float, float]:
    if len(cell) == 1:
        rows, cols = reach.rows.everything(), reach.cols.everything()
        row = col = 0
    else:
        rows, cols = reach.rows, reach.cols
        row, col = min(cell[1], len(rows.first) - 1), min(cell[2], len(cols.first) - 1)
    return float(rows.first[row]), float(cols.first[col]), float(rows.last[row]), float(cols.last[col])


@st.cache_resource(max_entries=32, show_spinner=False)
def _influence(
    name: str, version: str, digest: str, layer: str, cell: tuple[int, ...], _model: Model, _x: Array
) -> Array:
    import torch

    with lock_of(_model):
        return influence(_model.module, torch.from_numpy(_x)[None], layer, cell)


def _growth(unit: Unit, chosen: Node) -> None:
    """The chart over all layers with maps."""
    nodes = [node for node in unit.nodes.values() if node.reach is not None and len(node.output_shape) == 3]
    theory = [float(max(node.reach.size)) if node.reach else None for node in nodes]
    rows = _measured(unit, nodes)
    names = [node.title for node in nodes]
    at = next((i for i, node in enumerate(nodes) if node.name == chosen.name), None)
    figure = growth_figure(
        names,
        theory,
        [row[0] for row in rows] if rows else None,
        [row[1] for row in rows] if rows else None,
        input_side=max(unit.model.card.network.input_shape[1:]),
        chosen=at,
    )
    st.plotly_chart(figure, key="growth", config={"displayModeBar": False})
    if rows:
        st.caption("Measured at the middle cell of each layer's strongest map, for this image.")
    else:
        st.caption("By the layers' arithmetic alone: to measure every layer would take too long here.")


def _measured(unit: Unit, nodes: list[Node]) -> list[tuple[float | None, float | None]] | None:
    """For each layer the side that is read and the side that matters, at the middle of its strongest map."""
    cost = totals(table(unit.model.card.network))
    if unit.model.is_training or max(cost.macs, cost.activation_bytes) * len(nodes) > MOST_MEASURED:
        return None
    return _all_measured(unit.model.name, unit.model.version, digest(unit.x), unit.model, unit.x, nodes)


@st.cache_resource(max_entries=8, show_spinner="Measuring receptive fields …")
def _all_measured(
    name: str, version: str, digest: str, _model: Model, _x: Array, _nodes: list[Node]
) -> list[tuple[float | None, float | None]]:
    import torch

    inner = [node for node in _nodes if node.name != INPUT]
    maps = outputs(_model, _x, [node.name for node in inner])
    cells = {}
    for node in inner:
        row, col = ((side - 1) // 2 for side in node.map_size)
        cells[node.name] = (int(np.abs(np.nan_to_num(maps[node.name][:, row, col])).argmax()), row, col)
    with lock_of(_model):
        by_layer = influences(_model.module, torch.from_numpy(_x)[None], cells)
    return [(1.0, 1.0) if node.name == INPUT else _size(strength(by_layer[node.name])) for node in _nodes]


def _size(strengths: Array) -> tuple[float | None, float | None]:
    box = bounding_box(strengths)
    return (None, None) if box is None else (float(max(box.height, box.width)), effective_size(strengths))
