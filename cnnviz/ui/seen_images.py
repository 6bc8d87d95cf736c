"""The test images of a dataset, where they are on this machine."""

from __future__ import annotations

from cnnviz.data import DataError, Split, is_available
from cnnviz.ui.image_picker import loaded_dataset


def images_to_test(dataset: str) -> Split | None:
    """None where they have not been downloaded."""
    if not is_available(dataset):
        return None
    try:
        return loaded_dataset(dataset).test
    except DataError:
        return None
