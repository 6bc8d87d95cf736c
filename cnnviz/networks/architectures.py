"""The networks that courses show."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.layers import AnyLayer, Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks.network import Network


def _classifier(*sizes: int) -> list[AnyLayer]:
    layers: list[AnyLayer] = [Flatten()]
    for size in sizes[:-1]:
        layers += [Linear(out_features=size), ReLU()]
    return [*layers, Linear(out_features=sizes[-1])]


def _lenet5() -> Network:
    """LeNet-5 as course notes for Keras have it: ReLU and max pooling, padded convolutions of 32 and 48 filters.

    After LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.
    """
    return Network(
        name="LeNet-5",
        input_shape=(1, 28, 28),
        layers=(
            Conv2d(out_channels=32, kernel_size=5, padding=2),
            ReLU(),
            MaxPool2d(kernel_size=2),
            Conv2d(out_channels=48, kernel_size=5, padding=2),
            ReLU(),
            MaxPool2d(kernel_size=2),
            *_classifier(256, 84, 10),
        ),
    )


def _lenet5_strided() -> Network:
    """The LeNet-5 above without its pooling: the convolutions take the steps of 2 themselves.

    After Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for simplicity: the all convolutional net",
    arXiv 1412.6806, model "Strided-CNN".
    """
    return Network(
        name="LeNet-5, strided",
        input_shape=(1, 28, 28),
        layers=(
            Conv2d(out_channels=32, kernel_size=5, stride=2, padding=2),
            ReLU(),
            Conv2d(out_channels=48, kernel_size=5, stride=2, padding=2),
            ReLU(),
            *_classifier(256, 84, 10),
        ),
    )


def _tutorial_net() -> Network:
    """The network of PyTorch's tutorial "Training a classifier"."""
    return Network(
        name="Tutorial net",
        input_shape=(3, 32, 32),
        layers=(
            Conv2d(out_channels=6, kernel_size=5),
            ReLU(),
            MaxPool2d(kernel_size=2),
            Conv2d(out_channels=16, kernel_size=5),
            ReLU(),
            MaxPool2d(kernel_size=2),
            *_classifier(120, 84, 10),
        ),
    )


_KNOWN: dict[str, Callable[[], Network]] = {
    "lenet5": _lenet5,
    "lenet5_strided": _lenet5_strided,
    "tutorial_net": _tutorial_net,
}


def architectures() -> list[str]:
    """The keys of the known architectures."""
    return list(_KNOWN)


def architecture(key: str) -> Network:
    """A known architecture. Raises KeyError with the known keys."""
    if key not in _KNOWN:
        raise KeyError(f"no architecture {key!r}; known: {', '.join(_KNOWN)}")
    return _KNOWN[key]()
