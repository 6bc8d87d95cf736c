"""The way from the whole network to what one looks at, each step a way back, and the layers before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from cnnviz.layers import Convolution, Pooling
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import Node
from cnnviz.ui.frame.markdown import escaped


def look_path(look: Focus, unit: str, nodes: Sequence[Node], go: Callable[[Focus | None], None]) -> None:
    """Buttons; ``unit`` is what the map or feature is called, ``go`` gets where to, None for the whole network.

    Escape goes one level up, except where a window explorer has it for its own levels.
    """
    names = [node.name for node in nodes]
    at = names.index(look.name)
    title = nodes[at].title
    has_explorer = look.channel is not None and isinstance(nodes[at].layer, Convolution | Pooling)
    up = "go_network" if look.channel is None else "go_layer" if look.cell is None else "go_unit"

    def way(label: str, to: Focus | None, key: str, icon: str | None = None) -> None:
        shortcut = "Esc" if key == up and not has_explorer else None
        st.button(label, on_click=go, args=(to,), icon=icon, key=key, shortcut=shortcut)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        way("Whole network", None, "go_network", ":material/hub:")
        if look.channel is not None:
            many = f"{title}: all {nodes[at].channels}" if nodes[at].channels > 1 else title
            way(many, Focus(look.name), "go_layer", ":material/grid_view:")
        if look.cell is not None:
            way(escaped(unit), replace(look, cell=None, gradient=""), "go_unit")
        before, after = nodes[at - 1] if at else None, nodes[at + 1] if at + 1 < len(nodes) else None
        with st.container(horizontal=True, horizontal_alignment="right", gap="small", width="stretch"):
            for node, label, key in ((before, "◀ {}", "go_before"), (after, "{} ▶", "go_after")):
                if node is not None:
                    st.button(
                        label.format(node.title),
                        on_click=go,
                        args=(_same(look, nodes[at], node),),
                        key=key,
                        help="The layer above in the list of layers"
                        if node is before
                        else "The next one in the list of layers",
                    )


def _same(look: Focus, node: Node, other: Node) -> Focus:
    """The same channel of another layer where it has to do with it, else its first; all of it where one looks at all."""
    if look.channel is None:
        return Focus(other.name)
    is_kin = other.channels == node.channels and (
        (other.is_channelwise and node.name in other.inputs) or (node.is_channelwise and other.name in node.inputs)
    )
    return Focus(other.name, look.channel if is_kin else 0)
