"""Small changes to a picture: shifted by whole pixels, single pixels painted.

Painted pixels are text for the address: ``row.col~value`` joined by ``_``, the value a grey from 0 to 255 or six hex
digits of RGB: ``3.4~255_0.0~ff8000``. Where a place comes twice the later value counts.
"""

from __future__ import annotations

import re

import numpy as np

from cnnviz.data.dataset import Images
from cnnviz.data.images import to_grey

MOST_EDITS = 1024
"""More are not read: an address has an end."""

_EDIT = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})~(?:([0-9]{1,3})|([0-9a-fA-F]{6}))")


def shift_pixels(pixels: Images, right: int, down: int) -> Images:
    """``(C, H, W)`` moved by whole pixels: what comes in has the colour of the top left pixel, what leaves is gone."""
    _, height, width = pixels.shape
    right, down = max(-width, min(width, right)), max(-height, min(height, down))
    out = np.empty_like(pixels)
    out[:] = pixels[:, 0, 0][:, None, None]
    kept = pixels[:, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    out[:, max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = kept
    return out


def painted(pixels: Images, edits: str, size: tuple[int, int] | None = None) -> Images:
    """``(C, H, W)`` with edits written into it; those out of the picture are left out.

    A grey value on an RGB picture is all three colours; RGB on a grey one becomes grey as ``to_grey`` does it. Where the
    edits were made on the same picture in another ``size``, each fills what its pixel covers.
    """
    channels, *fine = pixels.shape
    height, width = coarse = size or (fine[0], fine[1])
    out = pixels.copy()
    for at, value in _read(edits).items():
        if at[0] < height and at[1] < width:
            rows, cols = (
                slice(i * n // m, max((i + 1) * n // m, i * n // m + 1))
                for i, n, m in zip(at, fine, coarse, strict=True)
            )
            colour = np.array(value, np.uint8)[:, None, None]
            out[:, rows, cols] = colour if channels == 3 else to_grey(colour)
    return out


def clean(edits: str) -> str:
    """The same edits, one for each place, without what is not understood."""
    return "_".join(f"{row}.{col}~{_word(value)}" for (row, col), value in _read(edits).items())


def are_within(edits: str, height: int, width: int) -> bool:
    """Whether all of them are of pixels that a picture of this size has."""
    return all(row < height and col < width for row, col in _read(edits))


def _read(edits: str) -> dict[tuple[int, int], tuple[int, ...]]:
    """Row and column to the value there, one number or three, in the order of the last painting."""
    values: dict[tuple[int, int], tuple[int, ...]] = {}
    for part in edits.split("_", MOST_EDITS)[:MOST_EDITS]:
        match = _EDIT.fullmatch(part)
        if match is None or int(match[3] or 0) > 255:
            continue
        place = int(match[1]), int(match[2])
        values.pop(place, None)
        values[place] = (int(match[3]),) if match[3] else tuple(bytes.fromhex(match[4]))
    return values


def _word(value: tuple[int, ...]) -> str:
    return str(value[0]) if len(value) == 1 else bytes(value).hex()
