"""The network of speed runs on CIFAR-10."""

from __future__ import annotations

from cnnviz.layers import GELU, AnyLayer, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d
from cnnviz.networks.network import Network


def airbench94() -> Network:
    """A network that reaches 94 % of CIFAR-10 in ten epochs: Jordan, arXiv 2404.00498.

    The first layer has two filters for each number of its 2×2×3 patches: the speed recipe sets them to what whitens the images.
    The paper multiplies the logits by 1/9; here the recipe makes the last layer's weights so much smaller.
    """
    layers: list[AnyLayer] = [Conv2d(out_channels=24, kernel_size=2), GELU()]
    for width in (64, 256, 256):
        norm = BatchNorm2d(eps=1e-12, momentum=0.4)
        conv = Conv2d(out_channels=width, kernel_size=3, padding=1, bias=False)
        layers += [conv, MaxPool2d(kernel_size=2), norm, GELU(), conv, norm, GELU()]
    layers += [MaxPool2d(kernel_size=3), Flatten(), Linear(out_features=10, bias=False)]
    return Network(name="Airbench 94", input_shape=(3, 32, 32), layers=tuple(layers))
