"""A network without its pooling: what it costs, and the same weights with bare subsampling instead."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from cnnviz.layers import AnyLayer, AvgPool2d, MaxPool2d, Pooling, ShapeError, shape_text
from cnnviz.networks.network import Network


@dataclass(frozen=True)
class Costs:
    """Of some layers of a network, for one input."""

    activations: int
    """Numbers that the layers give out."""
    macs: int
    params: int


def poolings(network: Network) -> list[str]:
    """The names of its pooling layers, in order."""
    return [name for name, layer in network.named_layers() if isinstance(layer, Pooling)]


def without(network: Network, *names: str) -> Network:
    """The network without some layers; those after them read what they read. Raises ShapeError, or KeyError.

    The names of layers of one kind are numbers in order, so those that stay may have others afterwards.
    """
    layers = dict(network.named_layers())
    for name in names:
        del layers[name]
    shorter = network.model_copy(update={"layers": tuple(layers.values())})
    _ = shorter.shapes
    return shorter


def subsampling(network: Network) -> Network:
    """The same shapes and weights, but where a window was pooled its first cell is kept, and the others go unseen.

    Raises ShapeError where the shapes would not be the same.
    """

    def bare(layer: AnyLayer) -> AnyLayer:
        if not isinstance(layer, MaxPool2d | AvgPool2d) or any(map(any, layer.borders)):
            return layer
        return MaxPool2d(kernel_size=1, stride=layer.strides)

    bared = network.model_copy(update={"layers": tuple(map(bare, network.layers))})
    if bared.shapes != network.shapes:
        name, ours, theirs = next(
            (name, shape, other)
            for (name, _), shape, other in zip(network.named_layers(), network.shapes, bared.shapes, strict=True)
            if shape != other
        )
        raise ShapeError(
            f"{network.name}: {name} gives {shape_text(ours)} with windows and {shape_text(theirs)} without: "
            "take windows that fill their input"
        )
    return bared


def costs(network: Network, first: int = 0) -> Costs:
    """What its layers cost from number ``first`` on."""
    inputs = (network.input_shape, *network.shapes)
    rows = list(zip(network.layers, inputs, network.shapes, strict=False))[first:]
    return Costs(
        sum(prod(out) for _, _, out in rows),
        sum(layer.macs(shape) for layer, shape, _ in rows),
        sum(layer.num_params(shape) for layer, shape, _ in rows),
    )
