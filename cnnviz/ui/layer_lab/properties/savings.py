"""What pooling spares the rest of a network."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Block, shape_text
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.without_pooling import costs, poolings, without
from cnnviz.ui.frame.address import choice, selection

_BYTES = 4


def savings() -> None:
    """Activations, multiply-adds and parameters after a pooling layer, with and without it."""
    known = {key: architecture(key) for key in architectures()}
    networks = {
        key: network
        for key, network in known.items()
        if poolings(network)
        and not any(isinstance(layer, Block) for layer in network.layers)  # costs are of plain layers
    }
    with st.container(horizontal=True):
        key = selection("network", list(networks), first="lenet5", format_func=lambda name: networks[name].name)
        network = networks[key]
        names = poolings(network)
        what = choice("without", [*names, "all pooling"])
    left_out = [what] if what in names else names
    plain = without(network, *left_out)
    all_names = [name for name, _ in network.named_layers()]
    at = all_names.index(left_out[0])
    ours, theirs = costs(network, at + 1), costs(plain, at)
    rows = "\n".join(
        f"| {label} | {with_:,} | {without_:,} | {_times(without_, with_)} |"
        for label, with_, without_ in (
            ("Activations", ours.activations, theirs.activations),
            ("Bytes of activations", ours.activations * _BYTES, theirs.activations * _BYTES),
            ("Multiply-adds", ours.macs, theirs.macs),
            ("Parameters", ours.params, theirs.params),
        )
    )
    title = "any pooling" if what not in names else what
    st.markdown(
        f"The layers after {left_out[0]} of {network.name}, for one image of {shape_text(network.input_shape)}:\n\n"
        f"| | with pooling | without {title} | factor |\n|:--|--:|--:|--:|\n{rows}"
    )
    with_, without_ = st.columns(2, gap="large")
    with_.markdown(f"**With pooling**\n\n{_table(network, all_names)}")
    without_.markdown(f"**Without {title}**\n\n{_table(plain, [name for name in all_names if name not in left_out])}")
    st.caption("A Linear layer has a weight for each number that reaches it: there the pooling saves most.")


def _times(more: int, less: int) -> str:
    return f"{more / less:,.1f}" if less else "–"


def _table(network: Network, names: list[str]) -> str:
    inputs = (network.input_shape, *network.shapes)
    rows = "\n".join(
        f"| {name} | {shape_text(out)} | {layer.num_params(shape):,} | {layer.macs(shape):,} |"
        for name, layer, shape, out in zip(names, network.layers, inputs, network.shapes, strict=False)
    )
    return f"| layer | output | parameters | multiply-adds |\n|:--|--:|--:|--:|\n{rows}"
