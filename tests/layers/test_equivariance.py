import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layers import Conv2d, ConvTranspose2d
from cnnviz.layers.equivariance import compare_shift, compare_turn, translated, turned
from tests.layers.cases import convolutions, transposed

few = settings(deadline=None, max_examples=100)
layers = convolutions().map(lambda case: (Conv2d(**case[0]), case[1])) | transposed().map(
    lambda case: (ConvTranspose2d(**case[0]), case[1])
)


def weights(layer, shape):
    draw = np.random.default_rng(0)
    return draw.normal(size=layer.weight_shape(shape)).astype(np.float32), np.float32(layer.bias) * np.ones(
        layer.out_channels, np.float32
    )


def some(shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


@few
@given(layers, st.integers(-6, 6), st.integers(-6, 6))
def test_inside_the_two_agree_for_every_layer(case, down, right):
    layer, shape = case
    found = compare_shift(layer, some(shape), *weights(layer, shape), down, right)
    assert found.largest(found.inside) < 1e-3


def test_how_many_cells_are_inside():
    # 3×3 on 8×8 gives 6×6; 2 down: rows 2 to 5 have a row to come from, and their windows see no row that came in
    layer = Conv2d(out_channels=1, kernel_size=3)
    found = compare_shift(layer, some((1, 8, 8)), *weights(layer, (1, 8, 8)), 2, 0)
    assert np.flatnonzero(found.inside.all(1)).tolist() == [2, 3, 4, 5]
    assert found.largest(~found.inside) > 0.1


def test_a_border_of_padding_breaks_it_at_the_border_only():
    layer = Conv2d(out_channels=2, kernel_size=3, padding=1, padding_mode="reflect")
    found = compare_shift(layer, some((1, 8, 8)), *weights(layer, (1, 8, 8)), 0, 1)
    assert found.inside.sum() == 6 * 5
    assert found.largest(found.inside) < 1e-5
    assert found.largest(~found.inside) > 0.1


@pytest.mark.parametrize(("right", "is_exact"), [(0, True), (1, False), (2, True), (3, False), (-4, True)])
def test_at_stride_2_only_even_shifts_follow(right, is_exact):
    layer = Conv2d(out_channels=1, kernel_size=3, stride=2)
    found = compare_shift(layer, some((1, 15, 15)), *weights(layer, (1, 15, 15)), 0, right)
    assert found.is_exact is is_exact
    assert found.inside.any() == is_exact
    if not is_exact:
        assert found.largest(~found.inside) > 0.1


def test_no_shift_no_difference():
    layer = Conv2d(out_channels=2, kernel_size=3, padding=1)
    assert (compare_shift(layer, some((2, 7, 7)), *weights(layer, (2, 7, 7)), 0, 0).difference == 0).all()


def test_shifted_brings_in_zeros():
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3) + 1
    assert translated(x, 1, -1).tolist() == [[[0, 0, 0], [2, 3, 0]]]
    assert (translated(x, 5, 0) == 0).all()


def test_turning_by_quarters_is_exact_and_to_the_left():
    x = some((2, 5, 5))
    np.testing.assert_allclose(turned(x, 90), np.rot90(x, axes=(1, 2)), atol=1e-4)
    np.testing.assert_array_equal(turned(x, 0), x)


def test_scaling_keeps_the_middle():
    x = np.zeros((1, 9, 9), np.float32)
    x[0, 3:6, 3:6] = 1
    assert turned(x, 0, 2.0)[0, 4, 4] == 1
    assert turned(x, 0, 2.0).sum() > 25
    assert turned(x, 0, 0.5).sum() < 5


def test_a_kernel_that_looks_the_same_from_all_sides_follows_a_quarter_turn():
    x = some((1, 7, 7))
    layer = Conv2d(out_channels=1, kernel_size=3)
    even, edge = np.full((1, 1, 3, 3), 1 / 9, np.float32), np.array([[[[-1, 0, 1]] * 3]], np.float32)
    none = np.zeros(1, np.float32)
    everywhere = np.ones((5, 5), bool)
    assert compare_turn(layer, x, even, none, 90, 1).largest(everywhere) < 1e-4
    assert compare_turn(layer, x, edge, none, 90, 1).largest(everywhere) > 0.5
