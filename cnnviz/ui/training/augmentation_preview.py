"""Training images as they are, and as some epochs of a run see them."""

from __future__ import annotations

import zipfile
from typing import Literal

import numpy as np
import streamlit as st

from cnnviz.data import SOURCES, class_names, is_available
from cnnviz.data.dataset import DataError, Images, Labels
from cnnviz.data.digits import digits
from cnnviz.data.shapes import CLASSES, shape_image
from cnnviz.data.sources import npz_path
from cnnviz.training import TrainingConfig

_SOME = 100  # images that are read: the colours' axes are theirs
_IMAGES, _EPOCHS = 5, 4
_LARGER = 3  # times: sharp on a phone, and where it is made larger in a lecture
_GAP, _AFTER_ORIGINAL = 2, 6  # pixels of an image
_NONE = TrainingConfig()


def changes_images(config: TrainingConfig) -> bool:
    """Whether any of the settings for changed images is on."""
    return any(
        getattr(config, name) != getattr(_NONE, name)
        for name in ("crop_padding", "translate", "flip", "cutout", "colour_shift")
    )


def show_augmented(dataset: str, config: TrainingConfig) -> None:
    """Draw images of the dataset and their changed versions; nothing where there are none, or where it is not here yet."""
    if not changes_images(config) or not is_available(dataset):
        return
    try:
        picture, names = mosaic(
            dataset, config.crop_padding, config.translate, config.flip, config.cutout, config.colour_shift, config.seed
        )
    except (DataError, OSError, ValueError, KeyError, zipfile.BadZipFile):  # a damaged file: starting a run says so
        return
    said = f"Left: training images as they are. Right: what {_EPOCHS} epochs of training may make of each."
    st.image(
        picture, width="stretch", output_format="PNG", caption=said, alt=f"{said} From the top: {', '.join(names)}."
    )


@st.cache_data(max_entries=32, show_spinner=False)
def mosaic(
    dataset: str,
    crop_padding: int,
    translate: int,
    flip: Literal["none", "random", "alternating"],
    cutout: int,
    colour_shift: float,
    seed: int,
) -> tuple[Images, tuple[str, ...]]:
    """Images below each other, and beside each what the training loop makes of it, ``(height, width, 4)``; their classes.

    The last channel is 0 between the images.
    """
    images, labels = _some(dataset)
    first = np.sort(np.unique(labels, return_index=True)[1])[:_IMAGES]  # of different classes
    changed = augmented(images, labels, first, crop_padding, translate, flip, cutout, colour_shift, seed)
    rows = np.concatenate([images[first][:, None], changed], axis=1)
    count, versions, _, height, width = rows.shape
    left = [version * (width + _GAP) + (_AFTER_ORIGINAL - _GAP) * (version > 0) for version in range(versions)]
    canvas = np.zeros((count * (height + _GAP) - _GAP, left[-1] + width, 4), np.uint8)
    for row, column in np.ndindex(count, versions):
        place = canvas[row * (height + _GAP) :, left[column] :][:height, :width]
        place[..., :3] = rows[row, column].transpose(1, 2, 0)
        place[..., 3] = 255
    names = class_names(dataset)
    return canvas.repeat(_LARGER, 0).repeat(_LARGER, 1), tuple(names[label] for label in labels[first])


def augmented(
    images: Images,
    labels: Labels,
    which: Labels,
    crop_padding: int,
    translate: int,
    flip: Literal["none", "random", "alternating"],
    cutout: int,
    colour_shift: float,
    seed: int,
) -> Images:
    """What the first epochs make of some of the images, ``(len(which), epochs, C, H, W)``."""
    import torch

    from cnnviz.data.augmentation import Augmentation, Resident

    mean, std = (part(images / np.float32(255), axis=(0, 2, 3)) for part in (np.mean, np.std))
    std = np.maximum(std, 1e-6)
    plan = Augmentation(crop_padding, translate, flip, cutout, colour_shift)
    data = Resident(images, labels, tuple(mean), tuple(std), torch.device("cpu"), plan, seed)
    versions = []
    for epoch in range(1, _EPOCHS + 1):
        data.begin_epoch(epoch)
        pixels = data.batch(torch.from_numpy(which))[0].numpy() * std[:, None, None] + mean[:, None, None]
        versions.append((pixels * 255).round().clip(0, 255).astype(np.uint8))
    return np.stack(versions, axis=1)


@st.cache_data(max_entries=8, show_spinner=False)
def _some(dataset: str) -> tuple[Images, Labels]:
    """The first training images and their labels, without reading all of them."""
    if dataset == "digits":
        split = digits().train
        return split.images[:_SOME], split.labels[:_SOME]
    if dataset == "shapes":
        numbers = range(_SOME)
        images = np.stack([shape_image(CLASSES[i % len(CLASSES)], i // len(CLASSES)) for i in numbers])
        return images, np.arange(_SOME, dtype=np.int64) % len(CLASSES)
    with zipfile.ZipFile(npz_path(dataset)) as archive:
        images, labels = (_beginning(archive, f"{name}_train.npy") for name in "xy")
    if images.dtype != np.uint8 or images.shape[1:] != SOURCES[dataset].image_shape or not len(images):
        raise ValueError(f"images of {images.dtype} {images.shape}")
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images), labels.reshape(-1).astype(np.int64)


def _beginning(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """The first rows of an array in an npz file."""
    with archive.open(name) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if fortran or dtype.hasobject:
            raise ValueError(f"{name} is not as this app writes it")
        rows = min(_SOME, shape[0])
        content = stream.read(rows * int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize)
    return np.frombuffer(content, dtype).reshape(rows, *shape[1:]).copy()  # one that may be written to
