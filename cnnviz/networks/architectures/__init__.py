"""The networks that courses show, with their years, sources and published figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal

from cnnviz.networks.architectures import airbench, alexnet, alphago, densenet, efficientnet, lenet, resnet, vgg
from cnnviz.networks.architectures.differences import DIFFERENCES
from cnnviz.networks.network import Network

Family = Literal["small", "AlexNet", "VGG", "ResNet", "DenseNet and DPN", "EfficientNet", "other"]

TORCHVISION = "torchvision's weights {}, IMAGENET1K_V1"
COURSE = "the course's table"


@dataclass(frozen=True)
class Known:
    """A known architecture. Accuracies are published ones, in percent of the test images."""

    make: Callable[[], Network]
    family: Family
    year: int | None
    source: str
    imagenet: float | None = None
    """Top 1 of the validation images, one crop where ``where`` says nothing else."""
    cifar10: float | None = None
    where: str = ""
    """Who published the accuracy, or what was published instead."""
    differs: str = ""
    """In what it is not what ``source`` describes."""


def _imagenet(
    make: Callable[[], Network], family: Family, year: int, source: str, accuracy: float, weights: str
) -> Known:
    return Known(make, family, year, source, imagenet=accuracy, where=TORCHVISION.format(weights))


def _cifar(make: Callable[[], Network], family: Family, year: int, source: str, accuracy: float | None = None) -> Known:
    return Known(make, family, year, source, cifar10=accuracy, where=COURSE if accuracy else "")


_RESNET, _RESNEXT = "He et al., arXiv 1512.03385", "Xie et al., arXiv 1611.05431"
_PREACT = "He et al., arXiv 1603.05027"
_LENET = "LeCun et al., Proc. IEEE 86, 1998"
_EFFICIENTNET_ACCURACIES = (77.692, 78.642, 80.608, 82.008, 83.384, 83.444, 84.008, 84.122)
_RESNET_ACCURACIES = {18: 69.758, 34: 73.314, 50: 76.13, 101: 77.374, 152: 78.312}
_RESNET_CIFAR_ACCURACIES = {18: 93.02, 50: 93.62, 101: 93.75}

_MADE: dict[str, Known] = {
    "mlp": Known(
        lenet.mlp, "small", 1986, "Rumelhart, Hinton and Williams, Nature 323", cifar10=55.0,
        where="about, with 100 % of the training images: the course",
    ),
    "tutorial_net": Known(lenet.tutorial_net, "small", 2017, "PyTorch's tutorial Training a classifier"),
    "lenet5_1998": Known(lenet.lenet5_1998, "small", 1998, _LENET, where="99.05 % of MNIST: the paper"),
    "lenet5": Known(
        lenet.lenet5, "small", None, f"Course notes for Keras, after {_LENET}",
        where="about 99.2 % of MNIST: the course",
    ),
    "lenet5_strided": Known(lenet.lenet5_strided, "small", 2014, "after Springenberg et al., arXiv 1412.6806"),
    "alexnet_2012": Known(
        alexnet.alexnet_2012, "AlexNet", 2012, "Krizhevsky, Sutskever and Hinton, NIPS 2012", imagenet=59.3,
        where="the paper, one network, mean of ten crops",
    ),
    "alexnet": _imagenet(
        alexnet.alexnet, "AlexNet", 2014, "Krizhevsky, arXiv 1404.5997", 56.522, "AlexNet_Weights"
    ),
    "simplified_alexnet": Known(
        alexnet.simplified_alexnet, "AlexNet", None, "after Krizhevsky, Sutskever and Hinton, NIPS 2012"
    ),
    "airbench94": Known(
        airbench.airbench94, "small", 2024, "Jordan, arXiv 2404.00498", cifar10=94.01, where="the paper, mean of 1000 runs"
    ),
    "simplified_resnet": Known(resnet.simplified_resnet, "ResNet", None, f"after {_RESNET}"),
    "vgg16": _imagenet(vgg.vgg16, "VGG", 2014, "Simonyan and Zisserman, arXiv 1409.1556", 71.592, "VGG16_Weights"),
    "vgg16_cifar": _cifar(vgg.vgg16_cifar, "VGG", 2014, "Simonyan and Zisserman, arXiv 1409.1556", 92.64),
    **{
        f"resnet{depth}": _imagenet(
            partial(resnet.resnet, depth), "ResNet", 2015, _RESNET, accuracy, f"ResNet{depth}_Weights"
        )
        for depth, accuracy in _RESNET_ACCURACIES.items()
    },
    **{
        f"resnet{depth}_cifar": _cifar(partial(resnet.resnet_cifar, depth), "ResNet", 2015, _RESNET, accuracy)
        for depth, accuracy in _RESNET_CIFAR_ACCURACIES.items()
    },
    "preact_resnet18_cifar": _cifar(
        partial(resnet.preact_resnet18_cifar, False), "ResNet", 2016, f"pytorch-cifar, after {_PREACT}", 95.11
    ),
    "preact_resnet18_paper_cifar": _cifar(partial(resnet.preact_resnet18_cifar, True), "ResNet", 2016, _PREACT),
    "resnext29_32x4d_cifar": _cifar(partial(resnet.resnext29_cifar, 32, 4), "ResNet", 2016, _RESNEXT, 94.73),
    "resnext29_2x64d_cifar": _cifar(partial(resnet.resnext29_cifar, 2, 64), "ResNet", 2016, _RESNEXT, 94.82),
    "densenet121_cifar": _cifar(densenet.densenet121_cifar, "DenseNet and DPN", 2016, "Huang et al., arXiv 1608.06993", 95.04),
    "dpn92_cifar": _cifar(densenet.dpn92_cifar, "DenseNet and DPN", 2017, "Chen et al., arXiv 1707.01629", 95.16),
    **{
        f"efficientnet_b{number}": _imagenet(
            partial(efficientnet.efficientnet, scaling, f"EfficientNet-B{number}"),
            "EfficientNet", 2019, "Tan and Le, arXiv 1905.11946",
            _EFFICIENTNET_ACCURACIES[number], f"EfficientNet_B{number}_Weights",
        )
        for number, scaling in enumerate(efficientnet.SCALINGS)
    },
    **{
        "alphago_policy" if filters == 192 else f"alphago_policy_{filters}": Known(
            partial(alphago.alphago_policy, filters), "other", 2016, "Silver et al., Nature 529",
            where="up to 57.0 % of expert moves: the paper",
        )
        for filters in (192, 128, 256, 384)
    },
    "fcn_segmentation": Known(
        vgg.fcn_segmentation, "other", 2014, "Long, Shelhamer and Darrell, arXiv 1411.4038",
        where="62.2 % mean intersection over union, PASCAL VOC 2012: the paper",
    ),
}  # fmt: skip


KNOWN = {key: replace(known, differs=DIFFERENCES.get(key, "")) for key, known in _MADE.items()}


def architectures() -> list[str]:
    """The keys of the known architectures."""
    return list(KNOWN)


@cache
def architecture(key: str) -> Network:
    """A known architecture. Raises KeyError with the known keys."""
    if key not in KNOWN:
        raise KeyError(f"no architecture {key!r}; known: {', '.join(KNOWN)}")
    return KNOWN[key].make()
