"""Which images are held out: so many, of each class its share, others by another seed."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.data.holding_out import held_out


def labels_of(*counts: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [0, 1, 7, 100, 999])
def test_each_class_gives_its_share_to_one_image(count: int, seed: int) -> None:
    labels = labels_of(500, 300, 150, 50)
    mask = held_out(labels, count, seed)
    assert mask.sum() == count
    shares = np.bincount(labels, minlength=4) * count / len(labels)
    assert np.abs(np.bincount(labels[mask], minlength=4) - shares).max() < 1


def test_ten_classes_of_5000_give_500_each() -> None:
    labels = labels_of(*[5000] * 10)
    assert np.bincount(labels[held_out(labels, 5000, 0)]).tolist() == [500] * 10


def test_the_seed_draws_them() -> None:
    labels = labels_of(*[100] * 10)
    masks = [held_out(labels, 100, seed) for seed in (0, 0, 1)]
    assert (masks[0] == masks[1]).all()
    assert 1 < (masks[0] & masks[2]).sum() < 30  # about 10 of 100 by chance


def test_what_is_held_out_is_not_learned_from() -> None:
    data = load_dataset("digits")
    learned, measured = data.parts(200, 3)
    assert (len(learned), len(measured)) == (len(data.train) - 200, 200)
    pixels = np.concatenate([learned.images, measured.images]).reshape(len(data.train), -1)
    order, expected = np.lexsort(pixels.T), data.train.images.reshape(len(data.train), -1)
    np.testing.assert_array_equal(pixels[order], expected[np.lexsort(expected.T)])


def test_without_any_the_test_images_are_measured() -> None:
    data = load_dataset("digits")
    assert data.parts(0, 3) == (data.train, data.test)


def test_something_has_to_be_left() -> None:
    split = Split(np.zeros((40, 1, 2, 2), np.uint8), np.zeros(40, np.int64))
    with pytest.raises(ValueError, match="40 of the 40 training images cannot be held out: hold out 4, a tenth"):
        Dataset("a", "A", ("only",), split, split).parts(40, 0)
