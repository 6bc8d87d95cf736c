"""PNG files of 16 bits a number, which Pillow reads in colour with the upper 8 of them only."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

TOP = 65_535
FEW_BITS = 14
"""A picture that uses no more has a quarter of the light at most, and may be stretched."""

Turn = Callable[[Image.Image], Image.Image]


def is_deep(image: Image.Image) -> bool:
    """Of an opened file that has not been loaded yet."""
    return image.format == "PNG" and isinstance(image, ImageFile.ImageFile) and ";16" in _raw(image)


@dataclass(frozen=True)
class Deep:
    """All 16 bits of a picture, in their upper and lower halves: one array of both would be as large again."""

    upper: NDArray[np.uint8]
    """``(H, W, C)``: grey or RGB, and an alpha where there is one."""
    lower: NDArray[np.uint8]
    transparent: tuple[int, ...] | None
    """The colour that counts as transparent, where the file names one."""

    @property
    def _colours(self) -> int:
        return self.upper.shape[2] - 1 + self.upper.shape[2] % 2

    def plane(self, channel: int) -> NDArray[np.uint16]:
        return self.upper[:, :, channel] * np.uint16(256) + self.lower[:, :, channel]

    def alpha(self) -> NDArray[np.uint8] | None:
        """0 to 255; None where all is opaque."""
        if self.upper.shape[2] > self._colours:
            return _table(TOP)[self.plane(self._colours)]
        if self.transparent is None:
            return None
        same = [self.plane(channel) == value for channel, value in enumerate(self.transparent)]
        return np.where(np.logical_and.reduce(same), 0, 255).astype(np.uint8)

    def used(self, alpha: NDArray[np.uint8] | None) -> int:
        """How many bits the largest number needs of those that can be seen."""
        planes = [self.plane(channel) for channel in range(self._colours)]
        return max(largest(plane if alpha is None else plane[alpha > 0]) for plane in planes).bit_length()

    def eight(self, bits: int = 16) -> NDArray[np.uint8]:
        """The colours ``(H, W, C)`` from 0 to 255, where the largest number of so many bits is 255."""
        table = _table(2**bits - 1)
        return np.stack([table[self.plane(channel)] for channel in range(self._colours)], axis=2)


def largest(numbers: NDArray[Any]) -> int:
    """The largest one, but for one in a thousand: a sensor has hot pixels."""
    at = numbers.size - 1 - numbers.size // 1000
    return int(np.partition(numbers.ravel(), at)[at]) if numbers.size else 0


def _table(top: int) -> NDArray[np.uint8]:
    return np.rint(np.arange(TOP + 1) * (255 / top)).clip(0, 255).astype(np.uint8)


def read_deep(content: bytes, turn: Turn) -> Deep:
    """Of a file for which ``is_deep`` holds; ``turn`` brings a loaded image upright."""
    image = Image.open(io.BytesIO(content), formats=["PNG"])
    raw = _raw(image)
    transparent = image.info.get("transparency")
    named = transparent if isinstance(transparent, tuple) else None if transparent is None else (transparent,)
    if raw == "I;16B":
        values = np.asarray(turn(image))
        return Deep((values >> 8).astype(np.uint8)[:, :, None], values.astype(np.uint8)[:, :, None], named)
    if raw == "LA;16B":  # as many bytes as RGBA of 8 bits
        pairs = np.asarray(turn(_read_as(image, "RGBA")))
        return Deep(pairs[:, :, 0::2], pairs[:, :, 1::2], None)
    lower = Image.open(io.BytesIO(content), formats=["PNG"])
    return Deep(
        np.asarray(turn(image)),
        np.asarray(turn(_read_as(lower, raw.replace("16B", "16L")))),  # the other byte of each pair
        named if raw == "RGB;16B" else None,
    )


def _raw(image: ImageFile.ImageFile) -> str:
    """How the numbers lie in the file, in Pillow's words."""
    return str(image.tile[0].args) if image.tile else ""


def _read_as(image: ImageFile.ImageFile, raw: str) -> Image.Image:
    image.tile = [image.tile[0]._replace(args=raw)]
    return image
