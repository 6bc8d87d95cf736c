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
    return channels == 3 and _reads_image(network, layer)


def _reads_image(network: Network, layer: str) -> bool:
    return any(node.name == layer and node.inputs == (INPUT,) for node in graph(network))


def what_to_look_for(network: Network, layer: str) -> str:
    """One sentence on the kernels of a layer."""
    if _reads_image(network, layer):
        return (
            "Look for patterns: one side green and the other purple answers to an edge, a middle unlike its surroundings to a "
            "spot, one even colour to brightness. What looks like noise has found no pattern of its own."
        )
    return (
        "These kernels read maps, not the image. Green adds what a map has found there, purple takes it away, grey leaves it out: "
        "the strongest ones show which maps a filter combines."
    )


def in_colour() -> bool:
    """The user's choice, in the address."""
    return choice("kernel_colours") == "in colour"
