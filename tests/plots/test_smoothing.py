import numpy as np
import pytest

from cnnviz.plots.smoothing import smoothed


def test_few_points_are_left_as_they_are() -> None:
    assert smoothed([]) == smoothed([1.0]) == smoothed([3.0] * 39) == []


def test_each_is_the_mean_of_those_around_it() -> None:
    values = np.random.default_rng(0).normal(size=100)
    wanted = [values[max(0, at - 2) : at + 3].mean() for at in range(100)]
    np.testing.assert_allclose(smoothed(values.tolist()), wanted, atol=1e-12)


def test_a_line_stays_a_line_and_a_minimum_where_it_is() -> None:
    line = np.linspace(2, -3, 201)
    np.testing.assert_allclose(smoothed(line.tolist())[5:-5], line[5:-5], atol=1e-12)
    bowl = (np.arange(201) - 70.0) ** 2
    assert int(np.argmin(smoothed(bowl.tolist()))) == 70


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_what_is_no_number_counts_for_nothing(odd: float) -> None:
    values = [1.0] * 80
    values[40] = odd
    found = smoothed(values)
    np.testing.assert_array_equal(found[40], odd)
    assert [*found[:40], *found[41:]] == [1.0] * 79


def test_all_of_them_odd() -> None:
    assert np.isnan(smoothed([float("nan")] * 50)).all()
