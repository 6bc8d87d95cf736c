"""The arithmetic of one map of a layer that acts cell by cell: an activation, a normalisation, a sum, a scaling.

The browser computes the cell that one looks at, so that nothing waits for the server while one looks around; the maps are
what torch gave.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from cnnviz.components.assets import heard, packed, register
from cnnviz.layers.base import Array
from cnnviz.plots import Scale, ScaleName, scale_for

CellKind = Literal[
    "ReLU",
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "GELU",
    "SiLU",
    "BatchNorm2d",
    "LocalResponseNorm",
    "sum",
    "scale",
    "same",
]

_mount = register("cell_arithmetic")

_AT = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)


def cell_arithmetic(
    kind: CellKind,
    inputs: Array,
    output: Array,
    *,
    input_names: Sequence[str],
    output_name: str,
    numbers: Mapping[str, float] = {},
    input_scales: Sequence[ScaleName] = (),
    note: str = "",
    at: str = "",
    on_change: Callable[[str], None] | None = None,
    key: str = "cell_arithmetic",
) -> None:
    """Show the maps ``inputs`` ``(n, h, w)`` that are read, the map ``output`` ``(h, w)`` and a cell's formula.

    ``numbers`` are torch.nn's for ``kind``, without an effect on the maps. LeakyReLU: ``negative_slope``. BatchNorm2d:
    ``mean``, ``var``, ``eps``, ``weight``, ``bias`` of the channel. LocalResponseNorm: ``size``, ``alpha``, ``beta``,
    ``k`` and ``own``, the index of the own channel among ``inputs``, which are the channels of its window that exist.
    ``sum`` adds all inputs, ``scale`` is the first times the second, ``same`` the input itself; the others read one.

    ``input_scales`` has a name for each input, "activations" where none is given. ``note`` is a sentence below.
    ``at`` is the cell that it opens, ``"5.7"`` for row 5, column 7; the middle where it names none. ``on_change`` gets
    the cell that the user clicks, or chooses with Enter.

    Raises ValueError where the maps are of different sizes, or names are too few or too many.
    """
    if inputs.shape[1:] != output.shape or len(input_names) != len(inputs) or len(input_scales) > len(inputs):
        raise ValueError(f"{inputs.shape} with {len(input_names)} names does not go with {output.shape}")
    spec = {
        "kind": kind,
        "shape": inputs.shape,
        "names": [*input_names, output_name],
        "numbers": {name: _in_json(value) for name, value in numbers.items()},
        "scales": [
            {"table": s.name, "low": s.low, "high": s.high} for s in _scales(kind, inputs, output, input_scales)
        ],
        "note": note,
        "at": at if _AT.fullmatch(at) else "",
        "linked": on_change is not None,
    }

    def tell() -> None:
        if on_change and (new := heard(key, "at")) is not None:
            on_change(new)

    callbacks = {} if on_change is None else {"on_at_change": tell}
    _mount(data=packed(spec, inputs=inputs, output=output), key=key, width="stretch", height="content", **callbacks)


def _scales(kind: CellKind, inputs: Array, output: Array, given: Sequence[ScaleName]) -> list[Scale]:
    """One for each input and one for the output. What is added up shares a scale, so that equal colours are equal values."""
    names = list(given)
    names += ["activations"] * (len(inputs) - len(given))
    if kind in ("sum", "LocalResponseNorm"):
        of = {name: scale_for(inputs[[other == name for other in names]], name) for name in names}
        scales = [of[name] for name in names]
    else:
        scales = [scale_for(map_, name) for map_, name in zip(inputs, names, strict=True)]
    return [*scales, scale_for(output, names[0] if kind == "same" else "activations")]


def _in_json(value: float) -> float | str:
    """JSON has no word for NaN and infinity; the browser reads them as text."""
    return float(value) if math.isfinite(value) else str(float(value)).replace("inf", "Infinity")
