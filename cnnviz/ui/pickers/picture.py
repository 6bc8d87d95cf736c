"""A picture that a page works on, or numbers instead of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Images
from cnnviz.data.images import fitted
from cnnviz.data.shapes import shape_image
from cnnviz.layers.base import Array
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.frame.parameters.kinds import LABS

"""Pixels a side, of what single layers read."""


@dataclass(frozen=True)
class Picture:
    pixels: Images
    """``(C, H, W)``, 0 to 255; one channel or three."""
    title: str
    is_digit: bool = False
    """Handwritten, centred and scaled as MNIST does."""
    is_own: bool = False
    """Drawn or brought by the user."""
    finer: Callable[[int, int], Images] | None = None
    """The same picture with all its detail, within a height and a width; None where ``pixels`` are all there is."""
    truth: str = ""
    """The class that it shows, where that is known."""
    missing: str = ""
    """Why this only stands in for a picture that is not there: nothing is to be answered for it."""

    are_pixels = True
    """Whether the values are drawn in grey, from 0 up."""

    @property
    def values(self) -> Array:
        """``(C, H, W)``, 0 to 1."""
        return self.pixels.astype(np.float32) / np.float32(255)

    @property
    def channel_names(self) -> list[str]:
        return ["red", "green", "blue"] if len(self.pixels) == 3 else ["grey"]

    def fitted(self, shape: tuple[int, int, int]) -> Images:
        """As a network reads it that takes ``shape``, from the finest there is."""
        return fitted(self.pixels if self.finer is None else self.finer(*shape[1:]), shape)


@dataclass(frozen=True)
class Features:
    """Maps as a layer inside a network meets them, or typed by hand, instead of an image."""

    values: Array
    title: str
    are_pixels: bool = False
    names: tuple[str, ...] = ()

    @property
    def channel_names(self) -> list[str]:
        return list(self.names) or [f"channel {i}" for i in range(len(self.values))]


def until_then() -> str:
    """What a page of single layers reads where the picture is missing; with a space before it, where it is said."""
    return " Until then single layers read a star." if st.session_state.get(PAGE) in LABS else ""


def stand_in(missing: str) -> Picture:
    """A star for layers to work on; ``missing`` is one sentence."""
    return Picture(shape_image("star", 0), "A star", missing=missing)
