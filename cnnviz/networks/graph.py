"""A network as a graph: what each layer reads, and where it stands in a drawing of columns and lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.layers import (
    Activation,
    AnyLayer,
    BatchNorm2d,
    Block,
    Concat,
    Dropout,
    DualPath,
    Flatten,
    Layer,
    LocalResponseNorm,
    Pooling,
    PositionBias,
    Reach,
    Residual,
    Shape,
    Softmax,
    SqueezeExcitation,
)
from cnnviz.layers.blocks import named
from cnnviz.networks.network import Network
from cnnviz.networks.table import LARGEST_SIDE

INPUT = "input"

_CHANNELWISE = (
    Activation,
    BatchNorm2d,
    Dropout,
    LocalResponseNorm,
    Pooling,
    PositionBias,
    Residual,
    Softmax,
    SqueezeExcitation,
)
"""Layers whose output channel k is made of channel k of what they read, if others have a say in its size or not."""


@dataclass(frozen=True)
class Node:
    """A layer, or the point where a block's paths meet; the first of all is the input."""

    name: str
    """As the torch submodule is called; ``"input"`` for the input."""
    layer: Layer | None
    """None for the input."""
    inputs: tuple[str, ...]
    """What it reads; for a block the ends of its paths, in their order."""
    input_shape: Shape
    """Of each of the inputs, except where a block puts different ones together."""
    output_shape: Shape
    column: int
    """From left to right: each node stands behind all that it reads."""
    lane: int
    """From top to bottom: paths of a block that have layers stand below each other."""
    reach: Reach | None
    """What its cells read of the network's input, where that has rows and columns."""

    @property
    def title(self) -> str:
        """What people call it."""
        return "Input" if self.layer is None else self.name

    @property
    def channels(self) -> int:
        """Maps, or features."""
        return self.output_shape[0]

    @property
    def map_size(self) -> tuple[int, int]:
        """(height, width) of a map; (1, 1) for a feature."""
        return (self.output_shape[1], self.output_shape[2]) if len(self.output_shape) == 3 else (1, 1)

    @property
    def is_channelwise(self) -> bool:
        """Whether output channel k is made of channel k of each input."""
        return isinstance(self.layer, _CHANNELWISE)


def graph(network: Network) -> list[Node]:
    """The input and all layers, each behind what it reads; blocks stand where their paths meet."""
    shape = network.input_shape
    has_sides = len(shape) == 3 and max(shape[1:]) <= LARGEST_SIDE
    reach = Reach.of_input(*shape[1:]) if has_sides else None
    nodes = [Node(INPUT, None, (), shape, shape, 0, 0, reach)]
    _follow(network.layers, nodes[0], "", 1, 0, nodes)
    return nodes


def _follow(
    layers: Sequence[AnyLayer], source: Node, prefix: str, column: int, lane: int, nodes: list[Node]
) -> tuple[Node, int, int]:
    """Append the nodes of layers that read ``source``: the last of them, the column behind it, and how many lanes they take."""
    lanes = 1
    for name, layer in named(layers):
        inputs: tuple[str, ...] = (source.name,)
        reach = None
        if isinstance(layer, Block):
            ends, below, behind = [], lane, column
            for path, inner in layer.paths.items():
                end, after, taken = _follow(inner, source, f"{prefix}{name}.{path}.", column, below, nodes)
                below += taken if inner else 0
                behind = max(behind, after)
                ends.append(end)
            column, lanes = behind, max(lanes, below - lane)
            inputs = tuple(end.name for end in ends)
            reaches = [end.reach for end in ends if end.reach is not None]
            reach = reaches[0].also(*reaches[1:]) if reaches else None
        elif source.reach is not None:
            reach = layer.reach(source.reach, source.output_shape)
        before = source.output_shape
        source = Node(prefix + name, layer, inputs, before, layer.output_shape(before), column, lane, reach)
        nodes.append(source)
        column += 1
    return source, column, lanes


def sources(node: Node, channel: int, inputs: Sequence[Node]) -> list[tuple[str, int]] | None:
    """Which channels of which inputs an output channel is made of; None where it is made of all of them, by weights.

    ``inputs`` are the nodes that it reads.
    """
    layer = node.layer
    if node.is_channelwise:
        return [(source.name, channel) for source in inputs]
    if isinstance(layer, Flatten):
        height, width = inputs[0].map_size
        return [(inputs[0].name, channel // (height * width))]
    if isinstance(layer, Concat):
        for source in inputs:
            if channel < source.channels:
                return [(source.name, channel)]
            channel -= source.channels
    if isinstance(layer, DualPath):
        body, shortcut = inputs
        if channel < layer.added:
            return [(body.name, channel), (shortcut.name, channel)]
        if channel < shortcut.channels:
            return [(shortcut.name, channel)]
        return [(body.name, channel - shortcut.channels + layer.added)]
    return None


def kindred(nodes: Sequence[Node]) -> dict[str, str]:
    """For each node the last one whose channel k has to do with its own: through activations, pooling, sums and the like."""
    by_name = {node.name: node for node in nodes}
    last = {node.name: node.name for node in nodes}

    def root(name: str) -> str:
        while last[name] != name:
            name = last[name]
        return name

    for node in nodes:
        if node.is_channelwise:
            for name in node.inputs:
                if by_name[name].channels == node.channels:
                    last[root(name)] = node.name
    return {name: root(name) for name in last}
