"""The image picker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Images
from cnnviz.data.digits import digits
from cnnviz.data.images import MAX_BYTES, ImageError, read_image, to_grey, within
from cnnviz.data.shapes import CLASSES, shape_image
from cnnviz.layers.base import Array
from cnnviz.ui.address import choice, whole

SOURCES = ["digit", "shape", "lecture", "upload"]
_LECTURE = ("100001", "010010", "001100", "100010", "010010", "001010")


@dataclass(frozen=True)
class Picture:
    pixels: Images
    """``(C, H, W)``, 0 to 255; one channel or three."""
    title: str

    @property
    def values(self) -> Array:
        """``(C, H, W)``, 0 to 1."""
        return self.pixels.astype(np.float32) / np.float32(255)

    @property
    def channel_names(self) -> list[str]:
        return ["red", "green", "blue"] if len(self.pixels) == 3 else ["grey"]


def lecture_image() -> Picture:
    """The 6×6 image of Hung-yi Lee's lecture on convolutional networks."""
    rows = np.array([[int(cell) for cell in row] for row in _LECTURE], np.uint8)
    return Picture(rows[None] * 255, "The lecture's 6×6 image")


def digit_image(digit: str, number: int = 0) -> Picture:
    """A handwritten digit of the test images; numbers beyond the last one start again."""
    split = digits().test
    examples = split.images[split.labels == int(digit)]
    return Picture(examples[number % len(examples)], f"Digit {digit}, example {number % len(examples)}")


def pick_image(longest: int = 64) -> Picture:
    """Controls for an image: a digit, a shape, the lecture's, or an upload (reduced to ``longest`` pixels)."""
    source = choice("Image", SOURCES, key="image")
    if source == "upload":
        return _uploaded(longest)
    if source == "lecture":
        return lecture_image()
    row = st.container(horizontal=True)
    if source == "shape":
        with row:
            kind = st.selectbox("Class", CLASSES, key="shape", bind="query-params")
            number = whole("Example", 0, 499, 0, key="example")
        picture = Picture(shape_image(kind, number), f"{kind}, example {number}")
        if st.toggle("Grey", key="grey", bind="query-params", help="One channel instead of red, green and blue."):
            return Picture(to_grey(picture.pixels), picture.title)
        return picture
    with row:
        digit = st.selectbox("Class", list("0123456789"), index=3, key="digit", bind="query-params")
        number = whole("Example", 0, 499, 0, key="example")
    return digit_image(digit, number)


def _uploaded(longest: int) -> Picture:
    file = st.file_uploader(
        f"PNG, JPEG, GIF, WebP or BMP, up to {MAX_BYTES // 10**6} MB",
        key="upload_file",
        max_upload_size=MAX_BYTES // 10**6,
    )
    fallback = Picture(shape_image("star", 0), "A star, until you upload an image")
    if file is None:
        st.caption("Until then: a star.")
        return fallback
    try:
        upload = read_image(file.getvalue())
    except ImageError as error:
        st.error(str(error))
        return fallback
    if upload.note:
        st.caption(upload.note)
    pixels = within(upload.pixels, longest)
    if len(pixels) == 3 and st.toggle("Grey", key="grey", bind="query-params"):
        pixels = to_grey(pixels)
    return Picture(pixels, file.name)
