"""Controls for a convolution, each bounded by the others so that the layer works, with the reason for the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnnviz.layers import ACTIVATIONS, Activation, Conv2d, ConvTranspose2d, LeakyReLU, Shape, ShapeError
from cnnviz.ui.address import choice, now, place, selection, slide, switch

KINDS: dict[str, type[Conv2d] | type[ConvTranspose2d]] = {"Conv2d": Conv2d, "ConvTranspose2d": ConvTranspose2d}
MODES = ["zeros", "reflect", "replicate", "circular"]
AMOUNT = "number"
PADDINGS = [AMOUNT, "same", "valid"]
_ACTIVATIONS = {kind.__name__: kind for kind in ACTIVATIONS}


@dataclass(frozen=True)
class _Setting:
    """A whole number, or one for each axis, of a layer."""

    name: str
    label: str
    options: range
    default: int


_SIZE = _Setting("kernel_size", "Kernel size", range(1, 12), 3)
_STRIDE = _Setting("stride", "Stride", range(1, 9), 1)
_PADDING = _Setting("padding", "Padding", range(11), 0)
_DILATION = _Setting("dilation", "Dilation", range(1, 6), 1)
_EXTRA = _Setting("output_padding", "Output padding", range(8), 0)
_GROUPS = _Setting("groups", "Groups", range(1, 65), 1)


class _Settings:
    """What the controls say, known before they are drawn, so that each can be bounded by all others."""

    def __init__(self, input_shape: Shape, filters: int, prefix: str, fixed_size: tuple[int, int] | None) -> None:
        self.input_shape = input_shape
        self.filters = filters
        self.prefix = prefix
        self.fixed_size = fixed_size
        self.kind = "Conv2d"
        self.values: dict[str, Any] = {}

    def ask(self, settings: list[_Setting], apart: bool) -> None:
        for setting in settings:
            first = now(self.prefix + setting.name, setting.options, setting.default)
            axes = apart and setting is not _GROUPS
            second = now(f"{self.prefix}{setting.name}_width", setting.options, first) if axes else first
            self.values[setting.name] = first if setting is _GROUPS else (first, second)
        if self.fixed_size is not None:
            self.values[_SIZE.name] = self.fixed_size

    def layer(self, **changes: Any) -> Conv2d | ConvTranspose2d:
        """Raises ShapeError where the arguments or the input do not fit."""
        arguments = {
            name: value[0] if isinstance(value, tuple) and value[0] == value[1] else value
            for name, value in (self.values | changes).items()
        }
        layer = KINDS[self.kind](out_channels=self.filters, **arguments)
        layer.output_shape(self.input_shape)
        return layer

    def refusal(self, setting: _Setting, axes: tuple[int, ...], value: int) -> str:
        """Why this value cannot be; nothing where it can."""
        old = self.values[setting.name]
        new = tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        try:
            self.layer(**{setting.name: new})
        except ShapeError as error:
            return str(error)
        return ""

    def bounded(self, setting: _Setting, axes: tuple[int, ...] = (0, 1), label: str = "", suffix: str = "") -> None:
        """Draw a control with the values that fit; the present one stays, even where it does not."""
        old = self.values[setting.name]
        current = old[axes[0]] if isinstance(old, tuple) else old
        reasons = {value: self.refusal(setting, axes, value) for value in setting.options}
        options = [value for value, reason in reasons.items() if not reason or value == current]
        label = label or setting.label
        key = self.prefix + setting.name + suffix
        refused = [value for value in setting.options if value not in options]
        beyond = next((value for value in refused if value > options[-1]), None)
        below = next((value for value in reversed(refused) if value < options[0]), None)
        edge = beyond if beyond is not None else below
        why = "" if edge is None else f"{label} {edge}: {reasons[edge].split(': ', 1)[1]}"
        if len(options) == 1:
            with place(key):
                st.caption(f"**{label} {options[0]}**, nothing else. {why}")
            value = options[0]
        else:
            value = slide(label, options, current, key=key, help=f"{why}." if why else None)
            if why and value == (options[-1] if edge == beyond else options[0]):
                with place(key):
                    st.caption(f"{why}.")
        self.values[setting.name] = (
            tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        )

    def both_axes(self, setting: _Setting, apart: bool) -> None:
        if not apart:
            self.bounded(setting)
            return
        with st.container(horizontal=True):
            self.bounded(setting, (0,), f"{setting.label}, height")
            self.bounded(setting, (1,), f"{setting.label}, width", "_width")


def pick_layer(
    input_shape: Shape, filters: int, *, prefix: str = "", fixed_size: tuple[int, int] | None = None
) -> Callable[[], Conv2d | ConvTranspose2d]:
    """Draw the controls of a layer over ``input_shape`` with ``filters`` output channels.

    ``fixed_size`` is the size of kernels that are given. What comes back makes the layer, or raises ShapeError where the
    address asks for what cannot be.
    """
    settings = _Settings(input_shape, filters, prefix, fixed_size)
    kind = settings.kind = choice("Layer", list(KINDS), key=f"{prefix}layer")
    transposed = kind == "ConvTranspose2d"
    sliders = [_SIZE, _STRIDE, _PADDING, _DILATION, *([_EXTRA] if transposed else [])]

    def link() -> None:
        """Both axes begin where the one slider stood."""
        for setting in sliders:
            st.session_state[f"{prefix}{setting.name}_width"] = now(
                prefix + setting.name, setting.options, setting.default
            )

    apart = now(f"{prefix}apart", [True, False, "true"], False) in (True, "true")
    settings.ask([*sliders, _GROUPS], apart)
    padding = mode = ""
    if not transposed:
        padding = now(f"{prefix}padding_kind", PADDINGS, AMOUNT)
        mode = now(f"{prefix}padding_mode", MODES, MODES[0])
        settings.values["padding_mode"] = mode
        if padding != AMOUNT:
            settings.values["padding"] = padding
    with st.container(horizontal=not apart):
        if fixed_size is None:
            settings.both_axes(_SIZE, apart)
        settings.both_axes(_STRIDE, apart)
    with st.container(horizontal=not apart):
        if padding in ("", AMOUNT):
            settings.both_axes(_PADDING, apart)
        settings.both_axes(_DILATION, apart)
    if transposed:
        settings.both_axes(_EXTRA, apart)
    with st.expander("Axes, groups, bias" if transposed else "Border, axes, groups, bias"):
        if not transposed:
            choice("Padding is", PADDINGS, key=f"{prefix}padding_kind", help="As in torch.nn.Conv2d.")
            selection("Padding mode", MODES, key=f"{prefix}padding_mode", help="What the border is filled with.")
        switch("Height and width apart", key=f"{prefix}apart", on_change=link)
        settings.bounded(_GROUPS)
        if not prefix:
            settings.values["bias"] = switch("Bias", key="use_bias", default=True)
    return settings.layer


def pick_activation() -> Activation | None:
    """A control for what comes after the layer."""
    name = selection("Activation", ["none", *_ACTIVATIONS], key="activation")
    if name == "none":
        return None
    if name == "LeakyReLU":
        with place("slope"):
            return LeakyReLU(
                negative_slope=st.slider("Negative slope", 0.0, 0.5, 0.01, 0.01, key="slope", bind="query-params")
            )
    return _ACTIVATIONS[name]()
