"""Accuracy over cost, as in Canziani, Paszke and Culurciello, "An analysis of deep neural network models for practical
applications", arXiv 1605.07678.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10, sqrt
from typing import TYPE_CHECKING, Any

from cnnviz.plots.label_places import Point, place_labels
from cnnviz.plots.theme import LINES, MARKERS, line_layout

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LARGEST = 64
"""Diameter of the largest bubble, in pixels."""

_SMALLEST = 4
_HEIGHT = 520
_PLOT_HEIGHT = 330  # of the lines' field, with two rows of legend below it
_WIDTHS = {"wide": (1200, 1050), "medium": (641, 480), "narrow": (0, 290)}
"""Names for each way of labelling: from which width of the window on, and how wide the field of the lines is at least."""

_TICKS = [power * step for power in (1e-4, 1e-3, 1e-2, 1e-1, 1, 10) for step in (1, 2, 5)]
_TICK_TEXTS = [f"{tick * 1e3:g} M" if tick < 1 else f"{tick:g} G" for tick in _TICKS]


@dataclass(frozen=True)
class Bubble:
    name: str
    family: str
    macs: int
    params: int
    accuracy: float
    """In percent."""
    text: str = ""
    """What else is said of it under the pointer."""


def bubble_chart(bubbles: Sequence[Bubble], families: Sequence[str], title: str) -> go.Figure:
    """Accuracy over multiply-adds, the area of a bubble its parameters, colour and form its family, the same in all charts."""
    import plotly.graph_objects as go

    most = max((bubble.params for bubble in bubbles), default=1)
    data = []
    for number, family in enumerate(families):
        own = [bubble for bubble in bubbles if bubble.family == family]
        if not own:
            continue
        data.append(
            {
                "type": "scatter",
                "name": family,
                "x": [bubble.macs / 1e9 for bubble in own],
                "y": [bubble.accuracy for bubble in own],
                "mode": "markers",
                "cliponaxis": False,
                "text": [bubble.name for bubble in own],
                "customdata": [[f"{bubble.params / 1e6:.1f}", bubble.text] for bubble in own],
                "hovertemplate": "<b>%{text}</b><br>%{y:.2f} %<br>%{x:.3g} G multiply-adds<br>"
                "%{customdata[0]} M parameters<br>%{customdata[1]}<extra></extra>",
                "marker": {
                    "size": [bubble.params for bubble in own],
                    "sizemode": "area",
                    "sizeref": 2 * most / _LARGEST**2,
                    "sizemin": _SMALLEST,
                    "color": LINES[number % len(LINES)],
                    "symbol": MARKERS[number // len(LINES)],
                    "opacity": 0.65,
                    "line": {"width": 1, "color": LINES[number % len(LINES)]},
                },
            }
        )
    x, y = _ranges(bubbles)
    layout = line_layout(title, _HEIGHT) | {
        "xaxis": {
            "title": "multiply-adds for one image",
            "type": "log",
            "tickvals": _TICKS,
            "ticktext": _TICK_TEXTS,
            "range": x,
        },
        "yaxis": {"title": "test accuracy, %", "automargin": True, "range": y},
        "annotations": [one for name, (_, width) in _WIDTHS.items() for one in _labels(bubbles, name, width, x, y)],
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top", "itemsizing": "constant"},
    }
    return go.Figure(data, layout)


def labels_style(figure: go.Figure, key: str) -> str:
    """HTML that shows the labels for the window's width alone, of the figure in the element with this ``key``."""
    rules, widths = [], list(_WIDTHS.items())
    for at, (name, (begin, _)) in enumerate(widths):
        numbers = [number for number, one in enumerate(figure.layout.annotations) if one.name == name]
        hidden = ", ".join(f".st-key-{key} .annotation[data-index='{number}']" for number in numbers)
        if not hidden:
            continue
        if begin:
            rules.append(f"@media (max-width: {begin - 1}px) {{ {hidden} {{ display: none; }} }}")
        if at:
            rules.append(f"@media (min-width: {widths[at - 1][1][0]}px) {{ {hidden} {{ display: none; }} }}")
    return f"<style>{' '.join(rules)}</style>"


def _ranges(bubbles: Sequence[Bubble]) -> tuple[list[float], list[float]]:
    """Of the axes, the first in powers of ten of 10⁹, with room for the bubbles at their ends."""
    costs = [log10(max(1, bubble.macs) / 1e9) for bubble in bubbles] or [0.0]
    heights = [bubble.accuracy for bubble in bubbles] or [50.0]
    wide, high = max(0.5, max(costs) - min(costs)), max(5.0, max(heights) - min(heights))
    return (
        [min(costs) - 0.12 * wide, max(costs) + 0.12 * wide],
        [min(heights) - 0.12 * high, max(heights) + 0.14 * high],
    )


def _labels(bubbles: Sequence[Bubble], name: str, width: float, x: list[float], y: list[float]) -> list[dict[str, Any]]:
    most = max((bubble.params for bubble in bubbles), default=1)
    ordered = sorted(bubbles, key=lambda bubble: bubble.params)  # the small ones have the most room
    points = [
        Point(
            width * (log10(max(1, bubble.macs) / 1e9) - x[0]) / (x[1] - x[0]),
            _PLOT_HEIGHT * (y[1] - bubble.accuracy) / (y[1] - y[0]),
            max(_SMALLEST, _LARGEST * sqrt(bubble.params / most)) / 2,
            bubble.name,
        )
        for bubble in ordered
    ]
    return [
        {
            "name": name,
            "text": points[label.number].words,
            "x": log10(max(1, ordered[label.number].macs) / 1e9),
            "y": ordered[label.number].accuracy,
            "xanchor": label.anchor[0],
            "yanchor": label.anchor[1],
            "xshift": label.shift[0],
            "yshift": label.shift[1],
            "showarrow": False,
            "borderpad": 0,
            "font": {"size": 14},
        }
        for label in place_labels(points, width, _PLOT_HEIGHT)
    ]
