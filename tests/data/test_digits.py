"""The digits are scikit-learn's, in MNIST's form."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from cnnviz.data.dataset import DataError
from cnnviz.data.digits import digits


def in_file_order() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels with every fifth of each class put back among the others."""
    data = digits()
    labels = load_digits().target
    fifth = np.zeros(len(labels), bool)
    for digit in range(10):
        fifth[np.flatnonzero(labels == digit)[4::5]] = True
    order = np.argsort(np.concatenate([np.flatnonzero(~fifth), np.flatnonzero(fifth)]))
    return (
        np.concatenate([data.train.images, data.test.images])[order],
        np.concatenate([data.train.labels, data.test.labels])[order],
    )


def test_form() -> None:
    data = digits()
    assert (len(data.train), len(data.test)) == (1442, 355)
    assert data.input_shape == (1, 28, 28)
    assert data.class_names == tuple("0123456789")
    for split in (data.train, data.test):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64
        assert len(split.labels) == len(split.images)
        counts = np.bincount(split.labels)
        assert len(counts) == 10
        assert counts.min() > 0.9 * counts.max()


def test_labels_are_scikit_learns() -> None:
    np.testing.assert_array_equal(in_file_order()[1], load_digits().target)


def test_pixels_are_scikit_learns() -> None:
    original = load_digits().images * (255 / 16)
    images, _ = in_file_order()
    boxes = images[:, 0, 4:24, 4:24]
    back = np.stack([Image.fromarray(box).resize((8, 8), Image.Resampling.BOX) for box in boxes]).astype(float)
    assert np.abs(back - original).mean() < 20
    distances = ((back.reshape(-1, 1, 64)[::20] - original.reshape(1, -1, 64)) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == np.arange(len(back))[::20]).mean() > 0.97  # hardly any is nearer to another


def test_margin_is_black_and_the_box_is_used() -> None:
    images, _ = in_file_order()
    margin = np.ones((28, 28), bool)
    margin[4:24, 4:24] = False
    assert not images[:, 0, margin].any()
    assert images.max() == 255
    assert (images.max(axis=(1, 2, 3)) > 150).all()


def test_read_once() -> None:
    assert digits() is digits()


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="scikit-learn"):
        digits.__wrapped__()
