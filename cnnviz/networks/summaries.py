"""Figures of the known architectures that are computed from their layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cnnviz.layers import Block, Convolution, Layer, Linear
from cnnviz.networks.architectures import KNOWN, Known, architecture
from cnnviz.networks.network import Network
from cnnviz.networks.table import Totals, table, totals


@dataclass(frozen=True)
class Summary:
    """Of one known architecture, for one input."""

    key: str
    known: Known
    network: Network
    depth: int
    totals: Totals


def depth(layers: Sequence[Layer]) -> int:
    """Convolutions and Linear layers along the longest path, as the names of the networks count them."""
    return sum(
        max(map(depth, layer.paths.values()), default=0)
        if isinstance(layer, Block)
        else int(isinstance(layer, Convolution | Linear))
        for layer in layers
    )


@cache
def summary(key: str) -> Summary:
    """Of the architecture with this key. Raises KeyError."""
    network = architecture(key)
    return Summary(key, KNOWN[key], network, depth(network.layers), totals(table(network)))


def is_form_of(network: Network, key: str) -> bool:
    """Whether a network is this architecture, apart from its input and its number of classes."""
    known = architecture(key)
    head, last = known.layers[-1], network.layers[-1] if network.layers else None
    if isinstance(head, Linear) and isinstance(last, Linear):
        head = head.model_copy(update={"out_features": last.out_features})
    return network.layers == (*known.layers[:-1], head)
