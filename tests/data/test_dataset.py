"""Mean and standard deviation against NumPy; the numbers that shapes give."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.data import form, load_dataset
from cnnviz.data.dataset import Dataset, Split
from cnnviz.data.digits import digits


def dataset(images: np.ndarray) -> Dataset:
    split = Split(images, np.zeros(len(images), np.int64))
    elsewhere = Split(255 - images, split.labels)
    return Dataset("a", "A", ("only",), split, elsewhere)


@pytest.mark.parametrize("channels", [1, 3])
def test_moments_are_numpys(channels: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, channels, 7, 5)) * rng.uniform(0.2, 1, (channels, 1, 1))
    data = dataset(images.astype(np.uint8))
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(data.std, pixels.std(axis=(0, 2, 3)), rtol=1e-12)


def test_moments_of_the_digits() -> None:
    pixels = digits().train.images / 255
    assert digits().mean == pytest.approx((pixels.mean(),))
    assert digits().std == pytest.approx((pixels.std(),))


def test_one_level() -> None:
    data = dataset(np.full((2, 1, 3, 3), 51, np.uint8))
    assert data.mean == pytest.approx((0.2,))
    assert data.std == pytest.approx((0.0,), abs=1e-12)


def test_numbers() -> None:
    data = dataset(np.zeros((4, 3, 7, 5), np.uint8))
    assert data.input_shape == (3, 7, 5)
    assert data.num_classes == 1
    assert len(data.train) == 4


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_the_form_is_known_before_the_data_are_loaded(name: str) -> None:
    data = load_dataset(name)
    assert form(name) == (data.input_shape, data.num_classes)


def test_the_form_of_what_has_to_be_downloaded() -> None:
    assert form("mnist") == form("fashion_mnist") == ((1, 28, 28), 10)
    assert form("cifar10") == ((3, 32, 32), 10)
