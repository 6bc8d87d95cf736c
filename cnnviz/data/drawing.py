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

Stroke = tuple[tuple[int, int, int], list[tuple[int, int]]]


def strokes(drawing: str) -> list[Stroke]:
    """Colours and points of a drawing; what is not understood is left out."""
    drawn = []
    for part in drawing[:MOST_CHARACTERS].split("."):
        colour, points = COLOURS.get(part[:1]), [ALPHABET.find(letter) for letter in part[1:]]
        if colour is not None and points and len(points) % 2 == 0 and min(points) >= 0:
            drawn.append((colour, list(zip(points[::2], points[1::2], strict=True))))
    return drawn


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
