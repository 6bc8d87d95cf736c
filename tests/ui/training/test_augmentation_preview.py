"""Previews of changed images, beside the same changes written in NumPy."""

from pathlib import Path

import numpy as np
import pytest

from cnnviz.data import Split, class_names, load_dataset
from cnnviz.data.sources import SOURCES
from cnnviz.training import TrainingConfig
from cnnviz.ui.training import augmentation_preview
from cnnviz.ui.training.augmentation_preview import augmented, changes_images, mosaic

WHICH = np.array([0, 3, 7])


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    mosaic.clear()
    augmentation_preview._some.clear()


@pytest.fixture
def some() -> Split:
    train = load_dataset("shapes").train
    return Split(train.images[:20], train.labels[:20])


def test_mirrored_images_are_themselves_or_turned_over(some: Split) -> None:
    found = augmented(some.images, some.labels, WHICH, 0, 0, "random", 0, 0.0, 0)
    assert found.shape == (3, 4, 3, 32, 32)
    turned = []
    for at, versions in zip(WHICH, found, strict=True):
        original = some.images[at]
        for version in versions:
            turned.append(np.array_equal(version, original[:, :, ::-1]))
            assert turned[-1] or np.array_equal(version, original)
    assert 0 < sum(turned) < len(turned)


def test_shifted_images_are_windows_of_a_black_frame(some: Split) -> None:
    found = augmented(some.images, some.labels, WHICH, 2, 0, "none", 0, 0.0, 0)
    for at, versions in zip(WHICH, found, strict=True):
        framed = np.pad(some.images[at], ((0, 0), (2, 2), (2, 2)))
        windows = [framed[:, y : y + 32, x : x + 32] for y in range(5) for x in range(5)]
        assert all(any(np.array_equal(version, window) for window in windows) for version in versions)


def test_a_hidden_square_has_its_size_and_the_mean_colour(some: Split) -> None:
    found = augmented(some.images, some.labels, WHICH, 0, 0, "none", 6, 0.0, 0)
    mean = (some.images.astype(np.float64) / 255).mean((0, 2, 3))
    for at, versions in zip(WHICH, found, strict=True):
        for version in versions:
            changed = (version != some.images[at]).any(0)
            rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
            assert np.ptp(rows) < 6
            assert np.ptp(columns) < 6
            hidden = version[:, changed] / 255
            assert np.abs(hidden - mean[:, None]).max() < 1 / 255


def test_the_mosaic_has_the_originals_on_its_left_with_sharp_pixels() -> None:
    picture, names = mosaic("digits", 0, 0, "none", 8, 0.0, 0)
    train = load_dataset("digits").train
    first = np.sort(np.unique(train.labels[:100], return_index=True)[1])[:5]
    assert names == tuple(class_names("digits")[label] for label in train.labels[first])
    assert len(set(names)) == 5
    for row, at in enumerate(first):
        tile = picture[row * 30 * 3 :, : 28 * 3][: 28 * 3]
        assert np.array_equal(tile[::3, ::3, 0], train.images[at][0])
        assert np.array_equal(tile, np.kron(tile[::3, ::3], np.ones((3, 3, 1), np.uint8)))
        assert (tile[..., 3] == 255).all()
    assert (picture[28 * 3 : 30 * 3, :, 3] == 0).all()  # between the images


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_only_the_beginning_of_a_file_is_read(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (130, *SOURCES[name].image_shape), np.uint8)
    labels = rng.integers(0, 10, 130, np.uint8)
    (home / "data").mkdir()
    np.savez(home / "data" / f"{name}.npz", x_train=images, y_train=labels, x_test=images[:1], y_test=labels[:1])
    found, classes = augmentation_preview._some(name)
    dataset = load_dataset(name)
    assert np.array_equal(found, dataset.train.images[:100])
    assert np.array_equal(classes, dataset.train.labels[:100])


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_what_comes_with_the_app_is_the_dataset_itself(name: str) -> None:
    found, classes = augmentation_preview._some(name)
    train = load_dataset(name).train
    assert np.array_equal(found, train.images[:100])
    assert np.array_equal(classes, train.labels[:100])


def test_only_settings_that_change_images_count() -> None:
    assert not changes_images(TrainingConfig(epochs=7, dropout=0.5, test_time_augmentation="mirror"))
    for change in ({"flip": "random"}, {"cutout": 1}, {"translate": 1}, {"crop_padding": 1}, {"colour_shift": 0.1}):
        assert changes_images(TrainingConfig.model_validate(change))
