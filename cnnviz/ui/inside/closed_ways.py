"""The way on where no pixel moves a cell: to the cell before the layer that is closed there."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Pooling
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT, Node, sources
from cnnviz.ui.inside.unit_view import Unit


def cell_before(unit: Unit, node: Node, cell: tuple[int, ...]) -> Focus | None:
    """The same cell of the one map that ``cell`` (channel, row, column) is made of, under a pooling the first of its window.

    None where a cell is made of many maps, or of the picture itself.
    """
    reads = [unit.nodes[name] for name in node.inputs]
    parts = sources(node, cell[0], reads) or []
    if len(parts) != 1 or parts[0][0] == INPUT:
        return None
    name, channel = parts[0]
    before = unit.nodes[name]
    if len(cell) == 1:
        return Focus(name, channel) if len(before.output_shape) == 1 else None
    if isinstance(node.layer, Pooling):
        shape = before.output_shape
        rows, cols = node.layer.taps((shape[0], *before.map_size))
        places = [
            int(taps[at][taps[at] >= 0].min(initial=10**9)) for taps, at in zip((rows, cols), cell[1:], strict=True)
        ]
        return Focus(name, channel, (places[0], places[1])) if max(places) < 10**9 else None
    return Focus(name, channel, (cell[1], cell[2])) if before.map_size == node.map_size else None


def way_on(unit: Unit, node: Node, cell: tuple[int, ...]) -> None:
    """A button that leads there."""
    look = cell_before(unit, node, cell)
    if look is None:
        return
    title = unit.nodes[look.name].title
    which = "A cell under it" if isinstance(node.layer, Pooling) else "The same cell"
    st.button(f"{which} in {title}, before {node.title}", key="go_closed", on_click=unit.tell, args=(look,))
