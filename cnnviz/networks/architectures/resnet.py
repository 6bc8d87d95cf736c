"""Residual networks: He, Zhang, Ren and Sun, arXiv 1512.03385; before activation, arXiv 1603.05027; with groups, Xie,
Girshick, Dollár, Tu and He, arXiv 1611.05431.

For ImageNet as torchvision has them (the step of a bottleneck is in its 3×3 convolution). For CIFAR-10 the stem is a
convolution of 3×3 with stride 1 (1×1 in ResNeXt) and no pooling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AnyLayer,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
)
from cnnviz.networks.network import Network

MakeBlock = Callable[[int, int, int], list[AnyLayer]]
"""A residual block for (input channels, width, stride), with whatever comes after it."""

_STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
IMAGENET_STEM: tuple[AnyLayer, ...] = (
    Conv2d(out_channels=64, kernel_size=7, stride=2, padding=3, bias=False),
    BatchNorm2d(),
    ReLU(),
    MaxPool2d(kernel_size=3, stride=2, padding=1),
)


def conv(filters: int, size: int, stride: int = 1, groups: int = 1) -> Conv2d:
    """Padded to keep its size at stride 1, without biases: the normalisation after it has them."""
    return Conv2d(out_channels=filters, kernel_size=size, stride=stride, padding=size // 2, groups=groups, bias=False)


def pooled_head(classes: int) -> tuple[AnyLayer, ...]:
    """The mean of each map, then one Linear layer."""
    return (AdaptiveAvgPool2d(output_size=1), Flatten(), Linear(out_features=classes))


def _small_stem(size: int = 3, filters: int = 64) -> tuple[AnyLayer, ...]:
    return (conv(filters, size), BatchNorm2d(), ReLU())


def _shortcut(channels: int, filters: int, stride: int) -> tuple[AnyLayer, ...]:
    return () if stride == 1 and channels == filters else (conv(filters, 1, stride), BatchNorm2d())


def _basic(channels: int, width: int, stride: int) -> list[AnyLayer]:
    body = (conv(width, 3, stride), BatchNorm2d(), ReLU(), conv(width, 3), BatchNorm2d())
    return [Residual(body=body, shortcut=_shortcut(channels, width, stride)), ReLU()]


def _bottleneck(groups: int = 1, expansion: int = 4) -> MakeBlock:
    def block(channels: int, width: int, stride: int) -> list[AnyLayer]:
        filters = width * expansion
        body = (
            conv(width, 1), BatchNorm2d(), ReLU(),
            conv(width, 3, stride, groups), BatchNorm2d(), ReLU(),
            conv(filters, 1), BatchNorm2d(),
        )  # fmt: skip
        return [Residual(body=body, shortcut=_shortcut(channels, filters, stride)), ReLU()]

    return block


def _pre_activated(channels: int, width: int, stride: int) -> list[AnyLayer]:
    """Where the shortcut has a convolution it reads what is normalised and activated, else what came in."""
    before: tuple[AnyLayer, ...] = (BatchNorm2d(), ReLU())
    body = (conv(width, 3, stride), BatchNorm2d(), ReLU(), conv(width, 3))
    if stride == 1 and channels == width:
        return [Residual(body=(*before, *body))]
    return [*before, Residual(body=body, shortcut=(conv(width, 1, stride),))]


def _stages(block: MakeBlock, repeats: Sequence[int], width: int, expansion: int, channels: int = 64) -> list[AnyLayer]:
    """Each stage after the first halves the maps and doubles the width."""
    layers: list[AnyLayer] = []
    for stage, count in enumerate(repeats):
        for number in range(count):
            layers += block(channels, width, 2 if stage and not number else 1)
            channels = width * expansion
        width *= 2
    return layers


def resnet(depth: int) -> Network:
    """For ImageNet: ``depth`` is 18, 34, 50, 101 or 152."""
    block, expansion = (_basic, 1) if depth < 50 else (_bottleneck(), 4)
    layers = (*IMAGENET_STEM, *_stages(block, _STAGES[depth], 64, expansion), *pooled_head(1000))
    return Network(name=f"ResNet-{depth}", input_shape=(3, 224, 224), layers=layers)


def resnet_cifar(depth: int) -> Network:
    block, expansion = (_basic, 1) if depth < 50 else (_bottleneck(), 4)
    layers = (*_small_stem(), *_stages(block, _STAGES[depth], 64, expansion), *pooled_head(10))
    return Network(name=f"ResNet-{depth} for CIFAR-10", input_shape=(3, 32, 32), layers=layers)


def preact_resnet18_cifar(as_in_the_paper: bool) -> Network:
    """The paper normalises and activates the last sum too, which pytorch-cifar leaves out."""
    end: tuple[AnyLayer, ...] = (BatchNorm2d(), ReLU()) if as_in_the_paper else ()
    layers = (conv(64, 3), *_stages(_pre_activated, _STAGES[18], 64, 1), *end, *pooled_head(10))
    name = f"PreActResNet-18{' of the paper' if as_in_the_paper else ''} for CIFAR-10"
    return Network(name=name, input_shape=(3, 32, 32), layers=layers)


def resnext29_cifar(groups: int, width: int) -> Network:
    """Three stages of three bottlenecks of ``groups`` groups, at first ``width`` channels each."""
    stages = _stages(_bottleneck(groups, expansion=2), (3, 3, 3), groups * width, 2)
    return Network(
        name=f"ResNeXt-29 {groups}×{width}d for CIFAR-10",
        input_shape=(3, 32, 32),
        layers=(*_small_stem(1), *stages, *pooled_head(10)),
    )


def simplified_resnet() -> Network:
    """A residual network that a laptop trains on CIFAR-10: a convolution, a pooling and a block for each of three widths."""
    layers: list[AnyLayer] = [*_small_stem(filters=32)]
    for stage, width in enumerate((32, 64, 128)):
        if stage:
            layers += [conv(width, 3), BatchNorm2d(), ReLU(), MaxPool2d(kernel_size=2)]
        layers += _basic(width, width, 1)
    layers = [*layers, MaxPool2d(kernel_size=2), *pooled_head(10)]
    return Network(name="Simplified ResNet", input_shape=(3, 32, 32), layers=tuple(layers))
