"""Networks that keep what earlier layers gave: DenseNet (arXiv 1608.06993) and dual path networks (arXiv 1707.01629)."""

from __future__ import annotations

from cnnviz.layers import AnyLayer, AvgPool2d, BatchNorm2d, Concat, DualPath, ReLU
from cnnviz.networks.architectures.resnet import conv, pooled_head
from cnnviz.networks.network import Network


def densenet121_cifar() -> Network:
    """Huang, Liu, van der Maaten and Weinberger: each layer adds 32 maps to those that it reads."""
    growth, channels = 32, 64
    layers: list[AnyLayer] = [conv(channels, 3)]
    for stage, count in enumerate((6, 12, 24, 16)):
        if stage:  # between the stages half of the maps and of their sides stay
            channels //= 2
            layers += [BatchNorm2d(), ReLU(), conv(channels, 1), AvgPool2d(kernel_size=2)]
        new = (BatchNorm2d(), ReLU(), conv(4 * growth, 1), BatchNorm2d(), ReLU(), conv(growth, 3))
        layers += [Concat(branches=(new, ()))] * count
        channels += count * growth
    layers += [BatchNorm2d(), ReLU(), *pooled_head(10)]
    return Network(name="DenseNet-121 for CIFAR-10", input_shape=(3, 32, 32), layers=tuple(layers))


def dpn92_cifar() -> Network:
    """Chen, Li, Xiao, Jin, Yan and Feng: each block adds to some channels, as ResNet, and appends others, as DenseNet."""
    layers: list[AnyLayer] = [conv(64, 3), BatchNorm2d(), ReLU()]
    widths, added, counts, appended = (96, 192, 384, 768), (256, 512, 1024, 2048), (3, 4, 20, 3), (16, 32, 24, 128)
    for stage in range(4):
        filters = added[stage] + appended[stage]
        for number in range(counts[stage]):
            stride = 2 if stage and not number else 1
            body = (
                conv(widths[stage], 1), BatchNorm2d(), ReLU(),
                conv(widths[stage], 3, stride, 32), BatchNorm2d(), ReLU(),
                conv(filters, 1), BatchNorm2d(),
            )  # fmt: skip
            shortcut = () if number else (conv(filters, 1, stride), BatchNorm2d())
            layers += [DualPath(body=body, shortcut=shortcut, added=added[stage]), ReLU()]
    return Network(name="DPN-92 for CIFAR-10", input_shape=(3, 32, 32), layers=(*layers, *pooled_head(10)))
