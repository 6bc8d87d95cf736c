"""Training curves."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnviz.plots.smoothing import smoothed
from cnnviz.plots.theme import CURVES, EVALUATED, line_layout
from cnnviz.thinning import thinned

if TYPE_CHECKING:
    import plotly.graph_objects as go

Curves: TypeAlias = dict[str, tuple[list[float], list[float]]]
"""Names of ``CURVES``, each with its epochs and its values."""

PALE = 0.4
"""How much is seen of the points behind a curve that is smoothed."""

MOST_POINTS = 250  # a curve is about 500 pixels wide


def loss_top(curves: Sequence[Sequence[float | None]]) -> float | None:
    """Where the axis of losses ends; None where it may end by itself.

    A run that diverges would press all others onto 0: three times what guessing costs shows that it is lost.
    """
    known = [[value for value in curve if value is not None and isfinite(value)] for curve in curves]
    values = [value for curve in known for value in curve]
    most = 3 * max(min((curve[0] for curve in known if curve), default=0.0), 2.3)
    return most if values and max(values) > most else None


def rate_curve(rates: list[tuple[float, float]], title: str = "", height: int = 160) -> go.Figure:
    """The learning rate over the epochs, small enough for a column of controls; ``rates`` holds (epoch, rate)."""
    import plotly.graph_objects as go

    epochs, values = zip(*rates, strict=True)
    data = {
        "type": "scatter",
        "x": epochs,
        "y": values,
        "mode": "lines",
        "line": {"color": CURVES["train"], "width": 3},
    }
    layout = line_layout(title, height) | {
        "xaxis": {"title": "epoch", "range": [0, epochs[-1]]},
        "yaxis": {"automargin": True, "rangemode": "tozero", "tickformat": "~g"},
        "margin": {"l": 8, "r": 8, "t": 48 if title else 8, "b": 8},
    }
    return go.Figure(data, layout)


def loss_axis(curves: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    top = loss_top(curves)
    return {"rangemode": "tozero"} if top is None else {"range": [0, top]}


def learning_curves(curves: Curves, title: str, epochs: int, percent: bool = False) -> go.Figure:
    """One figure of a quantity over the epochs; ``curves`` maps the names of ``CURVES`` to (epochs, values).

    What was measured after each epoch has markers too, so that it can be told from the other without colour. A training curve
    of many points is smoothed, with its points pale behind it.
    """
    import plotly.graph_objects as go

    data = []
    leaves = not percent and loss_top([ys for _, ys in curves.values()]) is not None
    for name, (xs, ys) in curves.items():
        keep = thinned(len(xs), MOST_POINTS)
        even = smoothed([ys[i] for i in keep]) if name == "train" else []
        if even:
            data.append(
                {
                    "type": "scatter",
                    "name": f"{name}, each point",
                    "x": [round(xs[i], 4) for i in keep],
                    "y": [round(ys[i], 5) for i in keep],
                    "mode": "lines",
                    "line": {"color": CURVES[name], "width": 1.2},
                    "opacity": PALE,
                    "showlegend": False,
                    "legendgroup": name,
                    "hoverinfo": "skip",
                }
            )
        data.append(
            {
                "type": "scatter",
                "name": name,
                "x": [round(xs[i], 4) for i in keep],
                "y": [round(value, 5) for value in even or [ys[i] for i in keep]],
                "legendgroup": name,
                "cliponaxis": leaves,  # else the last marker is seen whole
                "mode": "lines" if name == "train" else "lines+markers",
                "line": {"color": CURVES[name], "width": 3} | ({"dash": "dot"} if name == EVALUATED else {}),
                "marker": {"size": 9} | ({"symbol": "square-open"} if name == EVALUATED else {}),
            }
        )
    layout = line_layout(title, 320) | {
        "xaxis": {"title": "epoch", "range": [0, max(1, epochs)]},
        "yaxis": {"automargin": True}
        | ({"tickformat": ".0%", "range": [0, 1.02]} if percent else loss_axis([ys for _, ys in curves.values()])),
        "legend": {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom"},
        "uirevision": title,  # zoom and hidden curves stay as they are while points come in
    }
    return go.Figure(data, layout)
