import numpy as np
import torch
from torch import nn

from cnnviz.inspection import kernels
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
