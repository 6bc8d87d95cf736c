"""Loss and accuracy while a run trains.

Streamlit makes a Plotly chart anew whenever a point comes in, which flickers and costs the trainer more than the training
step; this one draws the new points into the same canvas. For a run that has ended there is ``plots.learning_curves``.
"""

from __future__ import annotations

import numpy as np

from cnnviz.components.assets import packed, register
from cnnviz.plots.curves import Curves, thinned
from cnnviz.plots.theme import CURVES

_mount = register("live_curves", "maps.js", "live_curves.js")


def live_curves(losses: Curves, accuracies: Curves, epochs: int, *, key: str = "live_curves") -> None:
    """Draw both over ``epochs``; each maps ``"train"`` and ``"test"`` to (epochs, values)."""
    arrays = {}
    for what, curves in (("loss", losses), ("accuracy", accuracies)):
        for name, (xs, ys) in curves.items():
            keep = thinned(len(xs))
            arrays[f"{what}_{name}_x"] = np.array([xs[i] for i in keep])
            arrays[f"{what}_{name}_y"] = np.array([ys[i] for i in keep])
    spec = {"epochs": epochs, "colours": CURVES}
    _mount(data=packed(spec, **arrays), key=key, width="stretch", height="content")
