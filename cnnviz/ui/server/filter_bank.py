"""Serves kernels of all sizes, so that a kernel size can be tried in the browser without asking for each."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cnnviz.components.assets import VERSION
from cnnviz.layers.presets import PRESETS, filter_bank
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import Whole
from cnnviz.ui.server.modules import FOR_GOOD

SIZES = parameter("kernel_size", "Convolution").options
_MOST = 512  # kernels of one size: 1 MB in all


def query_for(kind: str, filters: int, channels: int, seed: int) -> str:
    """How ``bank`` is asked for them; nothing where they are too many."""
    if filters * channels > _MOST:
        return ""
    return urlencode({"kind": kind, "filters": filters, "channels": channels, "seed": seed})


async def bank(request: Request) -> Response:
    """``(filters, channels, k, k)`` for each size ``k`` in turn, as float32."""
    asked = request.query_params
    kind, numbers = asked.get("kind", ""), [asked.get(name, "") for name in ("filters", "channels", "seed")]
    if request.path_params["version"] != VERSION or kind not in (*PRESETS, "random"):
        return PlainTextResponse("Not found", 404)
    if not all(number.isascii() and number.isdecimal() and len(number) < 6 for number in numbers):
        return PlainTextResponse("Not found", 404)
    filters, channels, seed = map(int, numbers)
    seeds = parameter("seed", "Convolution").kind
    assert isinstance(seeds, Whole)
    if not (0 < filters * channels <= _MOST and seed <= seeds.high):
        return PlainTextResponse("Not found", 404)
    kernels = [filter_bank(kind, filters, channels, (k, k), seed)[0].astype("<f4").ravel() for k in SIZES]
    return Response(np.concatenate(kernels).tobytes(), media_type="application/octet-stream", headers=FOR_GOOD)
