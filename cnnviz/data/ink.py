"""What a picture shows on its ground, brought to the form of the datasets that have light ink on black.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, section III.A, for
digits; Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017, section 2, for articles of clothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cnnviz.data.dataset import Images

SIDE = 28
LOOKED_AT = 256
"""Pixels of the longer side that are enough."""
_INK = 20  # darker counts as paper
_FRAME, _OTHER = 0.15, 60.0
"""How wide a scan's dark edge may be, in shorter sides; how far away a colour is another one."""
_LARGE_ENOUGH, _NEAR = 0.8, 3.0
"""Of the size that what is shown should have, and how many pixels its middle may be away: nearly all of MNIST."""
_THIN, _AS_WIDE = 0.06, 0.1  # of the ink's longer side: a pen that would be lost on 20 pixels, and that of the datasets


@dataclass(frozen=True)
class Form:
    """How a dataset has what it shows on its 28×28 pixels."""

    inner: int
    """Pixels of the longer side of what is shown."""
    by_mass: bool
    """Whether its centre of mass is in the middle, else its box."""
    most: float
    """The share of a picture that ink may have."""


DIGIT, ARTICLE = Form(20, True, 0.5), Form(28, False, 0.9)
FORMS = {"mnist": DIGIT, "digits": DIGIT, "fashion_mnist": ARTICLE}
"""By the name of the dataset."""


@dataclass(frozen=True)
class Ink:
    strength: NDArray[np.uint8]
    """``(H, W)``: 0 for the ground, 255 for the strongest ink."""
    on_light: bool
    """Whether the ground is lighter than the ink."""
    is_clean: bool
    """Whether the ground is of one colour exactly, as drawn and not as photographed."""


def find_ink(pixels: Images) -> Ink | None:
    """What stands out from the ground of ``(C, H, W)``; None where nothing does.

    The ground is what the edge of the picture has. Light falls on paper unevenly: the ground of a photograph is a plane.
    """
    x = pixels.astype(np.float64)
    ground = np.median(x[:, _edge(pixels.shape[1:])], axis=1)[:, None, None] + np.zeros_like(x)
    away = np.abs(x - ground).max(0)
    if away.max() < _INK:
        return None
    paper = away <= _between(away)
    is_clean = float(np.median(away[paper])) == 0
    for _ in range(0 if is_clean else 3):
        ground = _plane(x, paper)
        away = np.abs(x - ground).max(0)
        paper = away <= _between(away)
    noise = 0.0 if is_clean else 4 * float(np.median(away[paper]))
    strong = away[~paper]
    if not strong.size or np.median(strong) <= noise + _INK:
        return None
    peak = float(np.median(strong[strong >= np.median(strong)]))
    strength = ((away - noise) / (peak - noise) * 255).clip(0, 255).round().astype(np.uint8)
    on_light = bool((ground - x).mean(0)[~paper].mean() > 0)
    if not is_clean:  # single specks
        strength = np.asarray(Image.fromarray(strength).filter(ImageFilter.MedianFilter(3)))
    return Ink(strength, on_light, is_clean)


