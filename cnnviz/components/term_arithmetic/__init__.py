"""The arithmetic of one unit of a Linear layer, term by term, and of one class of the softmax.

All sums are made in the browser, in double precision; it hears of a map, a term or a class only when one keeps it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from cnnviz.components.assets import heard, packed, register
from cnnviz.layers import Activation, LeakyReLU, ShapeError
from cnnviz.layers.base import Array
from cnnviz.plots import ScaleName, scale_for

_mount = register("term_arithmetic")

_AT = re.compile(r"[0-9]{1,7}")


def linear_terms(
    x: Array,
    weight: Array,
    bias: float,
    *,
    unit: str,
    maps: tuple[int, int, int] | None = None,
    input_names: Sequence[str] = (),
    activation: Activation | None = None,
    at: str = "",
    on_change: Callable[[str], None] | None = None,
    key: str = "term_arithmetic",
) -> None:
    """Show how ``unit`` comes to its number: z = Σ x·w + bias, then ``activation`` where one follows.

    ``x`` and ``weight`` are ``(in_features,)``. Where the features are maps that were flattened, ``maps`` is their
    ``(C, H, W)``: then the terms are shown map by map. ``input_names`` name the maps, else the features; those without a
    name are numbered. ``at`` is what one looks at, the number of a map or of a feature; nothing for the strongest. When
    the user keeps another, ``on_change`` gets its number.

    Raises ShapeError where the three sizes do not fit together.
    """
    if x.ndim != 1 or x.shape != weight.shape or not x.size:
        raise ShapeError(
            f"A unit of a Linear layer has a weight for each input, but here are {x.size} inputs and {weight.size} "
            "weights: give both as one list of equal length"
        )
    if maps is not None and math.prod(maps) != x.size:
        raise ShapeError(
            f"Maps of {'×'.join(map(str, maps))} are {math.prod(maps)} features, but the layer reads {x.size}: "
            "give the shape that was flattened"
        )
    count = x.size if maps is None else maps[0]
    with np.errstate(all="ignore"):  # what is not finite is shown as such
        products = x * weight
    spec: dict[str, object] = {
        "face": "linear",
        "unit": unit,
        "maps": maps,
        "names": list(input_names)[:count],
        "activation": "" if activation is None else activation.kind,
        "slope": activation.negative_slope if isinstance(activation, LeakyReLU) else 0,
        "scales": {
            "x": _scale(x, "activations"),
            "w": _scale(weight, "weights"),
            "products": _scale(products, "activations"),
        },
    }
    at = str(int(at)) if _AT.fullmatch(at) and int(at) < count else ""
    _show(spec, at, on_change, key, x=x, weight=weight, bias=np.array([bias]))


def softmax_terms(
    logits: Array,
    names: Sequence[str],
    chosen: int,
    *,
    on_choose: Callable[[int], None] | None = None,
    key: str = "softmax_terms",
) -> None:
    """Show how the softmax makes probabilities of ``logits`` ``(n,)``: e^z, divided by the sum of them all (Bridle 1990).

    The formula is that of class ``chosen``; when the user chooses another, ``on_choose`` gets its number. Classes without
    a name are numbered.

    Raises ShapeError where ``logits`` is no list of numbers.
    """
    if logits.ndim != 1 or not logits.size:
        raise ShapeError(f"Softmax reads a list of logits, but here is an array of shape {logits.shape}: flatten it")
    spec: dict[str, object] = {"face": "softmax", "names": list(names)[: logits.size]}
    tell = None if on_choose is None else lambda at: on_choose(int(at)) if at else None
    _show(spec, str(min(max(chosen, 0), logits.size - 1)), tell, key, logits=logits)


def _scale(values: Array, name: ScaleName) -> dict[str, object]:
    scale = scale_for(values, name)
    return {"table": scale.name, "low": scale.low, "high": scale.high}


def _show(
    spec: dict[str, object], at: str, on_change: Callable[[str], None] | None, key: str, **arrays: np.ndarray
) -> None:
    data = packed(spec, **arrays)
    data["view"] = {"at": at, "linked": on_change is not None}

    def tell() -> None:
        if on_change is not None and (new := heard(key, "at")) is not None:
            on_change(new)

    callbacks = {} if on_change is None else {"on_at_change": tell}
    _mount(data=data, key=key, width="stretch", height="content", **callbacks)
