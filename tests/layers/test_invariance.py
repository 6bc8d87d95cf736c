import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.data.patterns import pattern
from cnnviz.layers import AvgPool2d, MaxPool2d, ShapeError
from cnnviz.layers.invariance import (
    antialiased,
    blur_weights,
    blurred,
    change,
    changes_over_shifts,
    compare_pooled_shift,
    enlarged,
    rolled,
    subsampled,
)
from tests.layers.cases import pools


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


def test_what_is_not_finite_is_left_out_of_a_change():
    nothing = -np.inf
    assert change(np.array([3.0, 4.0, nothing]), np.array([0.0, 0.0, nothing])) == 1
    assert change(np.array([nothing]), np.array([nothing])) == 0


@settings(deadline=None)
@given(pools(), st.integers(0, 4), st.integers(0, 4))
def test_a_shift_by_whole_strides_that_divide_the_input_moves_the_output_along(case, down, right):
    kind, arguments, shape = case
    layer = kind(**arguments)
    found = compare_pooled_shift(layer, image(*shape), down, right)
    assert found.before.shape == found.after.shape == layer.output_shape(shape)
    assert found.changed == (found.before != found.after).sum()
    if found.moved_along:
        steps = [n // s for n, s in zip((down, right), layer.strides, strict=True)]
        np.testing.assert_array_equal(rolled(found.before, *steps), found.after)


@pytest.mark.parametrize(("right", "moved_along"), [(0, False), (1, False), (2, True), (4, True)])
def test_moved_along_where_windows_do_not_overlap(right, moved_along):
    assert compare_pooled_shift(MaxPool2d(kernel_size=2), image(), 0, right).moved_along == moved_along


def test_windows_without_any_input_do_not_change():
    layer = MaxPool2d(kernel_size=2, padding=1, dilation=2)
    found = compare_pooled_shift(layer, image(1, 1, 4), 0, 1)
    assert np.isneginf(found.before).all()
    assert found.difference.tolist() == np.zeros_like(found.before).tolist()


def test_not_moved_along_at_the_border():
    assert not compare_pooled_shift(MaxPool2d(kernel_size=3, stride=2), image(1, 5, 5), 0, 2).moved_along


@given(st.integers(1, 4), st.integers(1, 4))
def test_enlarged_each_kept_value_stands_for_its_block(down, right):
    x = image()
    large = enlarged(subsampled(x, (down, right)), (down, right), (12, 16))
    assert large.shape == x.shape
    np.testing.assert_array_equal(subsampled(large, (down, right)), subsampled(x, (down, right)))


def test_a_global_maximum_never_drifts_and_the_input_does():
    x = image()
    steps = [(0, 0), (0, 1), (2, 3)]
    assert changes_over_shifts(lambda x: x.max((1, 2)), x, steps) == [0, 0, 0]
    assert changes_over_shifts(lambda x: x, x, steps)[0] == 0
    assert changes_over_shifts(lambda x: x, x, steps)[1] > 0.5


@given(st.integers(1, 8))
def test_the_blur_is_symmetric_and_keeps_the_mean(step):
    weights = blur_weights(step)
    assert weights.tolist() == weights[::-1].tolist()
    assert weights.sum() == pytest.approx(1)
    assert len(weights) == 2 * step - 1


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4))
def test_the_blur_is_torchs_depthwise_convolution_round_the_border(down, right):
    x = image()
    weight = torch.from_numpy(np.outer(blur_weights(down), blur_weights(right))).expand(2, 1, -1, -1)
    ended = F.pad(torch.from_numpy(x)[None], (right - 1, right - 1, down - 1, down - 1), mode="circular")
    np.testing.assert_allclose(blurred(x, (down, right)), F.conv2d(ended, weight, groups=2)[0], atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 2), (3, 40)])
def test_small_maps_are_blurred_too(size):
    x = np.ones((1, *size), np.float32)
    np.testing.assert_allclose(blurred(x, (8, 8)), x, atol=1e-6)


def test_stripes_of_one_pixel_become_all_or_nothing_and_the_blur_mends_it():
    stripes = pattern("vertical stripes", 12) / np.float32(255)
    first, second = (subsampled(rolled(stripes, 0, by), (2, 2)) for by in (0, 1))
    assert (first == 1).all()
    assert (second == 0).all()
    soft = [subsampled(blurred(rolled(stripes, 0, by), (2, 2)), (2, 2)) for by in (0, 1)]
    assert np.array_equal(soft[0], soft[1])
    assert (soft[0] == 0.5).all()


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
def test_the_antialiased_layer_drifts_less_and_has_the_size_of_the_layer(kind):
    stripes = pattern("vertical stripes", 12) / np.float32(255)
    layer = kind(kernel_size=3, stride=2, padding=1)
    assert antialiased(layer, stripes).shape == layer.output_shape(stripes.shape)
    x, steps = image(), [(0, 1), (1, 0), (1, 1)]
    plain, soft = (
        changes_over_shifts(layer.apply, x, steps),
        changes_over_shifts(lambda x: antialiased(layer, x), x, steps),
    )
    assert all(s < p for s, p in zip(soft, plain, strict=True))


@settings(deadline=None)
@given(pools((MaxPool2d, AvgPool2d)))
def test_the_antialiased_layer_has_the_layers_size_or_is_refused(case):
    kind, arguments, shape = case
    layer = kind(**arguments)
    try:
        out = antialiased(layer, image(*shape))
    except ShapeError:
        assert arguments["ceil_mode"]
    else:
        assert out.shape == layer.output_shape(shape)


def test_blur_and_roll_can_be_done_in_either_order():
    x = image(1, 7, 13)
    np.testing.assert_allclose(blurred(rolled(x, 1, 2), (2, 3)), rolled(blurred(x, (2, 3)), 1, 2), atol=1e-6)
