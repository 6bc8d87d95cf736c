"""Accuracy over cost, as in Canziani, Paszke and Culurciello, "An analysis of deep neural network models for practical
applications", arXiv 1605.07678.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.plots.theme import LINES, MARKERS, line_layout

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LARGEST = 64
"""Diameter of the largest bubble, in pixels."""

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
                "mode": "markers+text",
                "text": [bubble.name for bubble in own],
                "textposition": "top center" if number % 2 else "bottom center",
                "textfont": {"size": 14},
                "customdata": [[f"{bubble.params / 1e6:.1f}", bubble.text] for bubble in own],
                "hovertemplate": "<b>%{text}</b><br>%{y:.2f} %<br>%{x:.3g} G multiply-adds<br>"
                "%{customdata[0]} M parameters<br>%{customdata[1]}<extra></extra>",
                "marker": {
                    "size": [bubble.params for bubble in own],
                    "sizemode": "area",
                    "sizeref": 2 * most / _LARGEST**2,
                    "sizemin": 4,
                    "color": LINES[number % len(LINES)],
                    "symbol": MARKERS[number // len(LINES)],
                    "opacity": 0.65,
                    "line": {"width": 1, "color": LINES[number % len(LINES)]},
                },
            }
        )
    layout = line_layout(title, 520) | {
        "xaxis": {"title": "multiply-adds for one image", "type": "log", "tickvals": _TICKS, "ticktext": _TICK_TEXTS},
        "yaxis": {"title": "test accuracy, %", "automargin": True},
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top", "itemsizing": "constant"},
    }
    return go.Figure(data, layout)
