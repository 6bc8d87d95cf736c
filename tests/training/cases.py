"""What the tests of training share: a small network, and a few of the digits."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks import Network

SMALL = Network(
    name="small",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5, stride=2),
        ReLU(),
        MaxPool2d(kernel_size=2),
        Flatten(),
        Linear(out_features=10),
    ),
)


def few(images: int = 200, test_images: int = 70) -> Dataset:
    digits = load_dataset("digits")
    return replace(
        digits,
        train=Split(digits.train.images[:images], digits.train.labels[:images]),
        test=Split(digits.test.images[:test_images], digits.test.labels[:test_images]),
    )
