"""One control for each setting of a run, with what it does below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import streamlit as st

from cnnviz.training import TrainingConfig, devices
from cnnviz.training.config import Flip, OptimizerName, ScheduleName, Views
from cnnviz.training.words import WORDS
from cnnviz.ui.frame.address import choice, hidden, number, selection, switch, whole
from cnnviz.ui.frame.refused import asked, is_refused, is_same, refuse

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

BOUNDS: dict[str, tuple[float, float, float]] = {
    "epochs": (1, 1000, 1),
    "batch_size": (1, 4096, 1),
    "learning_rate": (1e-6, 10.0, 1e-3),
    "momentum": (0.0, 0.999, 0.05),
    "warmup_epochs": (0.0, 1000.0, 0.5),
    "step_epochs": (0.01, 1000.0, 1.0),
    "step_factor": (1e-4, 1.0, 0.1),
    "weight_decay": (0.0, 10.0, 1e-4),
    "label_smoothing": (0.0, 0.99, 0.05),
    "dropout": (0.0, 0.99, 0.1),
    "ema": (0.0, 0.99999, 0.01),
    "crop_padding": (0, 16, 1),
    "translate": (0, 16, 1),
    "cutout": (0, 64, 1),
    "colour_shift": (0.0, 1.0, 0.05),
    "held_out": (0, 10**6, 1000),
    "seed": (0, 2**31 - 1, 1),
}
"""The least, the most, and a step of each control."""
ON_CUDA = ("precision", "compile")
"""Settings that have controls on machines with such a GPU only."""
_FIRST_DROPOUT = 0.5
_FAR = 10**12  # a field sends nothing that lies beyond its own bounds, and goes on showing it: ours are checked here


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

    def length(self) -> None:
        with st.container(horizontal=True):
            self._number("epochs")
            self._number("batch_size")
        self._explain("epochs", "batch_size")

    def steps(self) -> None:
        with st.container(horizontal=True):
            self._one_of("optimizer", get_args(OptimizerName))
            self._number("learning_rate")
        self._explain("optimizer", "learning_rate")

    def course_of_steps(self) -> None:
        optimizer = self.values["optimizer"]
        self._one_of("schedule", get_args(ScheduleName), explained=True)
        if self.values["schedule"] in ("constant", "step", "cosine", "one_cycle"):
            self._number("warmup_epochs", explained=True)
        if self.values["schedule"] == "step":
            self._number("step_epochs", explained=True)
            self._number("step_factor", explained=True)
        if optimizer in ("sgd", "muon"):
            self._number("momentum", explained=True)
        if optimizer == "sgd":
            self._switch("nesterov")

    def regularisation(self) -> None:
        self._number("weight_decay", explained=True)
        self._number("label_smoothing", explained=True)
        if switch("Set the dropout", key="set_dropout", default="dropout" in st.query_params):
            self._number("dropout", explained=True)
        else:
            self._explain("dropout")
        self._number("ema", explained=True)

    def augmentation(self) -> None:
        self._one_of("flip", get_args(Flip), explained=True)
        for name in ("crop_padding", "translate", "cutout", "colour_shift"):
            self._number(name, explained=True)

    def measuring(self) -> None:
        self._number("held_out", explained=True)
        self._one_of("test_time_augmentation", get_args(Views), explained=True)

    def machine(self) -> None:
        self.values["device"] = selection(WORDS["device"].label, found_devices(), key="device")
        self._explain("device")
        self._number("seed", explained=True)
        self.values["recipe"] = choice(WORDS["recipe"].label, ["plain", "speed"], key="recipe")
        self._explain("recipe")
        if has_cuda():
            self.values["precision"] = choice(WORDS["precision"].label, ["auto", "fp32", "bf16"], key="precision")
            self._explain("precision")
            self._switch("compile")

    def _number(self, name: str, explained: bool = False) -> None:
        low, high, step = BOUNDS[name]
        wanted = asked(name)
        first = getattr(self._defaults, name)
        value = _FIRST_DROPOUT if first is None else first
        if isinstance(value, int):
            found: float = whole(WORDS[name].label, -_FAR, _FAR, value, key=name, step=int(step))
        else:
            found = number(WORDS[name].label, -float(_FAR), float(_FAR), value, step, format="%g", key=name)
        held = type(value)(min(max(found, low), high))
        self.values[name] = held
        if wanted is not None and not is_same(wanted, held):
            refuse(name, _cannot(name, wanted, held))
        elif found != held and not is_refused(name):
            self.refused.append(_cannot(name, f"{found:.10g}", held))
        if explained:
            self._explain(name)

    def _one_of(self, name: str, options: tuple[str, ...], explained: bool = False) -> None:
        first = options.index(getattr(self._defaults, name))
        self.values[name] = selection(WORDS[name].label, options, key=name, index=first)
        if explained:
            self._explain(name)

    def _explain(self, *names: str) -> None:
        if (box := _explain(*names)) is not None:
            self.places |= dict.fromkeys(names, box)

    def _switch(self, name: str) -> None:
        self.values[name] = switch(WORDS[name].label, key=name)
        self._explain(name)


def _cannot(name: str, wanted: str, value: Any) -> str:
    told = f"{value:g}" if isinstance(value, float) else value
    return f"{WORDS[name].label} cannot be {wanted[:40] or 'empty'}: it is {told}."


def _explain(*names: str) -> DeltaGenerator | None:
    """What the controls above do, and where more can be said of them; nothing of those that the address hides."""
    seen = [name for name in names if name not in hidden()]
    label = len(names) > 1
    if not seen:
        return None
    box = st.container()
    box.caption(
        "  \n".join(f"**{WORDS[name].label}**: {WORDS[name].text}" if label else WORDS[name].text for name in seen)
    )
    return box
