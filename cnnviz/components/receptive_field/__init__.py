"""The receptive field of a cell on the picture: what it can read, and how strongly each pixel moves it."""

from __future__ import annotations

import numpy as np

from cnnviz.components.assets import packed, register
from cnnviz.components.receptive_field.sentences import Sides, measured_words, reads, theory_words
from cnnviz.layers.base import Array
from cnnviz.plots import scale_for

_mount = register("receptive_field")


def receptive_field(
    pixels: Array,
    gradient: Array,
    *,
    theory: Sides | None,
    measured: Sides | None,
    title: str,
    key: str,
) -> None:
    """Draw the picture ``pixels`` ``(C, H, W)``, 0 to 1, grey or RGB, beside the strengths ``gradient`` ``(H, W)``, ≥ 0.

    ``theory`` and ``measured`` are (top, left, bottom, right), the last row and column included. ``theory`` counts as if the
    picture had no end, and may reach beyond it; None where it is not known. ``measured`` is None where no pixel moves the cell.
    Raises ValueError where the two arrays are not of one picture.
    """
    channels, height, width = pixels.shape
    if channels not in (1, 3) or gradient.shape != (height, width):
        raise ValueError(f"no picture and its strengths: {pixels.shape} and {gradient.shape}")
    scale = scale_for(gradient, "counts")
    spec = {
        "shape": pixels.shape,
        "title": title,
        "theory": list(map(float, theory)) if theory and reads(theory) else None,
        "measured": list(map(float, measured)) if measured else None,
        "scale": {"table": scale.name, "low": scale.low, "high": scale.high},
        "total": float(np.sum(gradient, where=np.isfinite(gradient), dtype=float)),
        "words": [theory_words(theory, height, width), measured_words(measured, gradient)],
    }
    _mount(data=packed(spec, pixels=pixels, gradient=gradient), key=key, width="stretch", height="content")
