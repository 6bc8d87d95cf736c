"""Drawings: strokes of a pen as short text, and the images that they make.

A drawing is strokes joined by dots. A stroke is the letter of its colour and two characters for each point, x and y on a
grid of 64×64, in the alphabet of base64url.
"""

from __future__ import annotations

import string

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.data.dataset import Images

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
COLOURS = {"w": (255, 255, 255), "r": (255, 70, 60), "g": (60, 210, 90), "b": (70, 120, 255), "k": (0, 0, 0)}
MOST_CHARACTERS = 6000
PEN = 0.085
"""The pen's width as a share of the side; the strokes of MNIST are about as wide."""

_SCALE = 4  # drawn larger and averaged down, so that edges are smooth
_INK = 20  # darker counts as paper

Stroke = tuple[tuple[int, int, int], list[tuple[int, int]]]


def strokes(drawing: str) -> list[Stroke]:
    """Colours and points of a drawing; what is not understood is left out."""
    found = []
    for part in drawing[:MOST_CHARACTERS].split("."):
        colour, points = COLOURS.get(part[:1]), [ALPHABET.find(letter) for letter in part[1:]]
        if colour is not None and points and len(points) % 2 == 0 and min(points) >= 0:
            found.append((colour, list(zip(points[::2], points[1::2], strict=True))))
    return found


def draw(drawing: str, side: int = 64) -> Images:
    """The drawing on black, ``(3, side, side)``."""
    size = len(ALPHABET) * _SCALE
    picture = Image.new("RGB", (size, size))
    pen = ImageDraw.Draw(picture)
    radius = PEN * size / 2
    for colour, points in strokes(drawing):
        places = [((x + 0.5) * _SCALE, (y + 0.5) * _SCALE) for x, y in points]
        if len(places) > 1:
            pen.line(places, colour, round(2 * radius))
        for x, y in places:  # round ends and joints
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
    small = picture.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small).transpose(2, 0, 1).copy()


def as_digit(pixels: Images) -> Images:
    """A drawing as MNIST has its digits, ``(1, 28, 28)``: the ink fitted into 20×20, its centre of mass in the middle.

    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, section III.A.
    """
    grey = pixels.max(0)
    inked = grey > _INK
    out = np.zeros((1, 28, 28), np.uint8)
    if not inked.any():
        return out
    rows, cols = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    ink = grey[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    scale = 20 / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    )
    mass = small.astype(np.float64)
    middle = [(np.indices(small.shape)[axis] * mass).sum() / mass.sum() for axis in (0, 1)]
    top, left = (min(max(round(13.5 - at), 0), 28 - length) for at, length in zip(middle, small.shape, strict=True))
    out[0, top : top + small.shape[0], left : left + small.shape[1]] = small
    return out
