"""Controls for a convolution, and for the activation after it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.layers import ACTIVATIONS, Activation, Conv2d, ConvTranspose2d, LeakyReLU, Shape, ShapeError
from cnnviz.ui.frame.address import choice, now, selection, slide, switch
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import Parameter
from cnnviz.ui.layer_lab.bounded_controls import BoundedControls
from cnnviz.ui.layer_lab.given_kernels import with_given_kernels

KINDS: dict[str, type[Conv2d] | type[ConvTranspose2d]] = {"Conv2d": Conv2d, "ConvTranspose2d": ConvTranspose2d}
AMOUNT = "number"
_ACTIVATIONS = {kind.__name__: kind for kind in ACTIVATIONS}

_SIZE, _STRIDE, _PADDING, _DILATION, _EXTRA, _GROUPS = (
    parameter(name, "Convolution")
    for name in ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups")
)

_TRANSPOSED = {
    "kernel_size": "How many output cells each input cell paints along each axis.",
    "stride": "How far apart neighbouring input cells paint: at 2 the output is about twice as high and wide.",
    "padding": "How many rows and columns are cut off the output on each side.",
    "dilation": "How far apart the cells lie that an input cell paints.",
}


class LayerControls(BoundedControls[Conv2d | ConvTranspose2d]):
    """Controls of a layer with ``filters`` output channels; ``fixed_size`` is that of given kernels."""

    _with_axes = (_SIZE, _STRIDE, _PADDING, _DILATION, _EXTRA)

    def __init__(
        self, input_shape: Shape, filters: int, *, prefix: str = "", fixed_size: tuple[int, int] | None = None
    ) -> None:
        self._filters = filters
        self._fixed_size = fixed_size
        self._padding = now(f"{prefix}padding_kind")
        super().__init__(input_shape, prefix)

    def _others(self) -> dict[str, Any]:
        others: dict[str, Any] = {
            "groups": now(self._prefix + _GROUPS.name),
            "bias": now("use_bias"),
        }
        if self._fixed_size is not None:  # learned kernels read all channels
            others |= {_SIZE.name: self._fixed_size, _GROUPS.name: 1}
        if not self._is_transposed:
            others["padding_mode"] = now(f"{self._prefix}padding_mode")
            if self._padding != AMOUNT:
                others["padding"] = self._padding
        return others

    @property
    def _order_of_mending(self) -> list[Parameter]:
        if self._is_transposed:
            return [_GROUPS, _EXTRA, _PADDING, _STRIDE, _DILATION, _SIZE]
        sizes = [] if self._fixed_size else [_SIZE]
        return [_GROUPS, _STRIDE, _DILATION, *sizes, *([_PADDING] if self._padding == AMOUNT else [])]

    @property
    def _is_transposed(self) -> bool:
        return self._kind == "ConvTranspose2d"

    @property
    def _sliders(self) -> list[Parameter]:
        return [setting for setting in self._with_axes if self._is_transposed or setting is not _EXTRA]

    @property
    def _moving(self) -> list[str]:
        return [name for name in super()._moving if name not in self._others()]

    def _says(self, setting: Parameter) -> str:
        return _TRANSPOSED.get(setting.name, setting.says) if self._is_transposed else setting.says

    def _drawing(self, setting: Parameter) -> str:
        return "" if self._is_transposed else super()._drawing(setting)

    def _made(self, arguments: dict[str, Any]) -> Conv2d | ConvTranspose2d:
        return KINDS[self._kind](out_channels=self._filters, **arguments)

    def layer(self, **changes: Any) -> Conv2d | ConvTranspose2d:
        try:
            return super().layer(**changes)
        except ShapeError as error:
            if self._fixed_size is None:
                raise
            raise with_given_kernels(error, self._made(self._arguments(**changes)), self._input_shape) from None

    def _draw(self) -> None:
        prefix = self._prefix
        with st.container(horizontal=not self._apart):
            if self._fixed_size is None:
                self._both_axes(_SIZE)
            self._both_axes(_STRIDE)
        with st.container(horizontal=not self._apart):
            if self._is_transposed or self._padding == AMOUNT:
                self._both_axes(_PADDING)
            self._both_axes(_DILATION)
        if self._is_transposed:
            self._both_axes(_EXTRA)
        with st.expander("Axes, groups, bias" if self._is_transposed else "Border, axes, groups, bias"):
            if not self._is_transposed:
                choice(f"{prefix}padding_kind")
                selection(f"{prefix}padding_mode")
            self._draw_apart()
            if self._fixed_size is None:
                self._bounded(_GROUPS)
            if not prefix:
                switch("use_bias")


def asked_activation() -> Activation | None:
    """What comes after the layer, known before its control is drawn."""
    name = now("activation")
    if name == "none":
        return None
    if name == "LeakyReLU":
        return LeakyReLU(negative_slope=now("slope"))
    return _ACTIVATIONS[name]()


def draw_activation() -> None:
    if selection("activation") == "LeakyReLU":
        slide("slope")
