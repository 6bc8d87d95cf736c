"""Fewer of many points."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.thinning import thinned
from tests.scale import cases


@settings(deadline=None, max_examples=cases(2000))
@given(points=st.integers(1, 100_000), most=st.integers(2, 500))
def test_thinned_keeps_both_ends_and_at_most_so_many(points, most):
    keep = thinned(points, most)
    assert keep[0] == 0
    assert keep[-1] == points - 1
    assert len(keep) == min(points, most)
    assert keep == sorted(set(keep))


@settings(deadline=None, max_examples=cases(1000))
@given(points=st.integers(1000, 100_000), most=st.integers(2, 500))
def test_thinned_is_evenly_spaced(points, most):
    keep = thinned(points, most)
    gaps = [b - a for a, b in pairwise(keep)]
    assert max(gaps) - min(gaps) <= 2


@pytest.mark.parametrize("points", [1, 2, 250 - 1, 250])
def test_few_points_are_all_kept(points):
    assert thinned(points, 250) == list(range(points))
