"""Results of training side by side: a colour and a marker for each, the same in every figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.plots.curves import MOST_POINTS, loss_axis
from cnnviz.plots.theme import LINES, MARKERS, line_layout
from cnnviz.thinning import thinned

if TYPE_CHECKING:
    import plotly.graph_objects as go

Points: TypeAlias = tuple[Sequence[float], Sequence[float]]
"""Where, and what was measured there."""

MOST_LINES = min(len(LINES), len(MARKERS))
_MARKS = 12  # on a line: more would run together
_SIZE = 9
_ROW = 40  # pixels of a class


@dataclass(frozen=True)
class Line:
    """One result's curve of one quantity."""

    name: str
    test: Points
    train: Points = ((), ())
    of: str = "test"
    """Which images ``test`` was measured on."""


def comparison_curves(lines: Sequence[Line], title: str, *, over: str = "epoch", percent: bool = False) -> go.Figure:
    """All on one axis: on new images solid and with markers, on training images dashed and thin, in the same colour."""
    import plotly.graph_objects as go

    data = []
    for number, line in enumerate(lines):
        xs, ys = _drawn(line.test)
        train_xs, train_ys = _drawn(line.train)
        style = {"color": LINES[number % MOST_LINES], "symbol": MARKERS[number % MOST_LINES]}
        if train_xs:
            data.append(
                _trace(line.name, train_xs, train_ys, number, "training images")
                | {
                    "mode": "lines",
                    "line": {"color": style["color"], "width": 2, "dash": "dash"},
                    "showlegend": not xs,
                }
            )
        if xs:
            data.append(
                _trace(line.name, xs, ys, number, f"{line.of} images")
                | {
                    "mode": "lines+markers",
                    "line": {"color": style["color"], "width": 3},
                    "marker": style | {"size": _SIZE, "maxdisplayed": _MARKS},
                }
            )
    losses = [values for line in lines for _, values in (line.test, line.train)]
    layout = line_layout(title, 420) | {
        "xaxis": {"title": over, "rangemode": "tozero", "automargin": True},
        "yaxis": {"automargin": True} | ({"tickformat": ".0%", "range": [0, 1.02]} if percent else loss_axis(losses)),
        "showlegend": True,
        "legend": _legend(),
        "uirevision": f"{title} {over}",  # zoom and hidden curves stay as they are while points come in
    }
    return go.Figure(data, layout)


def class_dots(
    names: Sequence[str], class_names: Sequence[str], accuracies: NDArray[np.float64], numbers: Sequence[int]
) -> go.Figure:
    """A row for each class, from the top, a mark for each of the results ``names``, ``(results, classes)``.

    ``numbers`` say which colours and markers are theirs. NaN leaves a place empty.
    """
    import plotly.graph_objects as go

    rows = list(class_names)
    data = []
    for name, values, number in zip(names, accuracies, numbers, strict=True):
        data.append(
            {
                "type": "scatter",
                "name": escape(name, quote=False),
                "x": [round(float(value), 5) if isfinite(value) else None for value in values],
                "y": rows,
                "mode": "markers",
                "marker": {
                    "size": 13,
                    "color": LINES[number % MOST_LINES],
                    "symbol": MARKERS[number % MOST_LINES],
                    "opacity": 0.9,
                },
                "hovertemplate": "<b>%{y}</b>: %{x:.1%}<extra>%{fullData.name}</extra>",
            }
        )
    spans: list[dict[str, Any]] = []
    for row, values in enumerate(accuracies.T):
        known = values[np.isfinite(values)]
        if len(known) > 1:
            spans.append(
                {
                    "type": "line", "x0": float(known.min()), "x1": float(known.max()), "y0": row, "y1": row,
                    "layer": "below", "line": {"color": "rgba(128,128,128,.5)", "width": 3},
                }
            )  # fmt: skip
    layout = line_layout("Right answers, class by class", 130 + _ROW * len(rows)) | {
        "xaxis": {"tickformat": ".0%", "automargin": True, "gridcolor": "rgba(128,128,128,.25)"},
        "yaxis": {
            "type": "category", "categoryorder": "array", "categoryarray": rows, "automargin": True,
            "range": [len(rows) - 0.5, -0.5],
        },
        "shapes": spans,
        "showlegend": True,
        "legend": _legend(),
    }  # fmt: skip
    return go.Figure(data, layout)


def _drawn(points: Points) -> tuple[list[float], list[float]]:
    """As many as fit the screen, without those that are no numbers."""
    xs, ys = points
    known = [i for i, y in enumerate(ys) if y is not None and isfinite(y)]
    keep = [known[i] for i in thinned(len(known), MOST_POINTS)]
    return [round(xs[i], 4) for i in keep], [round(ys[i], 5) for i in keep]


def _trace(name: str, xs: list[float], ys: list[float], number: int, of: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": escape(name, quote=False),  # Plotly reads HTML
        "x": xs,
        "y": ys,
        "legendgroup": str(number),
        "hovertemplate": f"%{{y}}<extra>%{{fullData.name}}, {of}</extra>",
    }


def _legend() -> dict[str, Any]:
    """Below the figure, where names may be long."""
    return {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom"}
