"""A network of many layers made easier to train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from cnnviz.layers import AnyLayer, BatchNorm2d, Block, Conv2d, Layer, ReLU, ShapeError, Sigmoid, Tanh
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
