"""LeNet-5 in its forms, and two small networks beside it."""

from __future__ import annotations

from cnnviz.layers import AnyLayer, AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnviz.networks.network import Network


def classifier(*sizes: int) -> list[AnyLayer]:
    """Flatten, then Linear layers with a ReLU after each but the last."""
    layers: list[AnyLayer] = [Flatten()]
    for size in sizes[:-1]:
        layers += [Linear(out_features=size), ReLU()]
    return [*layers, Linear(out_features=sizes[-1])]


def mlp() -> Network:
    """A fully connected baseline: what convolutions are compared with."""
    return Network(name="Fully connected baseline", input_shape=(3, 32, 32), layers=tuple(classifier(512, 256, 10)))


def lenet5_1998() -> Network:
    """LeNet-5 with its averages and tanh, but full connections in C3, no coefficients in S2 and S4, and a Linear output.

    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.
    """
    return Network(
        name="LeNet-5 (1998)",
        input_shape=(1, 32, 32),
        layers=(
            Conv2d(out_channels=6, kernel_size=5),
            Tanh(),
            AvgPool2d(kernel_size=2),
            Conv2d(out_channels=16, kernel_size=5),
            Tanh(),
            AvgPool2d(kernel_size=2),
            Conv2d(out_channels=120, kernel_size=5),
            Tanh(),
            Flatten(),
            Linear(out_features=84),
            Tanh(),
            Linear(out_features=10),
        ),
    )


def lenet5() -> Network:
    """LeNet-5 as course notes for Keras have it: ReLU and max pooling, padded convolutions of 32 and 48 filters."""
    return Network(
        name="LeNet-5 (Keras notes)",
        input_shape=(1, 28, 28),
        layers=(
            Conv2d(out_channels=32, kernel_size=5, padding=2),
            ReLU(),
            MaxPool2d(kernel_size=2),
            Conv2d(out_channels=48, kernel_size=5, padding=2),
            ReLU(),
            MaxPool2d(kernel_size=2),
            *classifier(256, 84, 10),
        ),
    )


def lenet5_strided() -> Network:
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
            *classifier(256, 84, 10),
        ),
    )


def tutorial_net() -> Network:
    """The LeNet of course notes for PyTorch, that of its tutorial "Training a classifier": 62,006 parameters."""
    return Network(
        name="LeNet (PyTorch notes)",
        input_shape=(3, 32, 32),
        layers=(
            Conv2d(out_channels=6, kernel_size=5),
            ReLU(),
            MaxPool2d(kernel_size=2),
            Conv2d(out_channels=16, kernel_size=5),
            ReLU(),
            MaxPool2d(kernel_size=2),
            *classifier(120, 84, 10),
        ),
    )
