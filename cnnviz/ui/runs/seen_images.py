"""The images that a run is measured by after each epoch, where its dataset is on this machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.data import DataError, Split, is_available
from cnnviz.data.holding_out import held_out
from cnnviz.training import TrainingConfig
from cnnviz.ui.pickers.image_picker import loaded_dataset


@dataclass(frozen=True)
class SeenImages:
    split: Split
    places: NDArray[np.int64]
    """Of the images in the split."""
    are_held_out: bool = False
    """Whether they are training images."""

    def __len__(self) -> int:
        return len(self.places)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Of all of them."""
        return self.split.labels[self.places]

    def first(self, count: int) -> Split:
        return Split(self.split.images[self.places[:count]], self.split.labels[self.places[:count]])

    def image(self, number: int) -> NDArray[np.uint8] | None:
        """``(C, H, W)``; None where there are not so many."""
        return self.split.images[self.places[number]] if number < len(self) else None


@st.cache_data(max_entries=16, show_spinner=False)
def _held_out(dataset: str, count: int, seed: int) -> NDArray[np.int64]:
    labels = loaded_dataset(dataset).train.labels
    return np.flatnonzero(held_out(labels, min(count, len(labels)), seed))


def seen_images(dataset: str, config: TrainingConfig) -> SeenImages | None:
    """The test images, or those held out; None where they have not been downloaded."""
    if not is_available(dataset):
        return None
    try:
        loaded = loaded_dataset(dataset)
    except DataError:
        return None
    if config.held_out:
        return SeenImages(loaded.train, _held_out(dataset, config.held_out, config.seed), True)
    return SeenImages(loaded.test, np.arange(len(loaded.test)))
