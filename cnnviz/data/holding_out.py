"""Which training images to hold out: those that no weight is fitted to, so that the test images need not choose a network."""

from __future__ import annotations

import numpy as np


def held_out(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """A mask of ``count`` images, drawn by the seed, of each class its share, to one image.

    Evenly spaced places of the shuffled images in the order of their classes.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    mask = np.zeros(len(labels), bool)
    mask[by_class[np.arange(count) * len(labels) // max(count, 1)]] = True
    return mask
