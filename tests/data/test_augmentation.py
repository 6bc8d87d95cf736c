from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from cnnviz.data.augmentation import Augmentation, Resident, colour_axes
from cnnviz.torchvision_guard import torchvision

CPU = torch.device("cpu")
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)
EVERYTHING = Augmentation(crop_padding=2, translate=1, flip="random", cutout=3, colour_shift=0.5)


def pictures(count: int = 40, channels: int = 3, height: int = 6, width: int = 8) -> np.ndarray:
    """No pixel is black, so that black ones can only come from a margin."""
    return np.random.default_rng(count).integers(1, 256, (count, channels, height, width), np.uint8)


def resident(images: np.ndarray, augmentation: Augmentation = Augmentation(), **kwargs: Any) -> Resident:  # noqa: B008
    channels = images.shape[1]
    return Resident(images, np.arange(len(images)), MEAN[:channels], STD[:channels], CPU, augmentation, **kwargs)


def everything(data: Resident, epoch: int) -> Tensor:
    data.begin_epoch(epoch)
    return data.batch(slice(None))[0]


def as_pixels(batch: Tensor) -> Tensor:
    channels = batch.shape[1]
    mean, std = (torch.tensor(values[:channels]).view(1, -1, 1, 1) for values in (MEAN, STD))
    return ((batch * std + mean) * 255).round().to(torch.uint8)


def matches(images: np.ndarray, got: Tensor, plan: Augmentation) -> dict[tuple[int, int, bool], Tensor]:
    """For each way to turn over and cut an image, made by torch and torchvision, which images show it."""
    transforms = torchvision().transforms.functional
    _, _, height, width = images.shape
    found = {}
    for mirrored in (False, True):
        canvas = torch.from_numpy(images)
        if mirrored:
            canvas = transforms.hflip(canvas)
        if plan.translate:
            canvas = F.pad(canvas.float(), (plan.translate,) * 4, mode="reflect").to(torch.uint8)
        canvas = transforms.pad(canvas, plan.crop_padding)
        reach = 2 * (plan.translate + plan.crop_padding) + 1
        for top, left in np.ndindex(reach, reach):
            cut = transforms.crop(canvas, top, left, height, width)
            found[top, left, mirrored] = (cut == got).flatten(1).all(1)
    return found


def counts(images: np.ndarray, plan: Augmentation, **kwargs: Any) -> dict[tuple[int, int, bool], int]:
    """How often each way was drawn; each image shows exactly one."""
    found = matches(images, as_pixels(everything(resident(images, plan, **kwargs), 1)), plan)
    assert (sum(hits.int() for hits in found.values()) == 1).all()
    return {way: int(hits.sum()) for way, hits in found.items()}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("channels_last", [False, True])
def test_without_augmentation_batches_are_only_normalised(channels: int, channels_last: bool) -> None:
    images = pictures(50, channels, 9, 13)
    scale = torch.tensor(STD[:channels]) * 255
    shift = -torch.tensor(MEAN[:channels]) * 255 / scale
    data = resident(images, channels_last=channels_last)
    assert len(data) == 50
    for which in (torch.tensor([7, 0, 7, 49]), slice(3, 11), slice(45, 60), slice(0, 0)):
        chosen = torch.from_numpy(images)[which].float()
        expected = torch.addcmul(shift.view(1, -1, 1, 1), chosen, (1 / scale).view(1, -1, 1, 1))
        batch, labels = data.batch(which)
        assert batch.dtype == torch.float32
        assert torch.equal(batch, expected)
        assert torch.equal(labels, torch.arange(50)[which])
        assert batch.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    torch.testing.assert_close(as_pixels(data.batch(slice(None))[0]), torch.from_numpy(images))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), channels_last=st.booleans(), seed=st.integers(0, 2**31 - 1), epoch=st.integers(0, 1000))
def test_each_image_is_a_window_of_its_mirrored_and_black_surroundings(
    data: st.DataObject, channels_last: bool, seed: int, epoch: int
) -> None:
    height, width = data.draw(st.integers(2, 7)), data.draw(st.integers(2, 7))
    images = pictures(data.draw(st.integers(1, 5)), data.draw(st.sampled_from([1, 3])), height, width)
    plan = Augmentation(
        crop_padding=data.draw(st.integers(0, 3)),
        translate=data.draw(st.integers(0, min(height, width) - 1)),
        flip=data.draw(st.sampled_from(["none", "random", "alternating"])),
    )
    got = as_pixels(everything(resident(images, plan, seed=seed, channels_last=channels_last), epoch))
    found = {way: hits for way, hits in matches(images, got, plan).items() if plan.flip != "none" or not way[2]}
    assert torch.stack(list(found.values())).any(0).all()


@pytest.mark.parametrize(
    "plan",
    [
        Augmentation(crop_padding=1),
        Augmentation(crop_padding=1, flip="random"),
        Augmentation(translate=1, flip="alternating"),
        Augmentation(translate=2),
        Augmentation(flip="random"),
    ],
)
def test_all_shifts_and_both_sides_are_drawn_equally_often(plan: Augmentation) -> None:
    drawn = counts(pictures(3600), plan)
    if plan.flip == "none":
        assert not any(count for way, count in drawn.items() if way[2])
        drawn = {way: count for way, count in drawn.items() if not way[2]}
    assert stats.chisquare(list(drawn.values())).pvalue > 0.001


def test_both_shifts_add_up() -> None:
    drawn = counts(pictures(8100), Augmentation(crop_padding=1, translate=1))
    once = np.array([1, 2, 3, 2, 1]) / 9  # the sum of two numbers from −1 to 1
    observed = [drawn[top, left, False] for top, left in np.ndindex(5, 5)]
    assert stats.chisquare(observed, 8100 * np.outer(once, once).reshape(-1)).pvalue > 0.001


