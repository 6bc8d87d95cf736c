"""Which training images to hold out: those that no weight is fitted to, so that the test images need not choose a network."""

from __future__ import annotations

import numpy as np


def too_many(count: int, images: int) -> str:
    """What to say where so many of the training images cannot be held out; nothing where they can."""
    if count < max(images, 1):
        return ""
    return (
        f"{count:,} of the {images:,} training images cannot be held out: hold out {images // 10:,}, a tenth, or none."
    )


def held_out(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """A mask of ``count`` images, drawn by the seed, of each class its share, to one image.

    Evenly spaced places of the shuffled images in the order of their classes.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    mask = np.zeros(len(labels), bool)
    mask[by_class[np.arange(count) * len(labels) // max(count, 1)]] = True
    return mask
