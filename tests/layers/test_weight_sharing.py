"""A convolution is a Linear layer whose weight matrix is mostly empty and repeats its weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from cnnviz.layers import Conv2d, ConvTranspose2d
from cnnviz.layers.weight_sharing import connections, shared_weights
from tests.layers.cases import convolutions, transposed

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

few = settings(deadline=None, max_examples=60)


def check(layer, shape):
    numbers = shared_weights(layer, shape)
    assert numbers.shape == (np.prod(layer.output_shape(shape)), np.prod(shape))
    assert (numbers != -1).sum() == connections(layer, shape)
    module = layer.module(shape)
    jacobian = torch.autograd.functional.jacobian(lambda x: module(x[None])[0].flatten(), torch.randn(shape))
    jacobian = jacobian.reshape(numbers.shape).numpy()
    weights = layer.by_filter(module.weight.detach().numpy()).flatten()
    one = numbers >= 0
    np.testing.assert_allclose(jacobian[one], weights[numbers[one]], atol=1e-6)
    assert (jacobian[numbers == -1] == 0).all()
    assert (numbers == -2).any() <= (getattr(layer, "padding_mode", "zeros") != "zeros")


@few
@given(convolutions())
def test_the_matrix_of_a_convolution_is_autograds_jacobian(case):
    arguments, shape = case
    check(Conv2d(**arguments), shape)


@few
@given(transposed())
def test_the_matrix_of_a_transposed_convolution_is_autograds_jacobian(case):
    arguments, shape = case
    check(ConvTranspose2d(**arguments), shape)


def test_a_3_by_3_kernel_on_3_by_4():
    numbers = shared_weights(Conv2d(out_channels=1, kernel_size=3), (1, 3, 4))
    assert numbers.tolist() == [
        [0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1],
        [-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8],
    ]


def test_the_lectures_image_keeps_a_quarter_of_the_connections():
    layer = Conv2d(out_channels=1, kernel_size=3)
    assert connections(layer, (1, 6, 6)) == 16 * 9
