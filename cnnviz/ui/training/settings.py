"""Controls for all that shapes a run, in groups; presets that set many at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.plots.curves import rate_curve
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS, UNMIRRORED, fast, may_mirror
from cnnviz.training.schedules import rates
from cnnviz.training.setting import COURSE, IMAGES, LENGTH, MACHINE, MEASURING, OVERFITTING, STEPS
from cnnviz.training.settings import SETTINGS, bounds, is_number
from cnnviz.ui.frame.address import has
from cnnviz.ui.frame.hiding import out_of_sight, place, tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.training.augmentation_preview import show_augmented
from cnnviz.ui.training.setting_controls import SettingControls, found_devices, has_cuda, tells_rate

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

OWN = "own"
_LEFT_ALONE = {"held_out", "seed"} | {name for name, setting in SETTINGS.items() if not setting.changes_result}
"""What a preset leaves alone."""
_DATASET = "settings_for"
"""Where the session keeps the dataset whose defaults the controls have."""
_STEPS = 100  # an epoch, for the drawing: how many there will be nobody knows yet
_FOLDED = (COURSE, OVERFITTING, IMAGES, MEASURING, MACHINE)


def pick_settings(dataset: str, places: dict[str, DeltaGenerator] | None = None) -> TrainingConfig:
    """Controls for a TrainingConfig, all in the address under its own names; they begin with what suits the dataset.

    ``places`` gets, by the name of a setting, where more can be said of it.
    """
    presets = st.container()  # which of them it is shows when the settings are known
    controls = SettingControls(_defaults(dataset))
    for title in (LENGTH, STEPS):
        st.markdown(f"**{title}**")
        controls.row(title)
    curve = preview = st.container()
    for title in _FOLDED:
        with _group(title):
            if title == COURSE:
                curve = st.container()
            if title == IMAGES:
                st.caption(
                    "Each epoch sees other versions of the images, and so the network cannot learn them by heart."
                )
                preview = st.container()
            controls.group(title)
    config = TrainingConfig.model_validate(controls.values)
    if places is not None:
        places |= controls.places
    with presets:
        if controls.refused:
            st.warning(escaped(" ".join(controls.refused)))
        _pick_preset(config, dataset)
    if _is_open(COURSE) and not tells_rate() and (config.schedule != "constant" or config.warmup_epochs):
        curve.plotly_chart(
            rate_curve(rates(config, _STEPS)),
            key="rate_curve",
            config={"displayModeBar": False},
            alt=f"Learning rate over the epochs, {config.schedule}, at most {config.learning_rate:g}",
        )
    if _is_open(IMAGES):
        with preview:
            show_augmented(dataset, config)
    return config


def take_settings(config: TrainingConfig) -> None:
    """Make the controls say what ``config`` says; call it before they are drawn, in a callback for instance.

    A device that this machine has not is left to ``auto``. Dataset and architecture are the caller's to set.
    """
    _take(config, TrainingConfig.model_fields)


def _take(config: TrainingConfig, names: Iterable[str]) -> None:
    for name in names:
        value = getattr(config, name)
        if SETTINGS[name].first is not None:
            st.session_state[f"set_{name}"] = value is not None
        if value is None or (SETTINGS[name].needs_cuda and not has_cuda()):
            continue
        if name == "device" and value not in found_devices():
            value = "auto"
        if is_number(name):
            low, high = bounds(name)
            value = type(value)(min(max(value, low), high))  # a whole number is one in the address too
        st.session_state[name] = value
    st.session_state.pop(_DATASET, None)  # a dataset that comes with them changes none of them


def _defaults(dataset: str) -> TrainingConfig:
    """What the controls begin with. At another dataset those follow that still have what the preset says for the former one,
    and nothing stays mirrored whose mirror image is something else.
    """
    former, defaults = st.session_state.get(_DATASET, dataset), fast(dataset)
    st.session_state[_DATASET] = dataset
    if former == dataset:
        return defaults
    preset = PRESETS.get(st.session_state.get("preset", OWN), PRESETS["fast"])
    now = preset.config_for(dataset)
    for name, old in preset.config_for(former):
        if name not in st.session_state:
            continue
        value = known = st.session_state[name]
        if value == old:
            value = getattr(now, name)
        if not may_mirror(dataset):
            value = UNMIRRORED.get(name, value)
        # whether the address names it depends on the default
        if value != known or getattr(fast(former), name) != getattr(defaults, name):
            st.session_state[name] = value
    return defaults


def _pick_preset(config: TrainingConfig, dataset: str) -> None:
    """Which preset the settings are, to be changed for another."""

    def is_it(key: str) -> bool:
        settings = PRESETS[key].config_for(dataset)
        return all(value == getattr(settings, name) for name, value in config if name not in _LEFT_ALONE)

    known = st.session_state.get("preset")
    if known not in PRESETS or not is_it(known):
        st.session_state["preset"] = next(filter(is_it, PRESETS), OWN)
    with out_of_sight("preset") if tells(*SETTINGS) else place("preset"):  # it tells of all of them
        key = st.selectbox(  # not in the address, where the settings themselves are
            "Settings",
            [*PRESETS, OWN],
            key="preset",
            format_func=lambda key: PRESETS[key].title if key in PRESETS else "My own",
            on_change=_take_preset,
        )
        st.caption(
            PRESETS[key].says if key in PRESETS else "A preset sets everything below: change what you like afterwards."
        )


def _take_preset() -> None:
    """The controls say what the preset says, and what it was made for."""
    preset = PRESETS.get(st.session_state["preset"])
    if preset is None:  # one's own are what there is
        return
    dataset = st.session_state["dataset"] = preset.dataset or st.session_state["dataset"]
    _take(preset.config_for(dataset), [name for name in TrainingConfig.model_fields if name not in _LEFT_ALONE])
    if preset.architecture:
        st.session_state["architecture"] = preset.architecture


def _group(title: str) -> DeltaGenerator:
    """A part that is folded away, unless the address sets something in it."""
    return st.expander(title, expanded=_is_open(title), key=f"group {title}", on_change="rerun")


def _is_open(title: str) -> bool:
    """Where it is folded away nothing is drawn that takes long."""
    return bool(st.session_state.get(f"group {title}", has(*_names(title))))


def _names(title: str) -> list[str]:
    """What the address may say of a group's settings."""
    of_it = {name: setting for name, setting in SETTINGS.items() if setting.group == title}
    return [*of_it, *(f"set_{name}" for name, setting in of_it.items() if setting.first is not None)]
