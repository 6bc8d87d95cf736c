import numpy as np
import pytest

from cnnviz.data.patterns import PATTERNS, feature_maps, lecture_image, pattern


@pytest.mark.parametrize("side", [5, 12, 64])
@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_has_every_size_and_two_shades_at_least(name, side):
    image = pattern(name, side)
    assert image.shape == (1, side, side)
    assert image.dtype == np.uint8
    assert (image.min(), image.max()) == (0, 255)


def test_a_dot_is_one_pixel_in_the_middle():
    dot = pattern("single dot", 5)[0]
    assert dot[2, 2] == 255
    assert dot.astype(int).sum() == 255


def test_checkerboard_and_stripes():
    assert (pattern("checkerboard", 4)[0, :2, :2] == [[255, 0], [0, 255]]).all()
    assert (pattern("vertical stripes", 4)[0] == [255, 0, 255, 0]).all()


def test_the_lectures_image():
    rows = ["".join(str(cell // 255) for cell in row) for row in lecture_image()[0]]
    assert rows == ["100001", "010010", "001100", "100010", "010010", "001010"]


def test_feature_maps_are_standardised_and_the_same_for_the_same_seed():
    maps = feature_maps(16, 50, 100, seed=3)
    assert maps.shape == (16, 50, 100)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(maps.std((1, 2)), 1, atol=1e-5)
    assert (maps == feature_maps(16, 50, 100, seed=3)).all()
    assert not (maps == feature_maps(16, 50, 100, seed=4)).all()


def test_feature_maps_are_smooth():
    maps = feature_maps(1, 30, 30, seed=0)
    assert np.corrcoef(maps[0, :, 1:].flatten(), maps[0, :, :-1].flatten())[0, 1] > 0.6
