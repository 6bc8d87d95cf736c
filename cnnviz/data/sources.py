"""Datasets that are kept as ``CNNVIZ_HOME/data/NAME.npz``, in the layout of Keras's mnist.npz."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.data.dataset import Dataset, Split
from cnnviz.paths import home

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class DatasetSource:
    """A dataset that has to be downloaded."""

    title: str
    torchvision_class: str
    download_bytes: int
    image_shape: tuple[int, ...]
    class_names: tuple[str, ...]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(C, H, W)``; the files have the channels last, or none."""
        height, width, *channels = self.image_shape
        return (channels[0] if channels else 1, height, width)

    @property
    def megabytes(self) -> str:
        return f"{self.download_bytes / 1e6:.0f} MB"


SOURCES: dict[str, DatasetSource] = {
    "mnist": DatasetSource("MNIST", "MNIST", 11_594_722, (28, 28), tuple("0123456789")),
    "fashion_mnist": DatasetSource(
        "Fashion-MNIST",
        "FashionMNIST",
        30_878_645,
        (28, 28),
        ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "cifar10": DatasetSource(
        "CIFAR-10",
        "CIFAR10",
        170_498_071,
        (32, 32, 3),
        ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}


def folder() -> Path:
    return home() / "data"


def npz_path(name: str) -> Path:
    return folder() / f"{name}.npz"


def is_ready(name: str) -> bool:
    """Whether the file is there and whole, as far as its table of contents tells (a cut file has none)."""
    try:
        with zipfile.ZipFile(npz_path(name)) as archive:
            return {f"{key}.npy" for key in _ARRAYS} <= set(archive.namelist())
    except Exception:  # a damaged table of contents raises nearly anything
        return False


def read_npz(name: str) -> Dataset:
    """Raises FileNotFoundError where there is no file, and nearly any exception where it is damaged or another's."""
    source = SOURCES[name]
    with npz_path(name).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        arrays = {key: file[key] for key in _ARRAYS}
    splits = []
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"].reshape(-1).astype(np.int64)
        if images.dtype != np.uint8 or images.shape != (len(labels), *source.image_shape) or not len(labels):
            raise ValueError(f"images of {images.dtype} {images.shape}")
        if labels.min() < 0 or labels.max() >= len(source.class_names):
            raise ValueError("labels out of range")
        images = images[:, None] if images.ndim == 3 else np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        splits.append(Split(images, labels))
    return Dataset(name, source.title, source.class_names, *splits)


def write_npz(name: str, arrays: dict[str, np.ndarray]) -> None:
    """All or nothing: what stands there stays until the new file is whole on the disk."""
    path = npz_path(name)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
