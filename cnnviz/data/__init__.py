"""Datasets and image intake."""

from __future__ import annotations

import sys

from cnnviz.data.dataset import DataError, Dataset, Split
from cnnviz.data.digits import digits
from cnnviz.data.shapes import CLASSES, shapes
from cnnviz.data.sources import SOURCES, is_ready, npz_path, read_npz

EMBEDDED = {"digits": digits, "shapes": shapes}
DATASETS = (*EMBEDDED, *SOURCES)
"""The names that load_dataset knows; the first two come with the app."""

_COUNTS = {
    "digits": (1_442, 355),
    "shapes": (4_000, 1_000),
    "mnist": (60_000, 10_000),
    "fashion_mnist": (60_000, 10_000),
    "cifar10": (50_000, 10_000),
}


def form(name: str) -> tuple[tuple[int, int, int], int]:
    """Input shape and number of classes of a dataset, known without loading or downloading it."""
    if name in SOURCES:
        return SOURCES[name].input_shape, len(SOURCES[name].class_names)
    return {"digits": ((1, 28, 28), 10), "shapes": ((3, 32, 32), 10)}[name]


def forms() -> dict[str, tuple[tuple[int, int, int], int]]:
    """The same of all of them."""
    return {name: form(name) for name in DATASETS}


def class_names(name: str) -> tuple[str, ...]:
    """What the classes of a dataset are called."""
    return SOURCES[name].class_names if name in SOURCES else {"digits": tuple("0123456789"), "shapes": CLASSES}[name]


def title(name: str) -> str:
    """What people call a dataset, known without loading it."""
    return SOURCES[name].title if name in SOURCES else name.capitalize()


def counts(name: str) -> tuple[int, int]:
    """Training and test images of a dataset, known without loading or downloading it."""
    return _COUNTS[name]


def is_available(name: str) -> bool:
    """Whether ``load_dataset(name)`` needs no network."""
    return name in EMBEDDED or is_ready(name)


def load_dataset(name: str) -> Dataset:
    """A dataset by its name, downloaded first where it has to be; a damaged file is said so and fetched again.

    Raises DataError with one sentence: an unknown name, or no network.
    """
    if name in EMBEDDED:
        return EMBEDDED[name]()
    if name not in SOURCES:
        raise DataError(f"There is no dataset {name!r}: choose one of {', '.join(DATASETS)}.")
    try:
        return read_npz(name)
    except FileNotFoundError:
        pass
    except Exception as error:  # damage shows as nearly anything: BadZipFile, zlib.error, ValueError, TypeError, …
        print(f"{npz_path(name)} is damaged ({type(error).__name__}): fetching it again.", file=sys.stderr)
        try:
            npz_path(name).unlink(missing_ok=True)
        except OSError as failure:
            raise DataError(
                f"The damaged file {npz_path(name).name} cannot be removed ({failure.strerror}): remove it."
            ) from failure
    from cnnviz.data.downloads import download

    download(name)
    return read_npz(name)


__all__ = [
    "DATASETS",
    "EMBEDDED",
    "SOURCES",
    "DataError",
    "Dataset",
    "Split",
    "class_names",
    "counts",
    "form",
    "forms",
    "is_available",
    "load_dataset",
    "title",
]
