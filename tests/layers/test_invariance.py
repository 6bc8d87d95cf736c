import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.data.patterns import pattern
from cnnviz.layers import AvgPool2d, MaxPool2d
from cnnviz.layers.invariance import antialiased, blur_weights, blurred, change, drift, rolled, subsampled


def image(channels=2, height=12, width=16):
    return np.random.default_rng(0).normal(size=(channels, height, width)).astype(np.float32)


def test_rolled_loses_nothing():
    x = image()
    assert np.array_equal(rolled(rolled(x, 3, -2), -3, 2), x)
    assert rolled(x, 0, 1)[0, 0, 1] == x[0, 0, 0]


def test_change_is_a_share_of_the_length():
    assert change(np.array([3.0, 4.0]), np.array([3.0, 4.0])) == 0
    assert change(np.array([3.0, 4.0]), np.array([0.0, 0.0])) == 1
    assert change(np.zeros(2), np.ones(2)) == 1
    assert change(np.zeros(2), np.zeros(2)) == 0


def test_a_global_maximum_never_drifts_and_the_input_does():
    x = image()
    steps = [(0, 0), (0, 1), (2, 3)]
    assert drift(lambda x: x.max((1, 2)), x, steps) == [0, 0, 0]
    assert drift(lambda x: x, x, steps)[0] == 0
    assert drift(lambda x: x, x, steps)[1] > 0.5


@given(st.integers(1, 8))
def test_the_blur_is_symmetric_and_keeps_the_mean(step):
    weights = blur_weights(step)
    assert weights.tolist() == weights[::-1].tolist()
    assert weights.sum() == pytest.approx(1)
    assert len(weights) == 2 * step - 1


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4))
def test_the_blur_is_torchs_depthwise_convolution_with_a_mirrored_border(down, right):
    x = image()
    weight = torch.from_numpy(np.outer(blur_weights(down), blur_weights(right))).expand(2, 1, -1, -1)
    ended = F.pad(torch.from_numpy(x)[None], (right - 1, right - 1, down - 1, down - 1), mode="reflect")
    np.testing.assert_allclose(blurred(x, (down, right)), F.conv2d(ended, weight, groups=2)[0], atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 2), (3, 40)])
def test_small_maps_are_blurred_too(size):
    x = np.ones((1, *size), np.float32)
    np.testing.assert_allclose(blurred(x, (8, 8)), x, atol=1e-6)


def test_stripes_of_one_pixel_become_all_or_nothing_and_the_blur_mends_it():
    stripes = pattern("vertical stripes", 12) / np.float32(255)
    first, second = (subsampled(stripes, (2, 2), start) for start in (0, 1))
    assert (first == 1).all()
    assert (second == 0).all()
    soft = [subsampled(blurred(stripes, (2, 2)), (2, 2), start) for start in (0, 1)]
    assert np.array_equal(soft[0], soft[1])
    assert (soft[0] == 0.5).all()


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
def test_the_antialiased_layer_drifts_less_and_has_the_size_of_the_layer(kind):
    stripes = pattern("vertical stripes", 12) / np.float32(255)
    layer = kind(kernel_size=3, stride=2, padding=1)
    assert antialiased(layer, stripes).shape == layer.output_shape(stripes.shape)
    x, steps = image(), [(0, 1), (1, 0), (1, 1)]
    plain, soft = drift(layer.apply, x, steps), drift(lambda x: antialiased(layer, x), x, steps)
    assert all(s < p for s, p in zip(soft, plain, strict=True))
