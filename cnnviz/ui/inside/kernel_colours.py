"""Kernels that read an image in colour: as pictures in colour, or channel by channel."""

from __future__ import annotations

from cnnviz.networks import Network
from cnnviz.networks.graph import INPUT, graph
from cnnviz.ui.frame.address import choice

IMAGE_CHANNELS = ("red", "green", "blue")
SMALLEST = 26
"""CSS pixels of a kernel's picture."""


def reads_colours(network: Network, layer: str, channels: int) -> bool:
    """Whether the ``channels`` of each kernel of a layer are an image's red, green and blue."""
    return channels == 3 and any(node.name == layer and node.inputs == (INPUT,) for node in graph(network))


def in_colour() -> bool:
    """The user's choice, in the address."""
    shown = choice(
        "Kernels that read colours",
        ["in colour", "each channel"],
        key="kernel_colours",
        help="In colour a kernel is one picture: mid grey where its three weights are 0, redder the larger its weight for red, "
        "and so for green and blue.",
    )
    return shown == "in colour"
