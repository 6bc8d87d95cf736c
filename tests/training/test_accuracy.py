"""The interval beside SciPy's, and the words."""

import pytest
from scipy.stats import binomtest

from cnnviz.training.accuracy import accuracy_text, interval, percent


@pytest.mark.parametrize("images", [1, 10, 355, 1000, 10_000])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.896, 1.0])
def test_the_interval_is_wilsons(share: float, images: int) -> None:
    right = round(share * images)
    expected = binomtest(right, images).proportion_ci(method="wilson")
    assert interval(right / images, images) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_nothing_measured_says_nothing() -> None:
    assert interval(0.0, 0) == (0.0, 1.0)


def test_as_many_digits_as_the_images_can_tell_apart() -> None:
    assert percent(0.896, 1_000) == "89.6%"
    assert percent(0.9946, 10_000) == "99.46%"


def test_in_words() -> None:
    assert accuracy_text(0.896, 1_000) == "89.6% of 1,000 test images (95 % interval: 87.6% to 91.3%)"
