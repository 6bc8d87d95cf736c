"""VGG16: nothing but 3×3 convolutions. Simonyan and Zisserman, arXiv 1409.1556, configuration D."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AnyLayer,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
)
from cnnviz.networks.network import Network

_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _stage(filters: Sequence[int], is_normalised: bool = False) -> list[AnyLayer]:
    norm: list[AnyLayer] = [BatchNorm2d()] if is_normalised else []
    layers: list[AnyLayer] = []
    for n in filters:
        layers += [Conv2d(out_channels=n, kernel_size=3, padding=1), *norm, ReLU()]
    return [*layers, MaxPool2d(kernel_size=2)]


def vgg16() -> Network:
    hidden: list[AnyLayer] = []
    for _ in range(2):
        hidden += [Linear(out_features=4096), ReLU(), Dropout()]
    layers = [layer for stage in _STAGES for layer in _stage(stage)]
    head = [Flatten(), *hidden, Linear(out_features=1000)]
    return Network(name="VGG16", input_shape=(3, 224, 224), layers=(*layers, *head))


def vgg16_cifar() -> Network:
    """With batch normalisation, and one Linear layer on the 512 numbers that are left of a 32×32 image."""
    layers = [layer for stage in _STAGES for layer in _stage(stage, is_normalised=True)]
    head = (AdaptiveAvgPool2d(output_size=1), Flatten(), Linear(out_features=10))
    return Network(name="VGG16 for CIFAR-10", input_shape=(3, 32, 32), layers=(*layers, *head))


def fcn_segmentation() -> Network:
    """FCN-8s: VGG16 made fully convolutional; scores of three depths are enlarged and added, a class for each pixel.

    Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", arXiv 1411.4038. Padded by
    halves of the kernels here, where the authors pad by 100 and crop; 21 classes of PASCAL VOC.
    """
    classes = 21
    score = Conv2d(out_channels=classes, kernel_size=1)
    twice = ConvTranspose2d(out_channels=classes, kernel_size=4, stride=2, padding=1, bias=False)
    eight = ConvTranspose2d(out_channels=classes, kernel_size=16, stride=8, padding=4, bias=False)
    hidden: list[AnyLayer] = []
    for size in (7, 1):
        hidden += [Conv2d(out_channels=4096, kernel_size=size, padding=size // 2), ReLU(), Dropout()]
    deepest = Residual(body=(*_stage(_STAGES[4]), *hidden, score, twice), shortcut=(score,))
    deep = Residual(body=(*_stage(_STAGES[3]), deepest, twice), shortcut=(score,))
    layers = [layer for stage in _STAGES[:3] for layer in _stage(stage)]
    return Network(name="FCN-8s segmentation", input_shape=(3, 224, 224), layers=(*layers, deep, eight))
