"""What a shift of the input changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnnviz.plots.theme import LINES, MARKERS

if TYPE_CHECKING:
    import plotly.graph_objects as go


def shift_curves(curves: Mapping[str, Sequence[float]], steps: Sequence[int], title: str) -> go.Figure:
    """A line for each of ``curves``, over the pixels that the input moves by."""
    import plotly.graph_objects as go

    data = [
        {
            "type": "scatter",
            "name": name,
            "x": list(steps),
            "y": [round(value, 4) for value in values],
            "mode": "lines+markers",
            "line": {"color": colour, "width": 3},
            "marker": {"size": 9, "symbol": marker},
        }
        for (name, values), colour, marker in zip(curves.items(), LINES, MARKERS, strict=False)
    ]
    layout = {
        "template": "none",  # the page's theme is put on in the browser
        "title": {"text": title, "x": 0, "font": {"size": 18}},
        "height": 380,
        "margin": {"l": 8, "r": 8, "t": 48, "b": 8},
        "font": {"size": 15},
        "xaxis": {"title": "pixels to the right", "dtick": 1},
        "yaxis": {"automargin": True, "rangemode": "tozero", "tickformat": ".0%"},
        "legend": {"orientation": "h", "x": 0, "y": -0.25, "yanchor": "top"},
    }
    return go.Figure(data, layout)
