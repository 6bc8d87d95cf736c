"""AlphaGo's policy network: which move an expert would play. Silver et al., "Mastering the game of Go with deep neural
networks and tree search", Nature 529, 2016.
"""

from __future__ import annotations

from cnnviz.layers import AnyLayer, Conv2d, Flatten, PositionBias, ReLU, Softmax
from cnnviz.networks.network import Network


def alphago_policy(filters: int = 192) -> Network:
    """48 planes of features of a 19×19 board in, a probability for each of 361 points out."""
    layers: list[AnyLayer] = [Conv2d(out_channels=filters, kernel_size=5, padding=2), ReLU()]
    for _ in range(11):
        layers += [Conv2d(out_channels=filters, kernel_size=3, padding=1), ReLU()]
    layers += [Conv2d(out_channels=1, kernel_size=1, bias=False), PositionBias(), Flatten(), Softmax()]
    return Network(name=f"AlphaGo policy, {filters} filters", input_shape=(48, 19, 19), layers=tuple(layers))
