"""Ten classes of coloured shapes and textures, 32×32×3, drawn from a seed."""

from __future__ import annotations

import colorsys
from functools import cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.data.dataset import Dataset, Images, Split

CLASSES = (
    "circle",
    "square",
    "triangle",
    "star",
    "cross",
    "ring",
    "horizontal stripes",
    "vertical stripes",
    "checkerboard",
    "dots",
)
_SIZE = 32
_SCALE = 3  # drawn larger and averaged down, so that edges are smooth
_TRAIN, _TEST = 4000, 1000


def _polygon(x: float, y: float, radii: list[float], turn: float) -> list[tuple[float, float]]:
    step = 2 * pi / len(radii)
    return [(x + r * cos(turn + i * step), y + r * sin(turn + i * step)) for i, r in enumerate(radii)]


def _draw(
    pen: ImageDraw.ImageDraw, kind: str, colour: tuple[int, ...], back: tuple[int, ...], rng: np.random.Generator
) -> None:
    n = _SIZE * _SCALE
    r = n * rng.uniform(0.25, 0.42)
    x, y = rng.uniform(r, n - r, 2)
    turn = rng.uniform(-0.3, 0.3)
    if kind in ("circle", "ring"):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        if kind == "ring":
            pen.ellipse((x - r / 2, y - r / 2, x + r / 2, y + r / 2), fill=back)
    elif kind == "square":
        pen.polygon(_polygon(x, y, [r] * 4, turn + pi / 4), fill=colour)
    elif kind == "triangle":
        pen.polygon(_polygon(x, y, [r] * 3, turn - pi / 2), fill=colour)
    elif kind == "star":
        pen.polygon(_polygon(x, y, [r, r * 0.4] * 5, turn - pi / 2), fill=colour)
    elif kind == "cross":
        for angle in (turn, turn + pi / 2):
            dx, dy = r * cos(angle), r * sin(angle)
            pen.line((x - dx, y - dy, x + dx, y + dy), fill=colour, width=int(r * 0.5))
    else:
        period = n / rng.uniform(3, 6)
        phase = rng.uniform(0, period)
        bars = [phase + i * period for i in range(-1, int(n / period) + 2)]
        if kind == "horizontal stripes":
            for at in bars:
                pen.rectangle((0, at, n, at + period / 2), fill=colour)
        elif kind == "vertical stripes":
            for at in bars:
                pen.rectangle((at, 0, at + period / 2, n), fill=colour)
        else:
            for i, top in enumerate(bars):
                for j, left in enumerate(bars):
                    box = (left, top, left + period / 2, top + period / 2)
                    if kind == "dots":
                        pen.ellipse(box, fill=colour)
                    elif (i + j) % 2:
                        pen.rectangle((left, top, left + period, top + period), fill=colour)


def shape_image(kind: str, index: int, seed: int = 0) -> Images:
    """Image number ``index`` of a class, ``(3, 32, 32)``: the same for the same arguments, everywhere."""
    rng = np.random.default_rng([seed, CLASSES.index(kind), index])
    hue = rng.uniform()
    other = hue + rng.uniform(0.25, 0.75)
    bright, dark = rng.uniform(0.75, 1), rng.uniform(0.1, 0.4)
    if rng.uniform() < 0.5:
        bright, dark = dark, bright
    colour, back = (
        tuple(int(255 * part) for part in colorsys.hsv_to_rgb(h % 1, rng.uniform(0.4, 1), v))
        for h, v in ((hue, bright), (other, dark))
    )
    picture = Image.new("RGB", (_SIZE * _SCALE,) * 2, back)
    _draw(ImageDraw.Draw(picture), kind, colour, back, rng)
    pixels = np.asarray(picture.reduce(_SCALE), np.float32) + rng.normal(0, 12, (_SIZE, _SIZE, 3))
    return pixels.clip(0, 255).astype(np.uint8).transpose(2, 0, 1)


@cache
def shapes(seed: int = 0) -> Dataset:
    """4,000 training and 1,000 test images, the classes in equal parts."""
    images = np.stack([shape_image(CLASSES[i % 10], i // 10, seed) for i in range(_TRAIN + _TEST)])
    labels = np.arange(_TRAIN + _TEST, dtype=np.int64) % 10
    return Dataset(
        name="shapes",
        title="Shapes",
        class_names=CLASSES,
        train=Split(images[:_TRAIN], labels[:_TRAIN]),
        test=Split(images[_TRAIN:], labels[_TRAIN:]),
    )
