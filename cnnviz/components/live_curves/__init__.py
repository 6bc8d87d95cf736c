"""Loss and accuracy while a run trains.

Streamlit makes a Plotly chart anew whenever a point comes in, which flickers and costs the trainer more than the training
step; this one draws the new points into the same canvas. For a run that has ended there is ``plots.learning_curves``.
"""

from __future__ import annotations

import numpy as np

from cnnviz.components.assets import packed, register
from cnnviz.plots.curves import MOST_POINTS, PALE, Curves, loss_top
from cnnviz.plots.smoothing import smoothed
from cnnviz.plots.theme import CURVES, EVALUATED
from cnnviz.thinning import thinned

_mount = register("live_curves")


def live_curves(
    losses: Curves,
    accuracies: Curves,
    epochs: int,
    rates: list[tuple[float, float]],
    epoch: float,
    *,
    key: str = "live_curves",
) -> None:
    """Draw loss and accuracy over ``epochs``; each maps the same names of ``CURVES`` to (epochs, values).

    Beside them the learning rate: ``rates`` holds (epoch, rate) of the whole run, ``epoch`` is where it stands; without any it
    is not shown.
    """
    arrays = {}
    for what, curves in (("loss", losses), ("accuracy", accuracies)):
        for name, (xs, ys) in curves.items():
            keep = thinned(len(xs), MOST_POINTS)
            arrays[f"{what}_{name}_x"] = np.array([xs[i] for i in keep])
            arrays[f"{what}_{name}_y"] = np.array([ys[i] for i in keep])
            if name == "train":
                arrays[f"{what}_{name}_even"] = np.array(smoothed([ys[i] for i in keep]))
    if rates:
        arrays["rate_x"], arrays["rate_y"] = (np.array(values) for values in zip(*rates, strict=True))
    top = loss_top([values for _, values in losses.values()])
    spec = {
        "loss_top": top,
        "pale": PALE,
        "epochs": epochs,
        "epoch": epoch,
        "colours": {name: CURVES[name] for name in losses},
        "dotted": [EVALUATED],
    }
    _mount(data=packed(spec, **arrays), key=key, width="stretch", height="content")
