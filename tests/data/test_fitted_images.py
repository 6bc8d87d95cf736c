"""Images are made grey, resized and fitted to a network."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.data.images import fitted, resized, to_grey, within
from tests.data.image_files import COLOURS

# sizes

RGB = COLOURS.transpose(2, 0, 1)


def test_to_grey() -> None:
    grey = to_grey(RGB)
    assert (grey.shape, grey.dtype) == ((1, 6, 9), np.uint8)
    assert np.abs(grey[0] - COLOURS @ [0.299, 0.587, 0.114]).max() <= 1
    np.testing.assert_array_equal(to_grey(grey), grey)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(6, 9), (1, 50), (50, 1), (1, 1), (28, 28)])
def test_resized(channels: int, size: tuple[int, int]) -> None:
    out = resized(RGB[:channels], *size)
    assert (out.shape, out.dtype) == ((channels, *size), np.uint8)
    flat = resized(np.full((channels, 6, 9), 77, np.uint8), *size)
    assert (flat == 77).all()


def test_resized_averages_down() -> None:
    checkerboard = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)[None]
    assert np.abs(resized(checkerboard, 8, 8).astype(int) - 127).max() < 10


def test_right_sizes_are_unchanged() -> None:
    for out in (resized(RGB, 6, 9), within(RGB, 9), within(RGB, 1000), fitted(RGB, (3, 6, 9))):
        np.testing.assert_array_equal(out, RGB)


@pytest.mark.parametrize(
    ("shape", "longest", "expected"),
    [
        ((3, 6, 9), 3, (3, 2, 3)),
        ((1, 100, 50), 20, (1, 20, 10)),
        ((1, 1, 50), 10, (1, 1, 10)),
        ((3, 50, 1), 1, (3, 1, 1)),
    ],
)
def test_within(shape: tuple[int, ...], longest: int, expected: tuple[int, ...]) -> None:
    assert within(np.zeros(shape, np.uint8), longest).shape == expected


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 7, 50), (1, 50, 1), (3, 1, 1)])
@pytest.mark.parametrize("size", [(6, 9), (1, 50), (50, 1), (1, 1), (300, 200)])
@pytest.mark.parametrize("channels", [1, 3])
def test_fitted_has_the_shape(channels: int, size: tuple[int, int], shape: tuple[int, int, int]) -> None:
    out = fitted(np.full((channels, *size), 9, np.uint8), shape)
    assert (out.shape, out.dtype) == (shape, np.uint8)
    assert (out == 9).all()


def test_fitted_centres_on_the_colour_of_the_corner() -> None:
    wide = np.full((3, 2, 8), 200, np.uint8)
    wide[:, 0, 0] = (10, 20, 30)
    out = fitted(wide, (3, 8, 8))
    np.testing.assert_array_equal(out[:, 3:5], wide)
    border = np.delete(out, [3, 4], axis=1).reshape(3, -1)
    assert (border == np.array([[10], [20], [30]])).all()


def test_fitted_turns_colour_to_grey_and_grey_to_colour() -> None:
    np.testing.assert_array_equal(fitted(RGB, (1, 6, 9)), to_grey(RGB))
    grey = to_grey(RGB)
    np.testing.assert_array_equal(fitted(grey, (3, 6, 9)), np.repeat(grey, 3, axis=0))


def test_fitted_to_a_network_of_another_number_of_channels() -> None:
    assert fitted(to_grey(RGB), (2, 8, 8)).shape == (2, 8, 8)
    assert fitted(RGB, (2, 8, 8)).shape == (2, 8, 8)
