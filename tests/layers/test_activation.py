import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from torch import nn

from cnnviz.layers import ReLU


@settings(deadline=None, max_examples=80)
@given(arrays(np.float32, array_shapes(max_dims=3, max_side=4), elements=st.floats(width=32)))  # NaN and ±∞ too
def test_relu_is_torchs(x):
    expected = nn.ReLU()(torch.from_numpy(x))
    np.testing.assert_array_equal(ReLU().apply(x), expected.numpy())
    assert ReLU().output_shape(x.shape) == tuple(expected.shape)


def test_relu_leaves_its_input_as_it_is():
    x = np.array([-1.0, 2.0], np.float32)
    assert ReLU().apply(x).tolist() == [0, 2]
    assert x.tolist() == [-1, 2]


def test_module_does_not_work_in_place():
    module = ReLU().module((3,))
    assert isinstance(module, nn.ReLU)
    assert not module.inplace  # in place, it would change the activations that hooks record before it


@pytest.mark.parametrize("shape", [(10,), (3, 8, 8)])
def test_nothing_is_learned_or_multiplied(shape):
    assert ReLU().num_params(shape) == ReLU().macs(shape) == 0
