"""The one colour theme. Signed quantities get a scale that is symmetric about 0 and darkens away from it: from white for
activations, from grey for weights, so that the two cannot be taken for each other, in print and by the colour-blind too.

Activations: ColorBrewer's RdBu (Brewer, Hatchard and Harrower 2003). Weights: purple and green as in its PRGn, each step as
light on one side as on the other (CIELAB 84 to 19). What is counted, and so never negative: ColorBrewer's YlGnBu.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ScaleName = Literal["activations", "weights", "pixels", "counts"]

_ANCHORS: dict[ScaleName, tuple[str, ...]] = {
    "activations": (
        "#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
        "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f",
    ),
    "weights": (
        "#511055", "#723175", "#924f94", "#b36eb4", "#c891c8", "#d1b2d0", "#d1d1d1",
        "#a6c3a4", "#7bb07a", "#4f9552", "#2f7636", "#06581a", "#00370c",
    ),
    "pixels": ("#000000", "#ffffff"),
    "counts": (
        "#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58",
    ),
}  # fmt: skip


_SAID: dict[ScaleName | Literal["colour kernels"], str] = {
    "activations": "outputs are blue below 0, white at 0, red above",
    "weights": "weights purple below 0, grey at 0, green above",
    "colour kernels": "kernels that read colours mid grey at 0, redder the larger their weight for red, and so on",
    "pixels": "pixels black at 0, white at 1",
    "counts": "what is counted darker where there is more",
}


def colours_said(*scales: ScaleName | Literal["colour kernels"]) -> str:
    """What the colours of a page mean, in a sentence."""
    return f"Colours: {'; '.join(_SAID[scale] for scale in scales)}. Where they end is each legend's own."


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def lookup_table(scale: ScaleName) -> NDArray[np.uint8]:
    """256 colours from the lowest to the highest value, ``(256, 3)``."""
    anchors = np.array([_rgb(colour) for colour in _ANCHORS[scale]], float)
    at = np.linspace(0, len(anchors) - 1, 256)
    table = [np.interp(at, np.arange(len(anchors)), channel) for channel in anchors.T]
    return np.stack(table, axis=1).round().astype(np.uint8)


@dataclass(frozen=True)
class Scale:
    """A colour scale with the values at its two ends."""

    name: ScaleName
    low: float
    high: float


def scale_for(values: NDArray[np.float32], name: ScaleName, share: float = 1.0) -> Scale:
    """The scale on which an array is drawn: symmetric about 0 for signed quantities, from 0 for others.

    Pixels run to 1, whatever they hold; numbers beyond that to the largest.
    It reaches as far as this ``share`` of the values, so that a few large ones do not darken the rest; the legend tells
    where the colours end. Where nothing is finite or all is 0 the ends are ±1.
    """
    if name in ("pixels", "counts"):
        top = float(values.max(initial=0, where=np.isfinite(values)))
        return Scale(name, 0.0, max(top, 1.0) if name == "pixels" else top or 1.0)
    finite = np.abs(values[np.isfinite(values)])
    top = float(np.quantile(finite, share)) if finite.size else 0.0
    top = top or (float(finite.max()) if finite.size else 0.0) or 1.0
    return Scale(name, -top, top)


EVALUATED = "train, eval mode"
"""The curve of training images by the weights that are tested; ``train`` is a running mean while they move."""
CURVES = {"train": "#2f86d1", EVALUATED: "#2f86d1", "test": "#d55e00", "held-out": "#d55e00"}  # one of the last two
"""Blue and vermilion, which the colour-blind can tell apart and which show on light and dark."""

LINES = ("#2f86d1", "#d55e00", "#009e73", "#aa5fa0", "#8a8a8a", "#9018fc")
"""For lines side by side, after Okabe and Ito (2008); each also has a marker of its own.

The last is as far from the others as can be, however one sees colours, among those that show on light and on dark.
"""
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def line_layout(title: str, height: int) -> dict[str, Any]:
    """What the Plotly layouts of all line figures have in common; the page's own theme is put on in the browser."""
    return {
        "template": "none",
        "title": {"text": escape(title, quote=False), "x": 0, "font": {"size": 18}},
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 48, "b": 8},
        "font": {"size": 15},
    }
