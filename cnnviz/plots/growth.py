"""How the receptive field grows from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnviz.plots.theme import LINES, MARKERS, line_layout

if TYPE_CHECKING:
    import plotly.graph_objects as go

Sides: TypeAlias = Sequence[float | None]

_MOST_TICKS = 12
_LONGEST = 16
"""Names of layers, and letters of a name, that fit below the figure on a phone."""

_NAMES = ("it can read (theory)", "it reads here (measured)", "holds 95 % of the pull (effective)")


def _short(name: str) -> str:
    """The end of a long name: it tells neighbours apart."""
    return name if len(name) <= _LONGEST else "…" + name[1 - _LONGEST :]


def _ticks(layers: int) -> list[int]:
    """Evenly spaced layers from the first on, and the last, which takes the place of one too near."""
    step = max(1, -(-(layers - 1) // (_MOST_TICKS - 1)))
    ticks = list(range(0, layers, step))
    if ticks and ticks[-1] != layers - 1:
        ticks[-1:] = [ticks[-1], layers - 1] if 4 * (layers - 1 - ticks[-1]) >= 3 * step else [layers - 1]
    return ticks


def _chosen_marks(name: str, chosen: int, layers: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The line over a layer and the word at its top, inside the figure."""
    line = {
        "type": "line", "xref": "x", "yref": "paper", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1,
        "line": {"color": LINES[4], "width": 2, "dash": "dash"},
    }  # fmt: skip
    word = {
        "text": _short(name), "xref": "x", "yref": "paper", "x": chosen, "y": 1, "showarrow": False, "yanchor": "bottom",
        "xanchor": ("left", "center", "right")[min(2, 3 * chosen // layers)],
    }  # fmt: skip
    return line, word


def growth_figure(
    names: Sequence[str],
    theory: Sides,
    measured: Sides | None = None,
    effective: Sides | None = None,
    *,
    input_side: int,
    chosen: int | None = None,
    title: str = "How the receptive field grows",
) -> go.Figure:
    """Side of the receptive field, in pixels of the input, over the layers ``names`` in order; None leaves a gap.

    ``theory`` is what a cell can read, ``measured`` what it reads of one picture, ``effective`` the side of a square with the
    pixels that hold most of the pull. ``input_side`` is the input's larger side, ``chosen`` the number of a layer to mark.
    """
    import plotly.graph_objects as go

    at = list(range(len(names)))
    data = [
        {
            "type": "scatter",
            "name": name,
            "x": at,
            "y": [None if value is None or not math.isfinite(value) else round(value, 2) for value in values],
            "mode": "lines+markers",
            "line": {"color": colour, "width": 3},
            "marker": {"size": 9 if len(names) <= 40 else 6, "symbol": marker},
            "text": list(names),
            "hovertemplate": "<b>%{text}</b><br>%{y} pixels a side<extra>%{fullData.name}</extra>",
        }
        for name, values, colour, marker in zip(_NAMES, (theory, measured, effective), LINES, MARKERS, strict=False)
        if values is not None
    ]
    whole: dict[str, Any] = {
        "type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": input_side, "y1": input_side,
        "line": {"color": LINES[4], "width": 1},
    }  # fmt: skip
    label: dict[str, Any] = {
        "text": f"the whole input: {input_side}", "xref": "paper", "yref": "y", "x": 0, "y": input_side,
        "xanchor": "left", "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip
    shapes, annotations = [whole], [label]
    if chosen is not None and 0 <= chosen < len(names):
        line, word = _chosen_marks(names[chosen], chosen, len(names))
        shapes.append(line)
        annotations.append(word)
    ticks = _ticks(len(names))
    layout = line_layout(title, 460) | {
        "margin": {"l": 8, "r": 8, "t": 72, "b": 8},
        "xaxis": {
            "tickvals": ticks,
            "ticktext": [_short(names[i]) for i in ticks],
            "tickangle": -45,
            "tickfont": {"size": 13},
            "automargin": True,
            "range": [-0.5, max(len(names), 1) - 0.5],
        },
        "yaxis": {"title": "pixels a side", "automargin": True, "rangemode": "tozero"},
        "legend": {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom", "font": {"size": 14}},
        "shapes": shapes,
        "annotations": annotations,
    }
    return go.Figure(data, layout)
