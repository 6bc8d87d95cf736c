"""What the browser has to know of a layer to show what its sliders do before the server has answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.layers import AvgPool2d, Conv2d, ConvTranspose2d, pair
from cnnviz.layers.window import LocalLayer, WindowLayer


@dataclass(frozen=True)
class Ahead:
    """The sliders of a layer, by ``kernel_size``, ``stride``, ``padding`` and ``dilation``; height and width each."""

    controls: Mapping[str, tuple[str, str]]
    """Their names on the page."""
    values: Mapping[str, tuple[str, str]]
    """What they say; what has no slider has its value here alone."""
    kernels: str = ""
    """The query for ``filter_bank``, the kernels of all sizes; nothing where these have one size only."""


def sliding(layers: Sequence[LocalLayer]) -> dict[str, Any]:
    """What the sliders leave as it is; of a maximum and a mean over the same windows together."""
    layer = layers[0]
    assert isinstance(layer, WindowLayer | ConvTranspose2d)
    mean = next((one for one in layers if isinstance(one, AvgPool2d)), None)
    is_same = isinstance(layer, Conv2d) and layer.padding == "same"
    return {
        "padding": "same" if is_same else (0, 0) if isinstance(layer, Conv2d) and layer.padding == "valid" else None,
        "extra": pair(layer.output_padding) if isinstance(layer, ConvTranspose2d) else (0, 0),
        "mode": layer.padding_mode if isinstance(layer, Conv2d) else "zeros",
        "roundsUp": isinstance(layer, WindowLayer) and layer.rounds_up,
        "isTransposed": isinstance(layer, ConvTranspose2d),
        "isPooling": not isinstance(layer, Conv2d | ConvTranspose2d),
        "isMean": mean is not None,
        "countsBorder": mean is not None and mean.count_include_pad,
        "divisor": None if mean is None else mean.divisor_override,
    }
