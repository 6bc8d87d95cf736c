"""The window explorer: a convolution from all its output channels down to every product of one window.

All that it shows is computed in the browser, so that nothing waits for the server while one looks around or edits a
weight; the server sends the input, the kernels and which input cell lies under each kernel cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from cnnviz.components.assets import packed, register
from cnnviz.layers import Activation, Conv2d, Convolution, LeakyReLU
from cnnviz.layers.base import Array, pair
from cnnviz.plots import scale_for

_mount = register(
    "window_explorer",
    "maps.js",
    "map_box.js",
    "picture.js",
    "activations.js",
    "arithmetic.js",
    "cells.js",
    "parts.js",
    "words.js",
    "levels.js",
    "said.js",
    "window_explorer.js",
)


_AT = re.compile(r"(\d{1,3})(\.\d{1,4}\.\d{1,4}(~-?\d{1,7}(\.\d{1,12})?(e-\d{1,3})?)?)?")


def channel_of(at: str, filters: int) -> int:
    """The output channel that the explorer shows at ``at``; the first where it shows all."""
    found = _AT.fullmatch(at)
    return min(int(found[1]), filters - 1) if found else 0


def window_explorer(
    layer: Convolution,
    x: Array,
    kernels: Array,
    bias: Array,
    *,
    channel_names: Sequence[str],
    filter_names: Sequence[str],
    activation: Activation | None = None,
    are_pixels: bool = True,
    at: str = "",
    edits: str = "",
    on_change: Callable[[str, str], None] | None = None,
    key: str = "window_explorer",
) -> None:
    """Show ``layer`` on ``x`` ``(C, H, W)`` with ``kernels`` ``(out_channels, in_channels / groups, kh, kw)``.

    ``are_pixels`` says that ``x`` runs from 0 to 1 and is drawn in grey; other inputs are drawn as signed numbers.
    ``at`` is what it opens: nothing for all output channels, ``"2"`` for one, ``"2.5.7"`` for the window at row 5, column
    7, ``"2.5.7~1"`` for that window with the gradients that a gradient of 1 brings there. ``edits`` are the weights that
    were edited: ``"0.1.2.2~0.5"`` for filter 0, channel 1, row 2, column 2, ``"0.b~1"`` for its bias, joined by ``_``.
    When the user goes deeper or edits, ``on_change`` gets ``"at"`` or ``"edits"`` and the new value.

    Raises ShapeError where the layer does not fit.
    """
    data = packed(
        _spec(layer, x, kernels, activation, are_pixels)
        | {
            "channels": list(channel_names),
            "filters": list(filter_names),
            "at": at if _AT.fullmatch(at) else "",
            "edits": edits,
            "linked": on_change is not None,
        },
        x=x,
        kernels=kernels,
        bias=bias,
        **_geometry(layer, x.shape),
    )

    def tell(name: str) -> Callable[[], None]:
        return lambda: on_change(name, st.session_state[key][name] or "") if on_change else None

    callbacks = {} if on_change is None else {f"on_{name}_change": tell(name) for name in ("at", "edits")}
    _mount(data=data, key=key, width="stretch", height="content", **callbacks)


def _spec(
    layer: Convolution, x: Array, kernels: Array, activation: Activation | None, are_pixels: bool
) -> dict[str, object]:
    scale = scale_for(x, "pixels" if are_pixels else "activations")
    (top, bottom), (left, right) = layer.borders if isinstance(layer, Conv2d) else ((0, 0), (0, 0))
    return {
        "kind": layer.kind,
        "transposed": not isinstance(layer, Conv2d),
        "input": x.shape,
        "padded": (x.shape[1] + top + bottom, x.shape[2] + left + right),
        "padding": (top, left),
        "paddingMode": layer.padding_mode if isinstance(layer, Conv2d) else "zeros",
        "cut": (0, 0) if isinstance(layer, Conv2d) else pair(layer.padding),  # type: ignore[attr-defined]
        "kernel": kernels.shape,
        "output": layer.output_shape(x.shape),
        "stride": layer.strides,
        "dilation": layer.dilations,
        "groups": layer.groups,
        "activation": "" if activation is None else activation.kind,
        "slope": activation.negative_slope if isinstance(activation, LeakyReLU) else 0,
        "scale": {"table": scale.name, "low": scale.low, "high": scale.high},
    }


def _geometry(layer: Convolution, input_shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    tap_rows, tap_cols = layer.taps(input_shape)
    rows, cols = layer.sources(input_shape) if isinstance(layer, Conv2d) else map(np.arange, input_shape[1:])
    return {"tapRows": tap_rows, "tapCols": tap_cols, "rowSources": rows, "colSources": cols}
