"""What a shift of the input changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnnviz.plots.theme import LINES, MARKERS, line_layout

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
    layout = line_layout(title, 380) | {
        "xaxis": {"title": "pixels to the right", "dtick": 1},
        "yaxis": {"automargin": True, "rangemode": "tozero", "tickformat": ".0%"},
        "legend": {"orientation": "h", "x": 0, "y": -0.25, "yanchor": "top"},
    }
    return go.Figure(data, layout)
