import numpy as np
import pytest

from cnnviz.layers import Conv2d
from cnnviz.layers.presets import (
    PRESETS,
    box_blur,
    diagonal,
    filter_bank,
    identity,
    laplacian,
    sharpen,
    sobel_x,
    sobel_y,
)

SIZES = range(1, 12)


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_every_size(name, k):
    kernel = PRESETS[name](k)
    assert kernel.shape == (k, k)
    assert np.isfinite(kernel).all()


@pytest.mark.parametrize("k", SIZES)
def test_sums(k):
    assert box_blur(k).sum() == pytest.approx(1)
    assert identity(k).sum() == 1
    assert laplacian(k).sum() == 0
    assert sharpen(k).sum() == 1  # keeps the brightness
    assert sobel_x(k).sum() == 0


@pytest.mark.parametrize("k", range(1, 12, 2))
def test_identity_gives_the_image_back(k):
    image = np.random.default_rng(0).random((1, 6, 7), np.float32)
    layer = Conv2d(out_channels=1, kernel_size=k, padding="same")
    assert (layer.apply(image, identity(k)[None, None].astype(np.float32)) == image).all()


def test_textbook_kernels_of_size_3():
    assert sobel_x(3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert sobel_y(3).tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert laplacian(3).tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert sharpen(3).tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert diagonal(3).tolist() == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]


def test_sobel_of_size_5_is_opencvs():
    assert sobel_x(5).tolist() == np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]).tolist()


@pytest.mark.parametrize("k", range(2, 12))
def test_sobel_answers_to_light_on_the_right_or_below(k):
    ramp = np.tile(np.arange(k), (k, 1))
    assert (sobel_x(k) * ramp).sum() > 0
    assert (sobel_x(k) * ramp.T).sum() == 0
    assert (sobel_y(k) * ramp.T).sum() > 0


def test_bank_begins_with_the_chosen_preset_and_follows_the_list():
    bank, names = filter_bank("sharpen", filters=3, channels=1, k=3)
    assert names == ["sharpen", "Sobel x", "Sobel y"]
    assert bank.shape == (3, 1, 3, 3)
    assert bank.dtype == np.float32
    assert bank[1, 0].tolist() == sobel_x(3).tolist()


def test_bank_fills_up_with_random_filters():
    bank, names = filter_bank("diagonal", filters=4, channels=3, k=5)
    assert names == ["diagonal", "random", "random", "random"]
    assert not np.array_equal(bank[1], bank[2])
    assert np.abs(bank[1:]).max() <= 1 / np.sqrt(3 * 5 * 5)


def test_bank_can_be_all_random():
    assert filter_bank("random", filters=9, channels=1, k=3)[1] == ["random"] * 9


def test_bank_is_the_same_for_the_same_seed_only():
    def weights(seed):
        return filter_bank("random", filters=2, channels=3, k=3, seed=seed)[0]

    assert np.array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))


@pytest.mark.parametrize("name", PRESETS)
def test_preset_answers_to_grey_in_colour_as_to_grey(name):
    grey = np.random.default_rng(0).random((1, 8, 8), np.float32)
    answers = [
        Conv2d(out_channels=1, kernel_size=3).apply(
            np.repeat(grey, channels, 0), filter_bank(name, filters=1, channels=channels, k=3)[0]
        )
        for channels in (1, 3)
    ]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)
