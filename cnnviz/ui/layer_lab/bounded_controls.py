"""Controls for one layer, each bounded by the others so that the layer works, with the reason for the bound."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

import streamlit as st

from cnnviz.components.window_explorer.ahead import Ahead
from cnnviz.layers import Layer, Shape, ShapeError
from cnnviz.plots.setting_drawings import DRAWN, setting_drawing
from cnnviz.ui.frame.address import choice, now, slide, switch, write
from cnnviz.ui.frame.hiding import hidden, place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters.kinds import Parameter
from cnnviz.ui.frame.refused import asked, check
from cnnviz.ui.layer_lab.layer_facts import tells_layer

AnyKind = TypeVar("AnyKind", bound=Layer)


class BoundedControls(ABC, Generic[AnyKind]):
    """Controls of a layer over ``input_shape``; the names of all of them begin with ``prefix``.

    What they say is known before they are drawn: so each can be bounded by all others, and the picture goes to the
    browser ahead of them.
    """

    def __init__(self, input_shape: Shape, prefix: str = "") -> None:
        self._input_shape = input_shape
        self._prefix = prefix
        self._kind: str = now(f"{prefix}layer")
        self._apart = now(f"{prefix}apart")
        self._values: dict[str, Any] = {}
        for setting in self._sliders:
            first = now(prefix + setting.name)
            second = now(f"{prefix}{setting.name}_width") if self._apart else first
            self._values[setting.name] = (first, second)
        self._values |= self._others()
        self._mended: dict[str, str] = {}  # what was changed, and why
        if f"{prefix}layer" in st.session_state:  # else the address has just been opened, and is taken at its word
            self._mend()

    _with_axes: ClassVar[Sequence[Parameter]]
    """What has a value for each axis, whatever the kind of layer."""

    @property
    @abstractmethod
    def _sliders(self) -> list[Parameter]:
        """Those of them that this kind of layer has."""

    @abstractmethod
    def _others(self) -> Mapping[str, Any]:
        """The layer's other arguments."""

    @property
    @abstractmethod
    def _order_of_mending(self) -> list[Parameter]:
        """What may change by itself where another control has made the layer impossible, the first that helps."""

    @abstractmethod
    def _made(self, arguments: dict[str, Any]) -> AnyKind:
        """The layer with these arguments; may raise ShapeError."""

    @abstractmethod
    def _draw(self) -> None:
        """Draw all controls but the kind of layer."""

    def layer(self, **changes: Any) -> AnyKind:
        """Raises ShapeError where the arguments or the input do not fit."""
        layer = self._made(self._arguments(**changes))
        layer.output_shape(self._input_shape)
        return layer

    def _arguments(self, **changes: Any) -> dict[str, Any]:
        """What the controls say, as one number where both axes have the same."""
        return {
            name: value[0] if isinstance(value, tuple) and value[0] == value[1] else value
            for name, value in (self._values | changes).items()
        }

    def ahead(self, kernels: str = "") -> Ahead:
        """What the view has to know to show at once what the sliders do."""
        controls: dict[str, tuple[str, str]] = {}
        values: dict[str, tuple[str, str]] = {}
        for name in ("kernel_size", "stride", "padding", "dilation"):
            value = self._values.get(name, 1)
            values[name] = (str(value[0]), str(value[1])) if isinstance(value, tuple) else (str(value), str(value))
            key = self._prefix + name
            if name in self._moving:
                controls[name] = (key, f"{key}_width" if self._apart else key)
        return Ahead(controls, values, kernels)

    @property
    def _moving(self) -> list[str]:
        """The names of those that have a slider now."""
        return [setting.name for setting in self._sliders]

    def draw(self) -> None:
        """Draw them. Where one has another value than was known, the page runs again."""
        known = dict(self._values)
        for key, said in self._mended.items():
            with place(key):
                st.info(escaped(said))
        self._draw_kind()
        self._draw()
        if known != self._values:
            st.rerun()

    def _draw_kind(self) -> None:
        choice(f"{self._prefix}layer")

    def _mend(self) -> None:
        """Another control has made the layer impossible: change the one setting that brings it back, to the nearest value."""
        try:
            self.layer()
            return
        except ShapeError as error:
            why = "so that the layer fits" if tells_layer(self._prefix) else str(error).split(": ", 1)[1]
        for setting in self._order_of_mending:
            for value in self._nearest(setting):
                if not self._refusal(setting, (0, 1), value):
                    self._set(setting, value)
                    self._mended = {self._prefix + setting.name: f"{setting.label} is {value} now: {why}."}
                    return
        for setting in self._order_of_mending:
            self._set(setting, setting.default)
        self._mended = {f"{self._prefix}layer": f"The layer is plain again: {why}."}

    def _nearest(self, setting: Parameter) -> list[int | str]:
        old = self._values[setting.name]
        middle = old[0] if isinstance(old, tuple) else old
        at = setting.options.index(middle) if middle in setting.options else 0
        return sorted(setting.options, key=lambda value: (abs(setting.options.index(value) - at), str(value)))

    def _set(self, setting: Parameter, value: int | str) -> None:
        name, old = self._prefix + setting.name, self._values[setting.name]
        st.session_state[name] = value
        self._values[setting.name] = (value, value) if isinstance(old, tuple) else value
        if isinstance(old, tuple) and self._apart:
            st.session_state[f"{name}_width"] = value

    def _refusal(self, setting: Parameter, axes: tuple[int, ...], value: int | str) -> str:
        """Why this value cannot be; nothing where it can."""
        old = self._values[setting.name]
        new = tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        try:
            self.layer(**{setting.name: new})
        except ShapeError as error:
            return str(error)
        return ""

    def _bounded(self, setting: Parameter, axes: tuple[int, ...] = (0, 1), label: str = "", suffix: str = "") -> None:
        """Draw a control with the values that fit.

        The present one stays, even where it does not fit; so does the default, for it is what a control that is not in
        the address has.
        """
        old = self._values[setting.name]
        current = old[axes[0]] if isinstance(old, tuple) else old
        reasons = {value: self._refusal(setting, axes, value) for value in setting.options}
        if all(reasons.values()):  # what is wrong lies elsewhere
            reasons = dict.fromkeys(setting.options, "")
        options = [value for value, reason in reasons.items() if not reason or value in (current, setting.default)]
        label = label or setting.label
        key = self._prefix + setting.name + suffix
        places = {value: at for at, value in enumerate(setting.options)}
        refused = [value for value in setting.options if value not in options]
        beyond = next((value for value in refused if places[value] > places[options[-1]]), None)
        below = next((value for value in reversed(refused) if places[value] < places[options[0]]), None)
        edge = beyond if beyond is not None else below
        is_told = key in hidden() or not tells_layer(self._prefix)  # out of sight, or no secret
        why = "" if edge is None or not is_told else f"{label} {edge}: {reasons[edge].split(': ', 1)[1]}"
        if len(options) == 1:
            check(key, label, asked(key), options[0])
            with place(key):
                st.caption(f"**{label} {options[0]}**, nothing else. {why}")
            value = options[0]
        else:
            value = slide(key, options, label=label, help=self._tip(setting, why))
            if why and value == (options[-1] if edge == beyond else options[0]):
                with place(key):
                    st.caption(f"{why}.")
        self._values[setting.name] = (
            tuple(value if axis in axes else old[axis] for axis in (0, 1)) if isinstance(old, tuple) else value
        )

    def _tip(self, setting: Parameter, why: str) -> str | None:
        """What a setting does, in a sentence and a drawing, and why it goes no further."""
        if f"{self._prefix}layer" in hidden():  # each kind of layer has its own
            return f"{why}." if why else None
        return " ".join(
            part for part in (self._says(setting), f"{why}." if why else "", self._drawing(setting)) if part
        )

    def _says(self, setting: Parameter) -> str:
        return setting.says

    def _drawing(self, setting: Parameter) -> str:
        """As Markdown; nothing where there is none."""
        return _drawing(setting.name, setting.label) if setting.name in DRAWN else ""

    def _both_axes(self, setting: Parameter) -> None:
        if not self._apart:
            self._bounded(setting)
            return
        with st.container(horizontal=True):
            self._bounded(setting, (0,), f"{setting.label}, height")
            self._bounded(setting, (1,), f"{setting.label}, width", "_width")

    def _draw_apart(self) -> None:
        switch(f"{self._prefix}apart", on_change=self._link)

    def _link(self) -> None:
        """Both axes begin where the one slider stood; when they are one again it stands where the height did."""
        is_apart = bool(st.session_state[f"{self._prefix}apart"])
        for setting in self._with_axes:
            name = self._prefix + setting.name
            value = now(name)
            if is_apart:
                st.session_state[f"{name}_width"] = value
            # a control that is not on the page yet does not bring its value to the address
            write(f"{name}_width", str(value) if is_apart and value != setting.default else "")


@cache
def _drawing(name: str, label: str) -> str:
    drawing = base64.b64encode(setting_drawing(name).encode()).decode()
    return f"\n\n![{label}](data:image/svg+xml;base64,{drawing})"
