"""The app's own PyTorch is read back as the network it was written from."""

import random

import pytest
import torch
from torch import nn

from cnnviz.layers import Concat, Conv2d, Dropout, DualPath, Flatten, Linear, Residual, Sigmoid, Softmax
from cnnviz.networks import Network, parse_sequential
from cnnviz.networks.torch_source import torch_source
from tests.networks.random_networks import random_network, random_path
from tests.scale import SEED, cases


def assert_read_back(network: Network) -> None:
    for size in (None, network.input_shape[1:]) if len(network.input_shape) == 3 else (None,):
        text = torch_source(network)
        draft = parse_sequential(text, size)
        assert draft.input_shape == network.input_shape
        assert torch_source(Network(name=draft.name, input_shape=draft.input_shape, layers=draft.layers)) == text


def test_random_networks_are_read_back():
    rng = random.Random(SEED)
    for _ in range(cases(6_000)):
        assert_read_back(random_network(rng, 4))


def test_random_networks_of_features_are_read_back():
    rng = random.Random(SEED)
    for _ in range(cases(2_000)):
        shape = (rng.randint(1, 30),)
        layers = random_path(rng, shape, rng.randint(1, 4))
        assert_read_back(Network(name="random", input_shape=shape, layers=layers))


TWICE = Concat(branches=[[], []])
ONE_BY_ONE, OUT = Conv2d(out_channels=3, kernel_size=1), Linear(out_features=8)


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ((6,), [TWICE, OUT]),
        ((2, 3, 3), [Flatten(), TWICE, OUT]),
        ((2, 3, 3), [TWICE, ONE_BY_ONE]),
        ((4, 3, 3), [DualPath(body=[], shortcut=[], added=2), ONE_BY_ONE]),
        ((2, 3, 3), [Flatten(), DualPath(body=[TWICE], shortcut=[TWICE], added=2), OUT]),
        ((2, 3, 3), [Concat(branches=[[Dropout()], [Dropout()]]), ONE_BY_ONE]),
        ((2, 3, 3), [Flatten(), Softmax(), Concat(branches=[[Sigmoid()], []]), TWICE, OUT]),
        ((2, 3, 3), [Concat(branches=[[Flatten()], [Flatten()]]), OUT]),
        ((4, 6, 10), [Flatten(), Residual(body=[OUT, TWICE], shortcut=[OUT, TWICE])]),
        ((5, 3, 3), [TWICE, TWICE, TWICE, ONE_BY_ONE]),
    ],
)
def test_blocks_before_the_first_layer_that_declares_what_it_reads(shape, layers):
    assert_read_back(Network(name="n", input_shape=shape, layers=layers))


POOLED = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mx, self.av = nn.MaxPool2d(2), nn.AvgPool2d(2)
        self.c = nn.Conv2d(6, 8, 3)
    def forward(self, x):
        x = torch.cat([self.mx(x), self.av(x)], 1)
        return self.c(x)
"""


@pytest.mark.parametrize("size", [None, (12, 20)])
def test_a_concatenation_halves_the_channels_that_come_in(size):
    names = {"nn": nn, "torch": torch}
    exec(POOLED, names)
    draft = parse_sequential(POOLED, size)
    assert draft.input_shape == (3, *(size or (32, 32)))
    ours = Network(name="n", input_shape=draft.input_shape, layers=draft.layers).module().eval()
    theirs = names["Net"]().eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.rand(2, *draft.input_shape)
    torch.testing.assert_close(ours(x), theirs(x))
