"""What a dataset is: uint8 images, split into train and test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from cnnviz.data.holding_out import held_out, too_many

Images: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Labels: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


_AT_ONCE = 1_000  # images: bincount takes a copy eight times as large


class DataError(RuntimeError):
    """Data that cannot be had or read: one sentence that says what was wrong and what would work."""


@dataclass(frozen=True)
class Split:
    images: Images
    """``(N, C, H, W)``, 0 to 255."""
    labels: Labels
    """``(N,)``, 0 to classes − 1."""

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Dataset:
    name: str
    title: str
    class_names: tuple[str, ...]
    train: Split
    test: Split

    @property
    def input_shape(self) -> tuple[int, int, int]:
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    def parts(self, held_out_images: int, seed: int) -> tuple[Split, Split]:
        """The images to learn from, and those to measure by after each epoch.

        These are the test images, or, where so many training images are held out, those. Raises ValueError where that
        leaves none to learn from.
        """
        if not held_out_images:
            return self.train, self.test
        if said := too_many(held_out_images, len(self.train)):
            raise ValueError(said)
        mask = held_out(self.train.labels, held_out_images, seed)
        learned, measured = (Split(self.train.images[part], self.train.labels[part]) for part in (~mask, mask))
        return learned, measured

    @cached_property
    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        means, deviations = [], []
        levels = np.arange(256) / 255
        for channel in range(self.input_shape[0]):
            counts = np.zeros(256, np.int64)
            for start in range(0, len(self.train), _AT_ONCE):
                some = self.train.images[start : start + _AT_ONCE, channel]
                counts += np.bincount(some.reshape(-1), minlength=256)
            mean = float(counts @ levels / counts.sum())
            means.append(mean)
            deviations.append(float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum())))
        return tuple(means), tuple(deviations)

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of each channel of the training images, pixels counted from 0 to 1."""
        return self._moments[0]

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation of each channel of the training images, pixels counted from 0 to 1."""
        return self._moments[1]
