"""A convolution in the window explorer, with its kernels from wherever they come."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.components.window_explorer import window_explorer
from cnnviz.layers import Activation, Convolution
from cnnviz.ui.kernel_picker import Kernels, KernelSource


def convolution_view(
    layer: Convolution,
    source: KernelSource,
    kernels: Kernels,
    *,
    key: str,
    activation: Activation | None = None,
    at: str = "",
    edits: str = "",
    on_change: Callable[[str, str], None] | None = None,
) -> None:
    """All explorers of a page look at the same window. Raises ShapeError where the layer does not fit."""
    window_explorer(
        layer,
        source.x,
        kernels.weight,
        kernels.bias,
        channel_names=source.channel_names,
        filter_names=kernels.names,
        activation=activation,
        are_pixels=source.are_pixels,
        at=at,
        edits=edits,
        on_change=on_change,
        group="beside",
        key=key,
    )
