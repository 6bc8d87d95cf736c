"""The window explorer: a layer from all its output channels down to the arithmetic of one window.

All that it shows is computed in the browser, so that nothing waits for the server while one looks around or edits a
weight; the server sends the input, the kernels and which input cell lies under each kernel cell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from cnnviz.components.assets import heard, packed, register
from cnnviz.components.window_explorer.ahead import Ahead, sliding
from cnnviz.components.window_explorer.places import is_place
from cnnviz.layers import Activation, Conv2d, Convolution, ConvTranspose2d, LeakyReLU, Pooling, ShapeError, shape_text
from cnnviz.layers.base import Array, Shape, pair
from cnnviz.layers.pooling import AvgPool2d, Mean
from cnnviz.layers.window import LocalLayer, WindowLayer
from cnnviz.plots import scale_for

_mount = register("window_explorer")


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
    group: str = "",
    outer: str = "",
    rest: Array | None = None,
    rest_name: str = "",
    zero_is: str = "",
    untold: Collection[str] = (),
    ahead: Ahead | None = None,
    follows: bool = False,
    key: str = "window_explorer",
) -> None:
    """Show ``layer`` on ``x`` ``(C, H, W)`` with ``kernels`` ``(out_channels, in_channels / groups, kh, kw)``.

    ``are_pixels`` says that ``x`` runs from 0 to 1 and is drawn in grey; other inputs are drawn as signed numbers.
    ``at`` is what it opens: nothing for all output channels, ``"2"`` for one, ``"2.5.7"`` for the window at row 5, column
    7, ``"2.5.7~1"`` for that window with the gradients that a gradient of 1 brings there. ``edits`` are the weights that
    were edited: ``"0.1.2.2~0.5"`` for filter 0, channel 1, row 2, column 2, ``"0.b~1"`` for its bias, joined by ``_``.
    When the user goes deeper or edits, ``on_change`` gets ``"at"`` or ``"edits"`` and the new value. Explorers of one
    ``group`` with outputs of one size look at the same window.

    Inside a network ``outer`` says where one came from ("All 48 maps of conv2"): it takes the place of the level of all
    output channels, nothing opens channel 0, and whoever goes back there makes ``on_change`` get ``"at"`` and nothing.
    ``rest`` ``(out_channels, H', W')`` is what input channels that are not in ``x`` add to each output cell, and
    ``rest_name`` what these are called ("the other 56 channels"). ``zero_is`` says what a 0 of the border means there.
    ``untold`` is what is seen and not named, ``"layer"`` or ``"activation"``. With ``ahead`` the layer's sliders act at once.
    ``follows`` says that ``at`` is the place of before, by ``same_place``.

    Raises ShapeError where the layer or ``rest`` does not fit.
    """
    spec = _spec(layer, x, kernels, activation, are_pixels) | {
        "filters": list(filter_names),
        "edits": edits,
        "zeroIs": zero_is,
    }
    if "activation" in untold and activation is not None:
        spec["activationName"] = "its activation"
    if "layer" in untold:
        spec["kinds"] = ["layer"]
    arrays = {"kernels": kernels, "bias": bias}
    if rest is not None:
        if rest.shape != layer.output_shape(x.shape):
            raise ShapeError(
                f"The rest of shape {shape_text(rest.shape)} cannot be added to an output of "
                f"{shape_text(layer.output_shape(x.shape))}: give one number for each output cell"
            )
        spec["rest"] = rest_name or "the other channels"
        arrays["rest"] = rest
    spec |= _ahead_of(ahead, layer)
    _show(spec, layer, x, channel_names, at, on_change, group, outer, follows, key, **arrays)


def pooling_explorer(
    layers: Sequence[Pooling],
    x: Array,
    *,
    channel_names: Sequence[str],
    are_pixels: bool = True,
    at: str = "",
    on_change: Callable[[str, str], None] | None = None,
    group: str = "",
    outer: str = "",
    untold: Collection[str] = (),
    ahead: Ahead | None = None,
    follows: bool = False,
    key: str = "window_explorer",
) -> None:
    """Show one pooling, or a maximum and a mean over the same windows side by side; else as ``window_explorer``.

    There is no level for one channel: ``"2"`` opens the middle window of channel 2, and nothing that of channel 0 where
    there is an ``outer``.
    Raises ShapeError where a layer does not fit, or where the two have different windows.
    """
    mean = next((layer for layer in layers if isinstance(layer, Mean)), None)
    divisors = {} if mean is None else {"divisors": mean.divisors(x.shape)}
    spec = _pooling_spec(layers, x, are_pixels)
    if "layer" in untold:
        spec |= {"kinds": ["Pooling", "Another pooling"][: len(layers)], "isUntold": True}
    spec |= _ahead_of(ahead, *layers)
    _show(spec, layers[0], x, channel_names, at, on_change, group, outer, follows, key, **divisors)


def _show(
    spec: dict[str, object],
    layer: LocalLayer,
    x: Array,
    channel_names: Sequence[str],
    at: str,
    on_change: Callable[[str, str], None] | None,
    group: str,
    outer: str,
    follows: bool,
    key: str,
    **arrays: np.ndarray,
) -> None:
    data = packed(
        spec
        | {
            "channels": list(channel_names),
            "at": at if is_place(at) else "",
            "follows": follows,
            "linked": on_change is not None,
            "group": group,
            "outer": outer,
        },
        x=x,
        **_geometry(layer, x.shape),
        **arrays,
    )

    def tell(name: str) -> Callable[[], None]:
        def told() -> None:
            value = heard(key, name)
            if on_change is not None and value is not None:
                on_change(name, "" if name == "at" and not is_place(value) else value)

        return told

    callbacks = {} if on_change is None else {f"on_{name}_change": tell(name) for name in ("at", "edits")}
    _mount(data=data, key=key, width="stretch", height="content", **callbacks)


def _ahead_of(ahead: Ahead | None, *layers: LocalLayer) -> dict[str, object]:
    if ahead is None or not all(isinstance(layer, WindowLayer | ConvTranspose2d) for layer in layers):
        return {}
    return {"ahead": sliding(layers) | {"controls": ahead.controls, "values": ahead.values, "kernels": ahead.kernels}}


def _shapes(layer: LocalLayer, x: Array, are_pixels: bool) -> dict[str, object]:
    """What every layer tells of itself and its input."""
    scale = scale_for(x, "pixels" if are_pixels else "activations")
    (top, bottom), (left, right) = layer.borders if isinstance(layer, WindowLayer) else ((0, 0), (0, 0))
    return {
        "input": x.shape,
        "padded": [len(source) for source in layer.sources(x.shape)],
        "bordered": (x.shape[1] + top + bottom, x.shape[2] + left + right),
        "padding": (top, left),
        "output": layer.output_shape(x.shape),
        "scale": {"table": scale.name, "low": scale.low, "high": scale.high},
    }


def _spec(
    layer: Convolution, x: Array, kernels: Array, activation: Activation | None, are_pixels: bool
) -> dict[str, object]:
    return _shapes(layer, x, are_pixels) | {
        "pools": [],
        "kinds": [layer.kind],
        "transposed": not isinstance(layer, Conv2d),
        "paddingMode": layer.padding_mode if isinstance(layer, Conv2d) else "zeros",
        "cut": (0, 0) if isinstance(layer, Conv2d) else pair(layer.padding),  # type: ignore[attr-defined]
        "kernel": kernels.shape,
        "stride": layer.strides,
        "dilation": layer.dilations,
        "groups": layer.groups,
        "activation": "" if activation is None else activation.kind,
        "activationName": "" if activation is None else activation.kind,
        "slope": activation.negative_slope if isinstance(activation, LeakyReLU) else 0,
    }


def _pooling_spec(layers: Sequence[Pooling], x: Array, are_pixels: bool) -> dict[str, object]:
    first = layers[0]
    rows, cols = first.taps(x.shape)
    pools = ["mean" if isinstance(layer, Mean) else "max" for layer in layers]
    if len(set(pools)) < len(pools) or any(
        not np.array_equal(ours, theirs)
        for layer in layers
        for ours, theirs in zip((rows, cols), layer.taps(x.shape), strict=True)
    ):
        raise ShapeError("Side by side go a maximum and a mean over the same windows: give both the same arguments")
    return _shapes(first, x, are_pixels) | {
        "pools": pools,
        "kinds": [layer.kind for layer in layers],
        "countsBorder": all(layer.count_include_pad for layer in layers if isinstance(layer, AvgPool2d)),
        "kernel": (len(x), 1, rows.shape[1], cols.shape[1]),
        "dilation": first.dilations if isinstance(first, WindowLayer) else (1, 1),
        "paddingMode": "zeros",
        "edits": "",
    }


def _geometry(layer: LocalLayer, input_shape: Shape) -> dict[str, np.ndarray]:
    rows, cols = layer.sources(input_shape)
    row_places, col_places = layer.places(input_shape)
    return {"rowPlaces": row_places, "colPlaces": col_places, "rowSources": rows, "colSources": cols}
