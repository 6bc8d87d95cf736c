"""The way from the whole network to what one looks at, each step a way back, and the layers before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from cnnviz.networks.graph import INPUT, Node
from cnnviz.ui.looks import Look


def look_path(look: Look, unit: str, nodes: Sequence[Node], go: Callable[[Look | None], None]) -> None:
    """Buttons; ``unit`` is what the map or feature is called, ``go`` gets where to, None for the whole network."""
    names = [node.name for node in nodes]
    at = names.index(look.name)
    title = _title(nodes[at])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Whole network", on_click=go, args=(None,), icon=":material/hub:", key="go_network")
        if look.channel is not None:
            many = f"{title}: all {nodes[at].channels}" if nodes[at].channels > 1 else title
            st.button(many, on_click=go, args=(Look(look.name),), icon=":material/grid_view:", key="go_layer")
        if look.cell is not None:
            st.button(unit, on_click=go, args=(replace(look, cell=None, gradient=""),), key="go_unit")
        before, after = nodes[at - 1] if at else None, nodes[at + 1] if at + 1 < len(nodes) else None
        with st.container(horizontal=True, horizontal_alignment="right", gap="small", width="stretch"):
            for node, label, key in ((before, "◀ {}", "go_before"), (after, "{} ▶", "go_after")):
                if node is not None:
                    st.button(
                        label.format(_title(node)),
                        on_click=go,
                        args=(_same(look, nodes[at], node),),
                        key=key,
                        help="The layer before" if node is before else "The next layer",
                    )


def _title(node: Node) -> str:
    return "Input" if node.name == INPUT else node.name


def _same(look: Look, node: Node, other: Node) -> Look:
    """The same channel of another layer where it has to do with it, else its first; all of it where one looks at all."""
    if look.channel is None:
        return Look(other.name)
    is_kin = other.channels == node.channels and (
        (other.is_channelwise and node.name in other.inputs) or (node.is_channelwise and other.name in node.inputs)
    )
    return Look(other.name, look.channel if is_kin else 0)
