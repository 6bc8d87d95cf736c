import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnviz.layers import Conv2d, ConvTranspose2d
from cnnviz.layers.coverage import moved
from cnnviz.layers.presets import (
    PRESETS,
    blur,
    falling_diagonal,
    filter_bank,
    horizontal_edges,
    identity,
    sharpen,
    soft_blur,
    spots_and_edges,
    vertical_edges,
    vertical_line,
)

SIZES = range(1, 12)


@pytest.mark.parametrize("kw", SIZES)
@pytest.mark.parametrize("kh", SIZES)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_every_size(name, kh, kw):
    kernel = PRESETS[name](kh, kw)
    assert kernel.shape == (kh, kw)
    assert np.isfinite(kernel).all()


@pytest.mark.parametrize("kw", SIZES)
@pytest.mark.parametrize("kh", SIZES)
def test_sums(kh, kw):
    assert blur(kh, kw).sum() == pytest.approx(1)
    assert soft_blur(kh, kw).sum() == pytest.approx(1)
    assert identity(kh, kw).sum() == 1
    assert spots_and_edges(kh, kw).sum() == 0
    assert sharpen(kh, kw).sum() == 1  # keeps the brightness
    assert vertical_edges(kh, kw).sum() == 0


def beside_torch(kernel: np.ndarray, image: np.ndarray, dilation: tuple[int, int]) -> np.ndarray:
    """What torch's padding 'same' makes of the image."""
    out = functional.conv2d(
        torch.from_numpy(image)[None], torch.from_numpy(kernel)[None, None], padding="same", dilation=dilation
    )
    return out[0].numpy()


def shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """With zeros where nothing comes in."""
    wide = np.pad(image, ((0, 0), (9, 9), (9, 9)))
    return wide[:, 9 - down : 9 - down + image.shape[1], 9 - right : 9 - right + image.shape[2]]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("dilation", [(1, 1), (2, 2), (3, 3), (1, 2), (3, 1)])
@pytest.mark.parametrize("kw", range(1, 10))
@pytest.mark.parametrize("kh", range(1, 10))
def test_the_middle_is_where_torch_pads_same(kh, kw, dilation):
    image = np.random.default_rng(0).random((1, 9, 8))
    same = beside_torch(identity(kh, kw), image, dilation)
    if all(
        k % 2 or d == 1 for k, d in zip((kh, kw), dilation, strict=True)
    ):  # else no cell of the kernel is the middle
        assert (same == image).all()
    layer = Conv2d(out_channels=1, kernel_size=(kh, kw), padding="same", dilation=dilation)
    down, right = moved(layer)
    assert (same == shifted(image, down, right)).all()
    less = beside_torch(spots_and_edges(kh, kw), image, dilation)
    np.testing.assert_allclose(beside_torch(sharpen(kh, kw), image, dilation), same - less, atol=1e-12)
    column = beside_torch((vertical_line(kh, kw) + 1) / 2, image, dilation)
    ones = beside_torch(np.ones((kh, 1)), shifted(image, 0, right), dilation)
    np.testing.assert_allclose(column, ones, atol=1e-12)


@pytest.mark.parametrize("kh", range(1, 7))
@pytest.mark.parametrize("padding", range(4))
def test_how_far_a_transposed_convolution_moves_the_picture(kh, padding):
    image = np.random.default_rng(0).random((1, 9, 9)) + 1
    layer = ConvTranspose2d(out_channels=1, kernel_size=(kh, 3), padding=(padding, 1), dilation=(2, 1))
    out = functional.conv_transpose2d(
        torch.from_numpy(image)[None],
        torch.from_numpy(identity(kh, 3))[None, None],
        padding=(padding, 1),
        dilation=(2, 1),
    )[0].numpy()
    down, right = moved(layer)
    assert right == 0
    for row in range(out.shape[1]):
        at = row - down
        assert (out[0, row] == (image[0, at] if 0 <= at < 9 else 0)).all()


def test_textbook_kernels_of_size_3():
    assert vertical_edges(3, 3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert horizontal_edges(3, 3).tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert spots_and_edges(3, 3).tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert sharpen(3, 3).tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


def test_the_lectures_two_filters():
    assert falling_diagonal(3, 3).tolist() == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    assert vertical_line(3, 3).tolist() == [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]


def test_edges_of_size_5_are_opencvs():
    assert vertical_edges(5, 5).tolist() == np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]).tolist()


@pytest.mark.parametrize("kw", range(2, 12))
def test_edges_answer_to_light_on_the_right_or_below(kw):
    ramp = np.tile(np.arange(kw), (4, 1))
    assert (vertical_edges(4, kw) * ramp).sum() > 0
    assert (vertical_edges(4, kw) * np.arange(4)[:, None]).sum() == 0
    assert (horizontal_edges(kw, 4) * ramp.T).sum() > 0


def test_bank_begins_with_the_chosen_preset_and_follows_the_list():
    bank, names = filter_bank("sharpen", filters=3, channels=1, size=(3, 3))
    assert names == ["sharpen", "vertical edges", "horizontal edges"]
    assert bank.shape == (3, 1, 3, 3)
    assert bank.dtype == np.float32
    assert bank[1, 0].tolist() == vertical_edges(3, 3).tolist()


def test_bank_fills_up_with_random_filters():
    bank, names = filter_bank("vertical line", filters=4, channels=3, size=(5, 5))
    assert names == ["vertical line", "random", "random", "random"]
    assert not np.array_equal(bank[1], bank[2])
    assert np.abs(bank[1:]).max() <= 1 / np.sqrt(3 * 5 * 5)


def test_bank_can_be_all_random():
    assert filter_bank("random", filters=9, channels=1, size=(3, 3))[1] == ["random"] * 9


def test_bank_is_the_same_for_the_same_seed_only():
    def weights(seed):
        return filter_bank("random", filters=2, channels=3, size=(3, 3), seed=seed)[0]

    assert np.array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))


@pytest.mark.parametrize("name", PRESETS)
def test_preset_answers_to_grey_in_colour_as_to_grey(name):
    grey = np.random.default_rng(0).random((1, 8, 8), np.float32)
    # vector code may leave the flag of an invalid value behind a product of finite numbers
    with np.errstate(invalid="ignore"):
        answers = [
            Conv2d(out_channels=1, kernel_size=3).apply(
                np.repeat(grey, channels, 0), filter_bank(name, filters=1, channels=channels, size=(3, 3))[0]
            )
            for channels in (1, 3)
        ]
    assert np.isfinite(answers).all()
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)
