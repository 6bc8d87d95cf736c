"""scikit-learn's 1,797 handwritten digits, brought to MNIST's form: in a 20×20 box, centred on 28×28.

Source: Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI, 1998.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from cnnviz.data.dataset import DataError, Dataset, Split


def _table() -> np.ndarray:
    """The file that scikit-learn ships, 64 pixels and a label a row; importing sklearn to read it would cost 1 to 2 s."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise DataError("The digits come with scikit-learn, which is not installed: pip install scikit-learn.")
    return np.loadtxt(Path(spec.origin).parent / "datasets/data/digits.csv.gz", delimiter=",", dtype=np.uint8)


@cache
def digits() -> Dataset:
    """1,442 training and 355 test images of 28×28; every fifth image of a class is a test image."""
    table = _table()
    small = (table[:, :64].reshape(-1, 8, 8) * np.float32(255 / 16)).round().astype(np.uint8)
    images = np.zeros((len(small), 1, 28, 28), np.uint8)
    for image, digit in zip(images, small, strict=True):
        image[0, 4:24, 4:24] = np.asarray(Image.fromarray(digit).resize((20, 20), Image.Resampling.BICUBIC))
    labels = table[:, 64].astype(np.int64)
    rank = np.empty(len(labels), int)  # each image's number among those of its class
    for digit in range(10):
        rank[labels == digit] = np.arange((labels == digit).sum())
    is_test = rank % 5 == 4
    return Dataset(
        name="digits",
        title="Digits",
        class_names=tuple("0123456789"),
        train=Split(images[~is_test], labels[~is_test]),
        test=Split(images[is_test], labels[is_test]),
    )
