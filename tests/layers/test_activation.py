import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from torch import nn

from cnnviz.layers import ACTIVATIONS, LeakyReLU, ReLU, ShapeError

FLOATS = st.floats(width=32, allow_subnormal=False)  # NaN and ±∞ too


@pytest.mark.parametrize("kind", ACTIVATIONS)
@settings(deadline=None, max_examples=80)
@given(x=arrays(np.float32, array_shapes(max_dims=3, max_side=4), elements=FLOATS))
@pytest.mark.filterwarnings("ignore:invalid value encountered", "ignore:overflow encountered")
def test_values_are_torchs(kind, x):
    expected = getattr(nn, kind.__name__)()(torch.from_numpy(x)).numpy()
    ours = kind().apply(x)
    assert ours.dtype == np.float32
    if kind.__name__ in ("GELU", "SiLU"):  # kernels differ in −∞ · 0 and in when they overflow
        ours, expected = ours[np.abs(x) < 1e30], expected[np.abs(x) < 1e30]
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
    assert kind().output_shape(x.shape) == x.shape


@given(slope=st.floats(-1, 1, width=32))
def test_leaky_relu_takes_its_slope(slope):
    x = np.array([-2, 0, 3], np.float32)
    expected = nn.LeakyReLU(slope)(torch.from_numpy(x))
    np.testing.assert_array_equal(LeakyReLU(negative_slope=slope).apply(x), expected)
    assert LeakyReLU(negative_slope=slope).module((3,)).negative_slope == slope


@pytest.mark.parametrize("slope", [float("nan"), float("inf"), "steep"])
def test_a_slope_that_is_no_number_is_refused(slope):
    with pytest.raises(ShapeError, match="negative_slope"):
        LeakyReLU(negative_slope=slope)


def test_relu_leaves_its_input_as_it_is():
    x = np.array([-1.0, 2.0], np.float32)
    assert ReLU().apply(x).tolist() == [0, 2]
    assert x.tolist() == [-1, 2]


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_module_is_torchs_and_does_not_work_in_place(kind):
    module = kind().module((3,))
    assert type(module) is getattr(nn, kind.__name__)
    assert not getattr(module, "inplace", False)  # in place, it would change what hooks record before it


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(10,), (3, 8, 8)])
def test_nothing_is_learned_or_multiplied(kind, shape):
    assert kind().num_params(shape) == kind().macs(shape) == 0
