import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from cnnviz.inspection.effective_field import Box, bounding_box, effective_size, pixels_holding, strength

strengths = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1e6, width=32)
)


def test_strength_sums_absolute_values_over_the_channels():
    gradient = np.array([[[1.0, -2.0]], [[-3.0, 0.0]]], np.float32)
    assert strength(gradient).tolist() == [[4, 2]]
    assert strength(gradient).dtype == np.float32


def test_the_box_holds_its_last_row_and_column():
    box = Box(2, 3, 2, 6)
    assert (box.height, box.width, box.sides) == (1, 4, (2, 3, 2, 6))


@given(strengths)
def test_the_extent_is_the_smallest_box_around_all_that_is_not_zero(values):
    found = bounding_box(values)
    rows, cols = np.nonzero(values)
    if found is None:
        assert not len(rows)
    else:
        assert found == Box(rows.min(), cols.min(), rows.max(), cols.max())


@given(strengths, st.sampled_from([0.5, 0.95, 1.0]))
def test_no_fewer_pixels_hold_the_share(values, share):
    count = pixels_holding(values, share)
    held = np.sort(values.flatten().astype(float))[::-1]
    total = held.sum()
    assert (count == 0) == (total == 0)
    assert held[:count].sum() >= share * total * (1 - 1e-9)
    if count:
        assert held[: count - 1].sum() <= share * total
    assert effective_size(values, share) == pytest.approx(count**0.5)


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_where_nothing_moves_the_cell_there_is_no_extent(value):
    values = np.full((3, 4), value, np.float32)
    assert bounding_box(values) is None
    assert effective_size(values) == 0


def test_what_is_not_finite_is_left_out():
    values = np.array([[np.nan, 2.0, 0.0], [0.0, 1.0, np.inf]], np.float32)
    assert bounding_box(values) == Box(0, 1, 1, 1)
    assert pixels_holding(values) == 2


def test_a_flat_strength_is_as_large_as_its_square():
    assert effective_size(np.ones((10, 10)), 1.0) == 10
    assert effective_size(np.ones((10, 10)), 0.49) == 7


def test_a_chain_of_convolutions_reaches_what_the_arithmetic_says():
    module = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 2, 3, stride=2, padding=1))
    x = torch.randn(1, 3, 16, 20, requires_grad=True)
    module(x)[0, 1, 4, 0].backward()
    assert x.grad is not None
    found = strength(x.grad[0].numpy())
    # rows 2·4 − 1 − 2 to 2·4 + 1 + 2, columns −3 to 3 of which 0 is the first
    assert bounding_box(found) == Box(5, 0, 11, 3)
    assert effective_size(found) < effective_size(found, 1.0) == pytest.approx(28**0.5)
