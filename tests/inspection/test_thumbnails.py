import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.inspection.thumbnails import LEVELS, ranges, thumbnails


def maps(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_ranges_are_torchs():
    x = maps(5, 7, 6)
    found = ranges(x)
    np.testing.assert_array_equal(found.low, x.amin((1, 2)))
    np.testing.assert_array_equal(found.high, x.amax((1, 2)))
    np.testing.assert_allclose(found.strength, x.square().mean((1, 2)).sqrt(), rtol=1e-6)
    assert not found.odd.any()


def test_features_are_maps_of_one_cell():
    x = torch.tensor([-2.0, 3.0])
    found = ranges(x)
    assert (found.low.tolist(), found.high.tolist(), found.strength.tolist()) == ([-2, 3], [-2, 3], [2, 3])
    assert thumbnails(x, [0, 1], 8).shape == (2, 1, 1)


@pytest.mark.parametrize("size", [(6, 9), (40, 24), (33, 33)])
def test_thumbnails_run_from_the_lowest_to_the_highest_value(size):
    x = maps(4, *size)
    found = thumbnails(x, [2, 0], 12)
    small = F.adaptive_avg_pool2d(x[[2, 0]], [min(12, n) for n in size])
    assert found.shape == small.shape
    found_ranges = ranges(x)
    for stamp, channel, truth in zip(found, [2, 0], small, strict=True):
        low, high = found_ranges.low[channel], found_ranges.high[channel]
        back = low + stamp / LEVELS * (high - low)
        np.testing.assert_allclose(back, truth, atol=0.5 / LEVELS * (high - low) + 1e-6)


def test_what_is_not_finite_is_told_apart():
    x = maps(3, 4, 4)
    x[1, 0, 0], x[2, 1, 1], x[2, 2, 2] = torch.nan, torch.inf, -torch.inf
    found = ranges(x)
    assert found.odd.tolist() == [0, 1, 2]
    assert np.isfinite([found.low, found.high, found.strength]).all()
    small = thumbnails(x, [0, 1, 2], 4)
    assert [(stamp == 255).sum() for stamp in small] == [0, 1, 2]
    assert (thumbnails(x, [0, 1, 2], 2) == 255).sum(axis=(1, 2)).tolist() == [0, 1, 2]


def test_a_map_of_one_value():
    x = torch.full((2, 5, 5), 3.0)
    assert not thumbnails(x, [0, 1], 5).any()


def test_nothing_is_kept_of_the_graph():
    x = maps(2, 4, 4).requires_grad_()
    assert ranges(x * 2).low.shape == (2,)
    assert thumbnails(x * 2, [1], 4).dtype == np.uint8