def test_alternating_images_are_turned_over_in_each_epoch() -> None:
    images = pictures(2000)
    data = resident(images, Augmentation(flip="alternating"), seed=3)
    epochs = [everything(data, epoch) for epoch in range(5)]
    plain = everything(resident(images), 0)
    upright = (epochs[0] == plain).flatten(1).all(1)
    assert 900 < upright.sum() < 1100
    for before, after in pairwise(epochs):
        assert torch.equal(after, before.flip(3))
    other = everything(resident(images, Augmentation(flip="alternating"), seed=4), 0)
    assert 900 < (other == epochs[0]).flatten(1).all(1).sum() < 1100


def test_random_flips_are_drawn_anew_in_each_epoch() -> None:
    data = resident(pictures(2000), Augmentation(flip="random"))
    same = (everything(data, 1) == everything(data, 2)).flatten(1).all(1)
    assert 900 < same.sum() < 1100


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("side", "square"), [(1, (1, 1)), (3, (3, 3)), (7, (6, 7)), (8, (6, 8)), (50, (6, 8))])
def test_a_square_inside_the_image_is_set_to_zero(side: int, square: tuple[int, int], channels_last: bool) -> None:
    images = pictures(2000)
    plain = everything(resident(images), 0)
    assert (plain != 0).all()
    got = everything(resident(images, Augmentation(cutout=side), channels_last=channels_last), 4)
    gone = got == 0
    assert torch.equal(got, torch.where(gone, 0.0, plain))
    assert (gone == gone[:, :1]).all()
    corners = np.zeros((6 - square[0] + 1, 8 - square[1] + 1))
    for top, left in np.ndindex(corners.shape):
        mask = torch.zeros(6, 8, dtype=torch.bool)
        mask[top : top + square[0], left : left + square[1]] = True
        corners[top, left] = (gone[:, 0] == mask).flatten(1).all(1).sum()
    assert corners.sum() == 2000
    assert corners.size == 1 or stats.chisquare(corners.reshape(-1)).pvalue > 0.001


def correlated(count: int, channels: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    mix = np.array([[50, 8, 1], [45, -3, -6], [40, -9, 6]])[:channels, :channels]
    colours = 128 + rng.standard_normal((count, 4, 5, channels)) @ mix.T
    return colours.clip(0, 255).astype(np.uint8).transpose(0, 3, 1, 2).copy()


def svd_axes(images: np.ndarray) -> np.ndarray:
    """Principal axes as columns, each as long as the variance along it, the largest last as eigh has them."""
    colours = images.transpose(0, 2, 3, 1).reshape(-1, images.shape[1]) / 255
    _, sizes, axes = np.linalg.svd(colours - colours.mean(0), full_matrices=False)
    return (axes.T * sizes**2 / len(colours))[:, ::-1]


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_axes_are_those_of_a_singular_value_decomposition(channels: int) -> None:
    images = correlated(250, channels)
    found, expected = colour_axes(images), svd_axes(images)
    np.testing.assert_allclose(found * np.sign((found * expected).sum(0)), expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("channels_last", [False, True])
def test_colours_move_along_their_axes_by_normal_amounts(channels: int, channels_last: bool) -> None:
    images = correlated(3000, channels)
    got = everything(resident(images, Augmentation(colour_shift=0.5), channels_last=channels_last), 1)
    moved = (got - everything(resident(images), 0)).double().numpy() * np.array(STD[:channels]).reshape(1, -1, 1, 1)
    shifts = moved.mean((2, 3))
    np.testing.assert_allclose(moved, np.broadcast_to(shifts[:, :, None, None], moved.shape), atol=1e-6)
    amounts = np.linalg.solve(svd_axes(images), shifts.T)
    for along in amounts:
        assert stats.kstest(along, "norm", args=(0, 0.5)).pvalue > 0.001
    assert np.abs(np.corrcoef(amounts) - np.eye(channels)).max() < 0.07


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_looks_the_same_in_every_batch_of_an_epoch(channels: int, channels_last: bool) -> None:
    data = resident(pictures(40, channels), EVERYTHING, seed=5, channels_last=channels_last)
    whole = everything(data, 7)
    assert whole.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    for which in order.split(7):
        batch, labels = data.batch(which)
        assert torch.equal(batch, whole[which])
        assert torch.equal(labels, which)
    assert torch.equal(data.batch(slice(11, 20))[0], whole[11:20])
    assert data.batch(slice(0, 0))[0].shape == (0, channels, 6, 8)


def test_both_memory_formats_hold_the_same_images() -> None:
    contiguous, last = (resident(pictures(), EVERYTHING, channels_last=value) for value in (False, True))
    torch.testing.assert_close(everything(contiguous, 2), everything(last, 2))


def test_draws_depend_on_seed_and_epoch_alone() -> None:
    images = pictures()
    torch.manual_seed(1)
    data = resident(images, EVERYTHING, seed=5)
    seen = [everything(data, epoch) for epoch in range(4)]
    torch.manual_seed(2)
    state = torch.get_rng_state()
    resumed = everything(resident(images, EVERYTHING, seed=5), 3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(resumed, seen[3])
    assert not torch.equal(seen[2], seen[3])
    assert not torch.equal(everything(resident(images, EVERYTHING, seed=6), 3), seen[3])


def test_the_images_themselves_stay_as_they_are() -> None:
    images = pictures()
    everything(resident(images, EVERYTHING), 1)
    assert (images == pictures()).all()


def test_a_shift_needs_an_edge_to_mirror() -> None:
    resident(pictures(), Augmentation(translate=5))
    with pytest.raises(ValueError, match="6 × 8 cannot be shifted by 6"):
        resident(pictures(), Augmentation(translate=6))
