"""A network of many layers made easier to train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from cnnviz.layers import AnyLayer, BatchNorm2d, Block, Conv2d, Layer, Linear, ReLU, ShapeError, Sigmoid, Tanh
from cnnviz.networks.draft import everything
from cnnviz.networks.network import Network, network_of


def easier_to_train(network: Network) -> Network | None:
    """With BatchNorm2d after each convolution and ReLU for each Sigmoid or Tanh; None where it has both or cannot.

    Ioffe and Szegedy, "Batch normalization", arXiv 1502.03167; Glorot, Bordes and Bengio, "Deep sparse rectifier neural
    networks", 2011.
    """
    layers = _eased(network.layers)
    if layers == network.layers:
        return None
    try:
        return network_of(network.model_copy(update={"layers": layers}))
    except ShapeError:
        return None


def what_is_easier(network: Network) -> str:
    """What of it ``easier_to_train`` changes, in words."""
    was, now = (list(everything(layers)) for layers in (network.layers, _eased(network.layers)))
    normalised = sum(isinstance(layer, BatchNorm2d) for layer in now) > sum(
        isinstance(layer, BatchNorm2d) for layer in was
    )
    bent = next((layer.kind for layer in was if isinstance(layer, Sigmoid | Tanh)), "")
    words = ["normalisation (BatchNorm2d) after each convolution"] * normalised
    return " and ".join([*words, *[f"ReLU in the place of {bent}"] * bool(bent)])


def shallower(network: Network) -> Network | None:
    """With two of each run of equal layers with their activations; None where there is no longer run."""
    layers: list[AnyLayer] = []
    at = 0
    while at < len(network.layers):
        pair = network.layers[at : at + 2]
        many = 1
        while len(pair) == 2 and network.layers[at + 2 * many : at + 2 * many + 2] == pair:
            many += 1
        is_run = many > _ENOUGH and isinstance(pair[0], Conv2d | Linear)
        layers += [*pair] * _ENOUGH if is_run else pair[:1]
        at += 2 * many if is_run else 1
    if len(layers) == len(network.layers):
        return None
    try:
        return network_of(network.model_copy(update={"layers": tuple(layers)}))
    except ShapeError:
        return None


_ENOUGH = 2


def _eased(layers: Sequence[Layer]) -> tuple[AnyLayer, ...]:
    changed: list[Layer] = []
    for layer, after in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, Block):
            for name, path in layer.paths.items():
                layer = layer.with_path(name, _eased(path))
        elif isinstance(layer, Sigmoid | Tanh):
            layer = ReLU()
        changed.append(layer)
        if isinstance(layer, Conv2d) and not isinstance(after, BatchNorm2d):
            changed.append(BatchNorm2d())
    return cast(tuple[AnyLayer, ...], tuple(changed))