def formed(strength: NDArray[np.uint8], form: Form) -> Images:
    """Ink ``(H, W)`` as a dataset has it, ``(1, 28, 28)``: cropped, scaled and centred."""
    inked = strength > _INK
    out = np.zeros((1, SIDE, SIDE), np.uint8)
    if not inked.any():
        return out
    rows, cols = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    ink = strength[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    scale = form.inner / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    )
    mass = small.astype(np.float64) if form.by_mass else np.ones(small.shape)
    middle = [(np.indices(small.shape)[axis] * mass).sum() / mass.sum() for axis in (0, 1)]
    top, left = (
        min(max(round((SIDE - 1) / 2 - at), 0), SIDE - length) for at, length in zip(middle, small.shape, strict=True)
    )
    out[0, top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def _within_frame(pixels: Images) -> Images:
    """Without the dark edge of a scan: what has one colour all around, and another where the sheet begins.

    No stroke of a digit is most of a ring, so that a sheet without a frame stays whole.
    """
    _, height, width = pixels.shape
    rings = [_ring(pixels, depth) for depth in range(1 + round(_FRAME * min(height, width)))]
    colour = np.median(rings[0], axis=1)
    for depth, ring in enumerate(rings):
        away = np.abs(ring - colour[:, None]).max(0)
        if np.median(away) > _OTHER and depth:
            inner = pixels[
                :, depth + 1 : height - depth - 1, depth + 1 : width - depth - 1
            ]  # the first one may be of both
            return inner if find_ink(inner) is not None else pixels
        if np.quantile(away, 0.95) > _OTHER:  # something reaches into it
            break
    return pixels


def _ring(pixels: Images, depth: int) -> NDArray[np.float64]:
    """The pixels ``(C, n)`` that are so far from the edge."""
    height, width = pixels.shape[1:]
    inner = pixels[:, depth : height - depth, depth : width - depth].astype(np.float64)
    sides = inner[:, 0], inner[:, -1], inner[:, 1:-1, 0], inner[:, 1:-1, -1]
    return np.concatenate(sides, axis=1)


def prepared(pixels: Images, form: Form) -> tuple[Images, Ink] | None:
    """A picture in the form of a dataset, and what was found on it; None where no ink stands out from a plain ground."""
    ink = find_ink(_within_frame(pixels) if form is DIGIT else pixels)
    if ink is None or (ink.strength > 127).mean() > form.most:
        return None
    return formed(thickened(ink.strength, form), form), ink


def as_digit(drawing: Images) -> Images:
    """A drawing on black as MNIST has its digits."""
    return formed(drawing.max(0), DIGIT)


def is_formed(pixels: Images, form: Form) -> bool:
    """Whether a picture is as the dataset has its own: of that size, on black, as large and as much in the middle."""
    if pixels.shape[1:] != (SIDE, SIDE) or np.median(pixels[:, _edge((SIDE, SIDE))]) > _INK:
        return False
    ink = pixels.max(0).astype(np.float64)
    inked = ink > _INK
    if not inked.any():
        return False
    places = [np.flatnonzero(inked.any(axis)) for axis in (1, 0)]
    longer = max(int(place[-1] - place[0]) + 1 for place in places)
    boxes = [(place[0] + place[-1]) / 2 for place in places]
    masses = [(np.indices(ink.shape)[axis] * ink).sum() / ink.sum() for axis in (0, 1)]
    away = max(abs(at - (SIDE - 1) / 2) for at in (masses if form.by_mass else boxes))
    return longer >= _LARGE_ENOUGH * form.inner and away <= _NEAR


def thickened(strength: NDArray[np.uint8], form: Form) -> NDArray[np.uint8]:
    """With the strokes of a thin pen as wide as the dataset's: they would be lost on so few pixels."""
    inked = strength > 127
    if not form.by_mass or not inked.any():
        return strength
    longer = max(np.ptp(np.flatnonzero(inked.any(axis))) + 1 for axis in (0, 1))
    left, width = Image.fromarray(np.pad(inked, 1).astype(np.uint8)), 0
    while left.getextrema()[1]:
        left, width = left.filter(ImageFilter.MinFilter(3)), width + 2
    if width >= _THIN * longer:
        return strength
    more = round((_AS_WIDE * longer - width) / 2)
    return np.asarray(Image.fromarray(strength).filter(ImageFilter.MaxFilter(2 * more + 1)))


def _edge(size: tuple[int, ...]) -> NDArray[np.bool_]:
    wide = max(1, round(0.04 * min(size)))
    edge = np.ones(size, bool)
    edge[wide : size[0] - wide, wide : size[1] - wide] = False
    return edge


def _plane(x: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The plane nearest to the values there, channel by channel."""
    rows, cols = np.indices(where.shape)
    forms = np.stack([np.ones(where.shape), rows, cols], axis=-1)
    fit, *_ = np.linalg.lstsq(forms[where], x[:, where].T, rcond=None)
    return (forms @ fit).transpose(2, 0, 1)


def _between(values: NDArray[np.float64]) -> float:
    """The value that parts them best into two groups (Otsu, 1979)."""
    counts, ends = np.histogram(values, 256)
    middles = (ends[:-1] + ends[1:]) / 2
    below, above = counts.cumsum()[:-1], counts[::-1].cumsum()[::-1][1:]
    low = (counts * middles).cumsum()[:-1] / np.maximum(below, 1)
    high = (counts * middles)[::-1].cumsum()[::-1][1:] / np.maximum(above, 1)
    return float(ends[1:-1][(below * above * (high - low) ** 2).argmax()])
