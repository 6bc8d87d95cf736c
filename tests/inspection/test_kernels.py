import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.inspection import kernels
from cnnviz.inspection.kernels import first_weights
from cnnviz.networks import architecture


def test_are_the_weights_of_every_convolution_in_order():
    module = architecture("tutorial_net").module()
    found = kernels(module)
    assert list(found) == ["conv1", "conv2"]
    for name, weights in found.items():
        assert weights.dtype == np.float32
        np.testing.assert_array_equal(weights, getattr(module, name).weight.detach())


def test_nested_and_grouped_convolutions_keep_names_and_shapes():
    module = nn.Sequential(nn.Sequential(nn.Conv2d(6, 4, (3, 5), groups=2)), nn.ReLU(), nn.Linear(3, 3))
    assert {name: weights.shape for name, weights in kernels(module).items()} == {"0.0": (4, 3, 3, 5)}


def test_are_copies():
    conv = nn.Conv2d(1, 1, 3)
    before = conv.weight.detach().clone()
    found = kernels(nn.Sequential(conv))["0"]
    found[:] = 100
    assert torch.equal(conv.weight, before)
    found = kernels(nn.Sequential(conv))["0"]
    with torch.no_grad():
        conv.weight.zero_()  # as the next training step would
    np.testing.assert_array_equal(found, before)


def test_half_precision_comes_as_float32():
    conv = nn.Conv2d(1, 2, 3).to(torch.bfloat16)
    found = kernels(nn.Sequential(conv))["0"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, conv.weight.detach().float())


def test_a_network_without_convolutions_has_none():
    assert kernels(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))) == {}


# The first layer's


MANY = 10**6


@pytest.mark.parametrize(
    "before", [[], [nn.BatchNorm2d(3)], [nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU()]], ids=["first", "norm", "pool"]
)
def test_first_weights_are_the_kernels_of_the_convolution_that_reads_the_image(before):
    conv = nn.Conv2d(3, 5, (3, 2))
    module = nn.Sequential(*before, conv, nn.Conv2d(5, 4, 3), nn.Flatten(), nn.Linear(12, 2))
    found = first_weights(module, (3, 8, 8), MANY)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, conv.weight.detach())


def test_first_weights_of_groups_are_those_of_a_units_own_channels():
    assert first_weights(nn.Conv2d(6, 4, 3, groups=2), (6, 8, 8), MANY).shape == (4, 3, 3, 3)


def test_first_weights_are_found_inside_blocks_and_of_the_networks_own():
    for name in ("resnet18", "lenet5"):
        network = architecture(name)
        module = network.module()
        expected = next(iter(kernels(module).values()))
        np.testing.assert_array_equal(first_weights(module, network.input_shape, MANY), expected)


def test_first_weights_of_a_linear_layer_lie_as_the_image_that_it_reads():
    linear = nn.Linear(3 * 4 * 5, 7)
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), linear, nn.ReLU(), nn.Linear(7, 2))
    found = first_weights(module, (3, 4, 5), MANY)
    assert found.shape == (7, 3, 4, 5)
    image = torch.randn(1, 3, 4, 5)
    answers = nn.functional.linear(image.flatten(1), linear.weight)[0].detach()
    np.testing.assert_allclose((found * image.numpy()).sum((1, 2, 3)), answers, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Flatten(), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3 * 2 * 2, 7)),  # what it reads is no image any more
        nn.Sequential(nn.ConvTranspose2d(3, 6, 2), nn.Conv2d(6, 4, 3)),
    ],
    ids=["no weights", "pooled", "transposed"],
)
def test_there_are_no_first_weights_where_another_layer_reads_the_image(module):
    found = first_weights(module, (3, 4, 4), MANY)
    assert found.shape == (0, 1, 1, 1)
    assert found.dtype == np.float32


@pytest.mark.parametrize(("most", "units"), [(MANY, 5), (90, 5), (89, 4), (18, 1), (17, 0), (0, 0)])
def test_not_more_first_weights_than_asked_for(most, units):
    conv = nn.Conv2d(2, 5, 3)
    found = first_weights(conv, (2, 8, 8), most)
    assert found.shape == (units, 2, 3, 3)
    np.testing.assert_array_equal(found, conv.weight.detach()[:units])
    linear = first_weights(nn.Sequential(nn.Flatten(), nn.Linear(18, 5)), (2, 3, 3), most)
    assert linear.shape == (units, 2, 3, 3)


def test_first_weights_are_copies_in_order_whatever_the_layout():
    conv = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    before = conv.weight.detach().clone()
    found = first_weights(conv, (3, 8, 8), MANY)
    assert found.flags.c_contiguous
    with torch.no_grad():
        conv.weight.zero_()
    np.testing.assert_array_equal(found, before)
