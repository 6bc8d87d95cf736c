"""The smallest images beside what the network itself accepts, and that looking for them ends."""

from __future__ import annotations

import pytest

from cnnviz.layers import AdaptiveAvgPool2d, Conv2d, ConvTranspose2d, Flatten, Linear, MaxPool2d, Residual, ShapeError
from cnnviz.networks import Network, architecture
from cnnviz.networks.network import TooSmall
from cnnviz.networks.smallest import smallest_side
from tests.work import at_most


def reads(network: Network, side: int) -> bool:
    try:
        network.fitted((network.input_shape[0], side, side), 10)
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("key", ["vgg16", "alexnet", "tutorial_net"])
def test_it_is_the_first_that_is_read_and_the_next_ones_are_too(key: str) -> None:
    network = architecture(key)
    side = smallest_side(network.layers, (network.input_shape[0], 6, 6))
    assert side is not None
    assert [reads(network, side + more) for more in (-1, 0, 1, 2, 3)] == [False, True, True, True, True]


@pytest.mark.parametrize(
    "block",
    [
        Residual(
            body=(*[MaxPool2d(kernel_size=2)] * 3, *[ConvTranspose2d(out_channels=1, kernel_size=2, stride=2)] * 3)
        ),
        Residual(body=(AdaptiveAvgPool2d(output_size=32),)),
    ],
)
def test_where_size_alone_does_not_do_no_smallest_is_told(block: Residual) -> None:
    network = Network(name="u", input_shape=(1, 32, 32), layers=(block, Flatten(), Linear(out_features=10)))
    with pytest.raises(ShapeError) as error:
        network.fitted((1, 28, 28), 10)
    assert not isinstance(error.value, TooSmall)


def test_a_long_network_is_given_up_in_time() -> None:
    layers = (
        *[Conv2d(out_channels=2, kernel_size=3, padding=1)] * 400,
        Residual(body=(AdaptiveAvgPool2d(output_size=24),)),
    )
    with at_most(3_000_000):
        assert smallest_side((*layers, Flatten(), Linear(out_features=10)), (1, 28, 28)) is None
