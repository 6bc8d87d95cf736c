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
    return choice("kernel_colours") == "in colour"
