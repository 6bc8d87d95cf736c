"""The window explorer: one window of a convolution at a time, with every product of it.

All that it shows while one looks around is computed in the browser; the server only sends the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.components.assets import packed, register
from cnnviz.layers import Conv2d, pair
from cnnviz.layers.base import Array
from cnnviz.plots import scale_for

_mount = register("window_explorer", "maps.js", "arithmetic.js", "view.js", "window_explorer.js")


def window_explorer(
    layer: Conv2d,
    x: Array,
    weight: Array,
    bias: Array,
    *,
    channel_names: Sequence[str],
    filter_names: Sequence[str],
    are_pixels: bool = True,
    key: str = "window_explorer",
) -> None:
    """Show ``layer`` on ``x`` ``(C, H, W)`` with its ``weight`` and ``bias``.

    ``are_pixels`` says that ``x`` runs from 0 to 1 and is drawn in grey; other inputs are drawn as signed numbers.
    Raises ShapeError where the layer does not fit.
    """
    output = layer.apply(x, weight, bias)
    padded = layer.padded(x)
    (top, _), (left, _) = layer.borders
    scale = scale_for(x, "pixels" if are_pixels else "activations")
    spec = {
        "input": x.shape,
        "padded": padded.shape,
        "kernel": weight.shape,
        "output": output.shape,
        "stride": layer.strides,
        "dilation": layer.dilations,
        "padding": (top, left),
        "channels": list(channel_names),
        "filters": list(filter_names),
        "scale": {"table": scale.name, "low": scale.low, "high": scale.high},
        "title": f"{'×'.join(map(str, pair(layer.kernel_size)))} convolution",
    }
    data = packed(spec, padded=padded, weight=weight, bias=bias, output=output)
    _mount(data=data, key=key, width="stretch", height="content")
