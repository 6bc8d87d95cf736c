"""A network with more Dropout, or with less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from cnnviz.layers import AnyLayer, Block, Dropout, Flatten, Layer, Linear
from cnnviz.networks.draft import everything
from cnnviz.networks.heads import head
from cnnviz.networks.network import Network, network_of


def with_dropout(network: Network, p: float | None) -> Network:
    """Every Dropout with probability ``p``; where there is none, one before each Linear that reads features, and where there is
    no such Linear either, one before the convolution that gives the classes.

    The weights keep their names and shapes. None leaves the network as it is, and so does 0 where it has no Dropout. A
    Linear that reads the image itself gets none: without pixels it is another image. Raises ShapeError where it would
    be too large.
    """
    if p is None:
        return network
    if any(isinstance(layer, Dropout) for layer in everything(network.layers)):
        layers = _set(network.layers, p)
    elif p:
        layers = _put_in(network.layers, p, is_image=True)
        at = head(network.layers)
        if layers == network.layers and at:
            layers = (*network.layers[:at], Dropout(p=p), *network.layers[at:])
    else:
        return network
    return network_of(network.model_copy(update={"layers": layers}))


def _set(layers: Sequence[Layer], p: float) -> tuple[AnyLayer, ...]:
    changed: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Dropout):
            layer = Dropout(p=p)
        elif isinstance(layer, Block):
            for name, path in layer.paths.items():
                layer = layer.with_path(name, _set(path, p))
        changed.append(layer)
    return cast(tuple[AnyLayer, ...], tuple(changed))


def _put_in(layers: Sequence[Layer], p: float, is_image: bool) -> tuple[AnyLayer, ...]:
    """``is_image``: the first of the layers reads the image itself."""
    changed: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Linear) and not is_image:
            changed.append(Dropout(p=p))
        elif isinstance(layer, Block):
            for name, path in layer.paths.items():
                layer = layer.with_path(name, _put_in(path, p, is_image))
        changed.append(layer)
        is_image = is_image and isinstance(layer, Flatten)
    return cast(tuple[AnyLayer, ...], tuple(changed))
