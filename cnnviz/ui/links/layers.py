"""A layer of a network for the pages about single layers, as far as their controls can hold it."""

from __future__ import annotations

from typing import Any

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Conv2d,
    Convolution,
    ConvTranspose2d,
    Layer,
    MaxPool2d,
    Shape,
    ShapeError,
    pair,
)
from cnnviz.layers.base import times
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import OneOf, Whole
from cnnviz.ui.frame.parameters.layers import FEATURES, LARGEST, OWN, SMALLEST

MOST_FILTERS = 64
_IMAGES = {1: ("digit", 28), 3: ("shape", 32)}
"""By channels: the kind of image that stands for a network's input, and its own size."""


def shown_on(layer: Layer | None) -> str:
    """The file of the page about such a layer; nothing where there is none."""
    if isinstance(layer, Conv2d | ConvTranspose2d):
        return "convolution"
    return "pooling" if isinstance(layer, MaxPool2d | AvgPool2d | AdaptiveAvgPool2d | AdaptiveMaxPool2d) else ""


def layer_settings(layer: Layer | None) -> dict[str, Any] | None:
    """The layer's arguments, its filters aside, as the controls of its page have them; None where these cannot hold them."""
    page = shown_on(layer)
    if layer is None or not page:
        return None
    told: dict[str, Any] = {"layer": layer.kind}
    both: dict[str, tuple[Any, Any]] = {}
    for name in ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size"):
        value = getattr(layer, name, 0)
        if name == "padding" and isinstance(value, str):
            told["padding_kind"] = value
        elif hasattr(layer, name):
            both[name] = _on_axes(name, value)
    for name in ("groups", "padding_mode", "ceil_mode", "count_include_pad", "divisor_override"):
        if getattr(layer, name, None) is not None:
            told[name] = getattr(layer, name)
    if isinstance(layer, Convolution):
        told["use_bias"] = layer.bias
    apart = any(height != width for height, width in both.values())
    told |= {"apart": apart} | {name: height for name, (height, _) in both.items()}
    told |= {f"{name}_width": width for name, (_, width) in both.items() if apart}
    title = page.capitalize()
    return told if all(_holds(title, name, value) for name, value in told.items()) else None


def input_settings(layer: Layer, shape: Shape, is_network_input: bool) -> tuple[dict[str, Any], str] | None:
    """A picture or random feature maps for what the layer reads, ``(C, H, W)``, and the filters; and what is less there.

    None where no such input fits.
    """
    channels, height, width = shape
    told: dict[str, Any]
    few = min(channels, LARGEST)
    if is_network_input and channels in _IMAGES:
        image, own = _IMAGES[channels]
        side = min(max(height, width, SMALLEST), LARGEST)
        told = {"image": image, "size": OWN if side == own else side}
        there: Shape = (channels, side, side)
    else:
        sides = min(max(height, SMALLEST), LARGEST), min(max(width, SMALLEST), 100)
        told = {"image": FEATURES, "channels": few, "height": sides[0], "width": sides[1]}
        there = (few, *sides)
    less = [f"{few} of its {channels} channels"] if there[0] < channels else []
    if there[1:] != (height, width):
        less.append(f"{times((there[1], there[2]))} cells instead of {times((height, width))}")
    if isinstance(layer, Convolution):
        told["filters"] = min(layer.out_channels, MOST_FILTERS)
        if told["filters"] < layer.out_channels:
            less.insert(0, f"{told['filters']} of its {layer.out_channels} filters")
        layer = layer.model_copy(update={"out_channels": told["filters"]})
    try:
        layer.output_shape(there)
    except ShapeError:
        return None
    return told, ", ".join(less)


def _on_axes(name: str, value: Any) -> tuple[Any, Any]:
    """As the controls say it: no stride is the kernel's, no output size the input's."""
    if value is None and name == "stride":
        return "kernel", "kernel"
    height, width = value if isinstance(value, tuple) else pair(value)
    return ("input" if height is None else height), ("input" if width is None else width)


def _holds(title: str, name: str, value: Any) -> bool:
    kind = parameter(name, title).kind
    if isinstance(kind, OneOf):
        return value in kind.options
    return not isinstance(kind, Whole) or bool(kind.low <= value <= kind.high)
