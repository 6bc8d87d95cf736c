"""The shapes are the same everywhere, in equal parts, and tell themselves apart."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from cnnviz.data.shapes import CLASSES, shape_image, shapes
from cnnviz.paths import PROJECT


def test_form() -> None:
    data = shapes()
    assert (len(data.train), len(data.test)) == (4000, 1000)
    assert data.input_shape == (3, 32, 32)
    assert data.class_names == CLASSES
    assert data.num_classes == 10
    for split in (data.train, data.test):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64
        np.testing.assert_array_equal(np.bincount(split.labels), len(split) // 10)


def test_dataset_holds_the_images_of_shape_image() -> None:
    data = shapes()
    for i in (0, 1, 9, 10, 3999):
        np.testing.assert_array_equal(data.train.images[i], shape_image(CLASSES[data.train.labels[i]], i // 10))
    np.testing.assert_array_equal(data.test.images[0], shape_image(CLASSES[data.test.labels[0]], 400))


def test_no_image_comes_twice() -> None:
    data = shapes()
    images = np.concatenate([data.train.images, data.test.images]).reshape(5000, -1)
    assert len({image.tobytes() for image in images}) == 5000


def digest() -> str:
    return hashlib.sha256(b"".join(shape_image(kind, 3).tobytes() for kind in CLASSES)).hexdigest()


def test_same_in_every_call_and_process() -> None:
    assert digest() == digest()
    program = (
        "import hashlib; from cnnviz.data.shapes import CLASSES, shape_image; "
        "print(hashlib.sha256(b''.join(shape_image(kind, 3).tobytes() for kind in CLASSES)).hexdigest())"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == digest()


@pytest.mark.parametrize("kind", CLASSES)
def test_index_and_seed_change_the_image(kind: str) -> None:
    image = shape_image(kind, 0)
    assert (image != shape_image(kind, 1)).any()
    assert (image != shape_image(kind, 0, seed=1)).any()
    np.testing.assert_array_equal(image, shape_image(kind, 0, seed=0))
    assert image.std() > 10  # something can be seen


def test_stripes_run_as_their_names_say() -> None:
    for index in range(20):
        horizontal, vertical = (shape_image(f"{way} stripes", index).mean(axis=0) for way in ("horizontal", "vertical"))
        assert horizontal.mean(axis=1).var() > 10 * horizontal.mean(axis=0).var()
        assert vertical.mean(axis=0).var() > 10 * vertical.mean(axis=1).var()
