"""AlexNet in its forms."""

from __future__ import annotations

from cnnviz.layers import AnyLayer, Conv2d, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool2d, ReLU
from cnnviz.networks.architectures.lenet import classifier
from cnnviz.networks.network import Network

_NORM = LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0)  # the paper's α is for the sum, torch's for the mean


def _conv(filters: int, size: int, stride: int = 1, padding: int = 0, groups: int = 1) -> list[AnyLayer]:
    return [Conv2d(out_channels=filters, kernel_size=size, stride=stride, padding=padding, groups=groups), ReLU()]


def _head() -> list[AnyLayer]:
    features: list[AnyLayer] = [Dropout(), Linear(out_features=4096), ReLU()]
    return [Flatten(), *features, *features, Linear(out_features=1000)]


_POOL = MaxPool2d(kernel_size=3, stride=2)


def alexnet_2012() -> Network:
    """AlexNet with its two halves, which were on two GPUs, as groups.

    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
    """
    layers = [
        *_conv(96, 11, stride=4), _NORM, _POOL,
        *_conv(256, 5, padding=2, groups=2), _NORM, _POOL,
        *_conv(384, 3, padding=1), *_conv(384, 3, padding=1, groups=2), *_conv(256, 3, padding=1, groups=2), _POOL,
        *_head(),
    ]  # fmt: skip
    return Network(name="AlexNet (2012)", input_shape=(3, 227, 227), layers=tuple(layers))


def alexnet() -> Network:
    """AlexNet as torchvision has it, for one GPU.

    Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997.
    """
    layers = [
        *_conv(64, 11, stride=4, padding=2), _POOL,
        *_conv(192, 5, padding=2), _POOL,
        *_conv(384, 3, padding=1), *_conv(256, 3, padding=1), *_conv(256, 3, padding=1), _POOL,
        *_head(),
    ]  # fmt: skip
    return Network(name="AlexNet", input_shape=(3, 224, 224), layers=tuple(layers))


def simplified_alexnet() -> Network:
    """AlexNet's plan at CIFAR-10's size: five convolutions, overlapping pooling, dropout before the Linear layers."""
    head = classifier(512, 256, 10)
    layers = [
        *_conv(48, 5, padding=2), _POOL,
        *_conv(128, 5, padding=2), _POOL,
        *_conv(192, 3, padding=1), *_conv(192, 3, padding=1), *_conv(128, 3, padding=1), _POOL,
        head[0], Dropout(), *head[1:3], Dropout(), *head[3:],
    ]  # fmt: skip
    return Network(name="Simplified AlexNet", input_shape=(3, 32, 32), layers=tuple(layers))
