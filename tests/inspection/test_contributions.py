import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.inspection import contributions, strengths
from cnnviz.layers import Conv2d, ConvTranspose2d
from tests.layers.cases import convolutions, transposed

MODULE = sys.modules["cnnviz.inspection.contributions"]  # the package's attribute of this name is the function
EVEN = "ignore:Using padding='same' with even kernel"


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def assert_close(ours, theirs):
    """Up to float32 rounding, which grows with the largest number in the sum."""
    theirs = np.asarray(theirs.detach() if isinstance(theirs, torch.Tensor) else theirs)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * max(1, np.abs(theirs).max(initial=0)))


def check(layer, x, channels):
    """Each is what the layer makes of that input channel alone, and together they are its output."""
    found = contributions(layer, x, channels)
    with torch.no_grad():
        whole = layer(x)[0, channels]
        bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias
        bias = bias[channels][:, None, None]
        assert_close(found.sum(1), whole - bias)
        reads, gives = layer.in_channels // layer.groups, layer.out_channels // layer.groups
        for at, channel in enumerate(channels):
            first = channel // gives * reads
            for i in range(reads):
                alone = torch.zeros_like(x)
                alone[:, first + i] = x[:, first + i]
                assert_close(found[at, i], layer(alone)[0, channel] - bias[at])
    assert_close(strengths(layer, x, channels), np.sqrt(np.square(found).mean((2, 3))))


def picked(data, layer):
    return data.draw(st.lists(st.integers(0, layer.out_channels - 1), min_size=1, max_size=4))


@pytest.mark.filterwarnings(EVEN)
@settings(deadline=None)
@given(convolutions(), st.data())
def test_convolution(case, data):
    arguments, shape = case
    layer = Conv2d(**arguments).module(shape)
    check(layer, batch(1, *shape), picked(data, layer))


@settings(deadline=None)
@given(transposed(), st.data())
def test_transposed_convolution(case, data):
    arguments, shape = case
    layer = ConvTranspose2d(**arguments).module(shape)
    check(layer, batch(1, *shape), picked(data, layer))


def test_by_hand():
    layer = nn.Conv2d(2, 2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[2.0, -1], [0, 3]])[:, :, None, None])
    x = torch.tensor([[[1.0, -2]], [[3, 4]]])[None]
    assert contributions(layer, x, [1, 0]).tolist() == [[[[0, 0]], [[9, 12]]], [[[2, -4]], [[-3, -4]]]]
    np.testing.assert_allclose(strengths(layer, x, [0]), [[10**0.5, 12.5**0.5]], rtol=1e-6)


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias):
    layer, x = nn.Linear(5, 4, bias=bias), batch(1, 5)
    found = contributions(layer, x, [3, 0])
    assert_close(found, layer.weight[[3, 0]] * x)
    assert_close(found.sum(1), layer(x)[0, [3, 0]] - (layer.bias[[3, 0]] if bias else 0))
    assert_close(strengths(layer, x, [3, 0]), np.abs(found))


@pytest.mark.filterwarnings(EVEN)
@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(6, 8, 3, padding=1),
        nn.Conv2d(6, 8, 3, stride=2, padding=2, padding_mode="reflect", groups=2),
        nn.Conv2d(6, 8, 4, padding="same", padding_mode="circular"),
        nn.Conv2d(6, 6, 5, groups=6),
        nn.ConvTranspose2d(6, 8, 3, stride=2, output_padding=1),
        nn.ConvTranspose2d(6, 8, 4, stride=2, padding=1, groups=2),
    ],
)
@pytest.mark.parametrize("most", [1, 1_000, 4_000])
def test_strengths_hold_few_numbers_at_once(monkeypatch, layer, most):
    x, channels = batch(1, 6, 9, 8), list(range(layer.out_channels))
    expected = np.sqrt(np.square(contributions(layer, x, channels)).mean((2, 3)))
    sizes, parts = [], MODULE._parts

    def counted(*arguments):
        maps = parts(*arguments)
        sizes.append(maps.numel())
        return maps

    monkeypatch.setattr(MODULE, "_parts", counted)
    monkeypatch.setattr(MODULE, "AT_ONCE", most)
    assert_close(strengths(layer, x, channels), expected)
    one = contributions(layer, x, [0])[0, 0].size
    assert max(sizes[:-1]) <= max(most, one)
    assert len(sizes) > 2


def test_the_limit_is_some_megabytes():
    assert MODULE.AT_ONCE * 4 <= 64 * 2**20


def test_a_small_contribution_of_a_large_input_is_not_lost():
    layer = nn.Conv2d(1, 1, (1, 2), bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[1.0, -1.0]]]]))
    x = 8 + 2.0**-12 * (torch.arange(64).reshape(1, 1, 8, 8) % 2)
    assert_close(strengths(layer, x, [0]) * 2**12, np.ones((1, 1)))


def test_no_channel_at_all():
    layer = nn.Conv2d(3, 4, 3)
    assert contributions(layer, batch(1, 3, 5, 5), []).shape == (0, 3, 3, 3)
    assert strengths(layer, batch(1, 3, 5, 5), []).shape == (0, 3)
    assert contributions(nn.Linear(3, 4), batch(1, 3), []).shape == (0, 3)


def test_gradients_and_modes_are_as_before():
    layer, x = nn.Conv2d(3, 4, 3), batch(1, 3, 5, 5).requires_grad_()
    contributions(layer, x, [0])
    strengths(layer, x, [0])
    assert layer.weight.grad is x.grad is None
    assert layer.weight.requires_grad
    assert layer.training


def test_the_result_is_a_copy():
    layer, x = nn.Linear(2, 2), batch(1, 2)
    before = layer.weight.detach().clone(), x.clone()
    contributions(layer, x, [0, 1])[:] = 7
    assert torch.equal(layer.weight, before[0])
    assert torch.equal(x, before[1])


@pytest.mark.parametrize("ask", [contributions, strengths])
def test_refusals(ask):
    with pytest.raises(TypeError, match="MaxPool2d adds up no input channels: take a Conv2d"):
        ask(nn.MaxPool2d(2), batch(1, 3, 4, 4), [0])
    with pytest.raises(
        ValueError, match=r"Conv2d needs one input of shape \(1, 3, height, width\), not \(2, 3, 4, 4\)"
    ):
        ask(nn.Conv2d(3, 4, 1), batch(2, 3, 4, 4), [0])
    with pytest.raises(ValueError, match=r"not \(3, 4, 4\)"):
        ask(nn.Conv2d(3, 4, 1), batch(3, 4, 4), [0])
    with pytest.raises(ValueError, match=r"Linear needs one input of shape \(1, 5\), not \(1, 6\)"):
        ask(nn.Linear(5, 2), batch(1, 6), [0])
    for channel in (4, -1):
        with pytest.raises(IndexError, match=f"no channel {channel}: the layer gives out 4, counted from 0"):
            ask(nn.Conv2d(3, 4, 1), batch(1, 3, 4, 4), [0, channel])
