"""One control for each setting of a run, with what it does below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from cnnviz.training import TrainingConfig, devices
from cnnviz.training.settings import SETTINGS, bounds, is_number
from cnnviz.ui.frame.address import choice, has, number, selection, switch
from cnnviz.ui.frame.hiding import hidden, tells
from cnnviz.ui.frame.refused import asked, is_refused, is_same, refuse

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_FAR = 10**12  # a field sends nothing that lies beyond its own bounds, and goes on showing it: ours are checked here


_RATE = ("learning_rate", "schedule", "warmup_epochs", "step_epochs", "step_factor", "recipe")
_APART = ("seed", "held_out")


def tells_run() -> bool:
    """Whether all of a run, as a command for instance, tells what the address hides."""
    return tells(*SETTINGS, "dataset", "architecture", "net")


def tells_learning() -> bool:
    """Whether what is said of how it learns does, which is not about machine, seed and held-out images."""
    names = (name for name, setting in SETTINGS.items() if setting.changes_result and name not in _APART)
    return tells(*names, "dataset", "architecture", "net")


def tells_rate() -> bool:
    """Whether a learning rate does."""
    return tells(*_RATE)


@st.cache_resource(show_spinner="Looking for GPUs …")
def found_devices() -> list[str]:
    return ["auto", *devices()]


def has_cuda() -> bool:
    return any(name.startswith("cuda") for name in found_devices())


class SettingControls:
    """Draws controls, and keeps what they say in ``values``; ``defaults`` are what they begin with."""

    def __init__(self, defaults: TrainingConfig) -> None:
        self._defaults = defaults
        self.values: dict[str, Any] = {}
        self.refused: list[str] = []
        """What somebody has typed, and cannot be: a sentence each."""
        self.places: dict[str, DeltaGenerator] = {}
        """Where more can be said of a setting, below its control."""

    def group(self, title: str) -> None:
        """Controls for the settings of a group that the run heeds, each explained below it."""
        for name, setting in SETTINGS.items():
            if setting.group != title or not setting.is_heeded(self.values) or (setting.needs_cuda and not has_cuda()):
                continue
            if setting.first is not None and not self._is_set(name):
                self._explain(name)
                continue
            self._draw(name)
            self._explain(name)

    def row(self, title: str) -> None:
        """The same side by side, explained together."""
        names = [name for name, setting in SETTINGS.items() if setting.group == title]
        with st.container(horizontal=True):
            for name in names:
                self._draw(name)
        self._explain(*names)

    def _is_set(self, name: str) -> bool:
        """Whether a setting that need not be set is."""
        return switch(f"set_{name}", default=has(name))

    def _draw(self, name: str) -> None:
        first = getattr(self._defaults, name)
        if name == "device":
            self.values[name] = selection(name, found_devices())
        elif is_number(name):
            self._number(name)
        elif isinstance(first, bool):
            self.values[name] = switch(name)
        elif SETTINGS[name].is_side_by_side:
            self.values[name] = choice(name)
        else:
            self.values[name] = selection(name, first=first)

    def _number(self, name: str) -> None:
        setting, (low, high), wanted = SETTINGS[name], bounds(name), asked(name)
        first = getattr(self._defaults, name)
        value: int | float = (setting.first or 0.0) if first is None else first
        if isinstance(value, int):
            typed: float = round(number(name, low=-_FAR, high=_FAR, first=value, format="%.0f"))
        else:
            typed = number(name, low=-_FAR, high=_FAR, first=value)
        held = type(value)(min(max(typed, low), high))
        self.values[name] = held
        if wanted is not None and not is_same(wanted, held):
            refuse(name, _cannot(name, wanted, held))
        elif typed != held and not is_refused(name):
            self.refused.append(_cannot(name, f"{typed:.10g}", held))

    def _explain(self, *names: str) -> None:
        if (box := _explain(*names)) is not None:
            self.places |= dict.fromkeys(names, box)


def _cannot(name: str, wanted: str, value: Any) -> str:
    told = f"{value:g}" if isinstance(value, float) else value
    return f"{SETTINGS[name].label} cannot be {wanted[:40] or 'empty'}: it is {told}."


def _explain(*names: str) -> DeltaGenerator | None:
    """What the controls above do, and where more can be said of them; nothing of those that the address hides."""
    seen = [name for name in names if name not in hidden()]
    label = len(names) > 1
    if not seen:
        return None
    box = st.container()
    box.caption(
        "  \n".join(
            f"**{SETTINGS[name].label}**: {SETTINGS[name].text}" if label else SETTINGS[name].text for name in seen
        )
    )
    return box
