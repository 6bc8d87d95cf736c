"""Controls for a convolution, each bounded by the others so that the layer works, with the reason for the bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnnviz.layers import ACTIVATIONS, Activation, Conv2d, ConvTranspose2d, LeakyReLU, Shape, ShapeError
from cnnviz.ui.address import choice, now, place, selection, slide, switch

KINDS: dict[str, type[Conv2d] | type[ConvTranspose2d]] = {"Conv2d": Conv2d, "ConvTranspose2d": ConvTranspose2d}
MODES = ["zeros", "reflect", "replicate", "circular"]
AMOUNT = "number"
PADDINGS = [AMOUNT, "same", "valid"]
_SLOPES = [i / 100 for i in range(51)]
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


class LayerControls:
    """Controls of a layer over ``input_shape`` with ``filters`` output channels; ``fixed_size`` is that of given kernels.

    What they say is known before they are drawn: so each can be bounded by all others, and the picture goes to the
    browser ahead of them.
    """

    def __init__(
        self, input_shape: Shape, filters: int, *, prefix: str = "", fixed_size: tuple[int, int] | None = None
    ) -> None:
        self._input_shape = input_shape
        self._filters = filters
        self._prefix = prefix
        self._fixed_size = fixed_size
        self._kind = now(f"{prefix}layer", list(KINDS), "Conv2d")
        self._apart = now(f"{prefix}apart", [False, True], False)
        self._padding = now(f"{prefix}padding_kind", PADDINGS, AMOUNT)
        self._values: dict[str, Any] = {}
        for setting in self._sliders:
            first = now(prefix + setting.name, setting.options, setting.default)
            second = now(f"{prefix}{setting.name}_width", setting.options, setting.default) if self._apart else first
            self._values[setting.name] = (first, second)
        self._values[_GROUPS.name] = now(prefix + _GROUPS.name, _GROUPS.options, 1)
        self._values["bias"] = now("use_bias", [True, False], True)
        if fixed_size is not None:  # learned kernels read all channels
            self._values |= {_SIZE.name: fixed_size, _GROUPS.name: 1}
        if not self._is_transposed:
            self._values["padding_mode"] = now(f"{prefix}padding_mode", MODES, MODES[0])
            if self._padding != AMOUNT:
                self._values["padding"] = self._padding
        self._mended = ""
        if f"{prefix}layer" in st.session_state:  # else the address has just been opened, and is taken at its word
            self._mend()

    def _mend(self) -> None:
        """Another control has made the layer impossible: change the one setting that brings it back, to the nearest value."""
        try:
            self.layer()
            return
        except ShapeError as error:
            why = str(error).split(": ", 1)[1]
        for setting in self._order_of_mending():
            for value in self._nearest(setting):
                if not self._refusal(setting, (0, 1), value):
                    self._set(setting, value)
                    self._mended = f"{setting.label} is {value} now: {why}."
                    return
        for setting in self._order_of_mending():
            self._set(setting, setting.default)
        self._mended = f"The layer is plain again: {why}."

    def _order_of_mending(self) -> list[_Setting]:
        if self._is_transposed:
            return [_GROUPS, _EXTRA, _PADDING, _STRIDE, _DILATION, _SIZE]
        sizes = [] if self._fixed_size else [_SIZE]
        return [_GROUPS, _STRIDE, _DILATION, *sizes, *([_PADDING] if self._padding == AMOUNT else [])]

    def _nearest(self, setting: _Setting) -> list[int]:
        old = self._values[setting.name]
        middle = old[0] if isinstance(old, tuple) else old
        return sorted(setting.options, key=lambda value: (abs(value - middle), value))

    def _set(self, setting: _Setting, value: int) -> None:
        name = self._prefix + setting.name
        st.session_state[name] = value
        if setting is _GROUPS:
            self._values[setting.name] = value
            return
        self._values[setting.name] = (value, value)
        if self._apart:
            st.session_state[f"{name}_width"] = value

    @property
    def _is_transposed(self) -> bool:
        return bool(self._kind == "ConvTranspose2d")

    @property
    def _sliders(self) -> list[_Setting]:
        return [_SIZE, _STRIDE, _PADDING, _DILATION, *([_EXTRA] if self._is_transposed else [])]

    def layer(self, **changes: Any) -> Conv2d | ConvTranspose2d:
        """Raises ShapeError where the arguments or the input do not fit."""
        arguments = {
            name: value[0] if isinstance(value, tuple) and value[0] == value[1] else value
            for name, value in (self._values | changes).items()
        }
        layer = KINDS[self._kind](out_channels=self._filters, **arguments)
        layer.output_shape(self._input_shape)
        return layer

    def _refusal(self, setting: _Setting, axes: tuple[int, ...], value: int) -> str:
        """Why this value cannot be; nothing where it can."""
        old = self._values[setting.name]
        new = tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        try:
            self.layer(**{setting.name: new})
        except ShapeError as error:
            return str(error)
        return ""

    def _bounded(self, setting: _Setting, axes: tuple[int, ...] = (0, 1), label: str = "", suffix: str = "") -> None:
        """Draw a control with the values that fit; the present one stays, even where it does not."""
        old = self._values[setting.name]
        current = old[axes[0]] if isinstance(old, tuple) else old
        reasons = {value: self._refusal(setting, axes, value) for value in setting.options}
        if all(reasons.values()):  # what is wrong lies elsewhere
            reasons = dict.fromkeys(setting.options, "")
        options = [value for value, reason in reasons.items() if not reason or value == current]
        label = label or setting.label
        key = self._prefix + setting.name + suffix
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
            # what equals the default leaves the address: the default must not follow the value
            default = setting.default if setting.default in options else next(v for v in options if v != current)
            value = slide(label, options, default, key=key, help=f"{why}." if why else None)
            if why and value == (options[-1] if edge == beyond else options[0]):
                with place(key):
                    st.caption(f"{why}.")
        self._values[setting.name] = (
            tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        )

    def _both_axes(self, setting: _Setting) -> None:
        if not self._apart:
            self._bounded(setting)
            return
        with st.container(horizontal=True):
            self._bounded(setting, (0,), f"{setting.label}, height")
            self._bounded(setting, (1,), f"{setting.label}, width", "_width")

    def _link(self) -> None:
        """Both axes begin where the one slider stood."""
        for setting in self._sliders:
            name = self._prefix + setting.name
            st.session_state[f"{name}_width"] = now(name, setting.options, setting.default)

    def draw(self) -> None:
        """Draw them. Where one has another value than was known, the page runs again."""
        known, prefix = dict(self._values), self._prefix
        if self._mended:
            st.info(self._mended)
        choice("Layer", list(KINDS), key=f"{prefix}layer")
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
                choice("Padding is", PADDINGS, key=f"{prefix}padding_kind", help="As in torch.nn.Conv2d.")
                selection("Padding mode", MODES, key=f"{prefix}padding_mode", help="What the border is filled with.")
            switch("Height and width apart", key=f"{prefix}apart", on_change=self._link)
            if self._fixed_size is None:
                self._bounded(_GROUPS)
            if not prefix:
                switch("Bias", key="use_bias", default=True)
        if known != self._values:
            st.rerun()


def asked_activation() -> Activation | None:
    """What comes after the layer, known before its control is drawn."""
    name = now("activation", ["none", *_ACTIVATIONS], "none")
    if name == "none":
        return None
    if name == "LeakyReLU":
        return LeakyReLU(negative_slope=now("slope", _SLOPES, 0.01))
    return _ACTIVATIONS[name]()


def draw_activation() -> None:
    if selection("Activation", ["none", *_ACTIVATIONS], key="activation") == "LeakyReLU":
        slide("Negative slope", _SLOPES, 0.01, key="slope")
