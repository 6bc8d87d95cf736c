"""Controls for all that shapes a run."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from cnnviz.plots.curves import rate_curve
from cnnviz.training import TrainingConfig, devices
from cnnviz.training.config import Flip, OptimizerName, ScheduleName, Views
from cnnviz.training.presets import PRESETS
from cnnviz.training.schedules import rates
from cnnviz.ui.address import choice, place, selection, switch, whole

OWN = "own"
DEFAULTS = TrainingConfig(epochs=5)
_STEPS = 100  # an epoch, for the drawing: how many there will be nobody knows yet
_ON_CUDA = ("precision", "compile")


@st.cache_resource(show_spinner="Looking for GPUs …")
def _devices() -> list[str]:
    return ["auto", *devices()]


def pick_settings() -> TrainingConfig:
    """Controls for a TrainingConfig, all in the address under its own names."""
    chosen = st.selectbox(  # not in the address, where the settings themselves are
        "Settings",
        [OWN, *PRESETS],
        key="preset",
        format_func=lambda key: PRESETS[key].title if key in PRESETS else "My own",
        on_change=_take_preset,
        help="A preset sets everything below, and what it was made for: change what you like afterwards.",
    )
    if chosen in PRESETS:
        st.caption(PRESETS[chosen].says)
    values: dict[str, Any] = {}
    with st.container(horizontal=True):
        values["epochs"] = whole("Epochs", 1, 200, DEFAULTS.epochs, key="epochs")
        values["batch_size"] = whole("Batch size", 1, 4096, DEFAULTS.batch_size, key="batch_size")
    with st.container(horizontal=True):
        values["optimizer"] = selection("Optimiser", get_args(OptimizerName), key="optimizer")
        values["learning_rate"] = _real("Learning rate", 1e-6, 10.0, "learning_rate", 1e-3)
    with st.expander("Learning rate and momentum"):
        values |= _steps(values["optimizer"])
        curve = st.container()
    with st.expander("Against overfitting"):
        values |= _regularisation()
    with st.expander("Changed images"):
        values |= _augmentation()
    with st.expander("Seed, device, recipe"):
        values |= _machine()
    config = TrainingConfig.model_validate(values)
    if config.schedule != "constant" or config.warmup_epochs:
        curve.plotly_chart(
            rate_curve(rates(config, _STEPS)),
            key="rate_curve",
            config={"displayModeBar": False},
            alt=f"Learning rate over the epochs, {config.schedule}, at most {config.learning_rate:g}",
        )
    return config


def _steps(optimizer: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if optimizer in ("sgd", "muon"):
        values["momentum"] = _real("Momentum", 0.0, 0.999, "momentum", 0.05, help="How much of the last step goes on.")
    if optimizer == "sgd":
        values["nesterov"] = switch("Nesterov", key="nesterov", help="Takes the gradient where the momentum leads.")
    values["schedule"] = selection(
        "Schedule",
        get_args(ScheduleName),
        key="schedule",
        help="What becomes of the learning rate during the run. Large steps find the region, small ones the place in it.",
    )
    if values["schedule"] in ("constant", "step", "cosine", "one_cycle"):
        values["warmup_epochs"] = _real(
            "Warm-up, epochs", 0.0, 20.0, "warmup_epochs", 0.5, help="The rate rises from 0 while the weights settle."
        )
    if values["schedule"] == "step":
        values["step_epochs"] = _real("Shrinks every … epochs", 0.5, 100.0, "step_epochs", 1.0)
        values["step_factor"] = _real("To this share", 0.01, 1.0, "step_factor", 0.1)
    return values


def _regularisation() -> dict[str, Any]:
    values: dict[str, Any] = {
        "weight_decay": _real(
            "Weight decay", 0.0, 1.0, "weight_decay", 1e-4, help="Pulls every weight towards 0; 5e-4 is usual with SGD."
        ),
        "label_smoothing": _real(
            "Label smoothing", 0.0, 0.5, "label_smoothing", 0.05, help="The right class counts that much less than 1."
        ),
    }
    if switch(
        "Set the dropout",
        key="set_dropout",
        default="dropout" in st.query_params,
        help="Otherwise the network has what its layers say.",
    ):
        values["dropout"] = _real(
            "Dropout", 0.0, 0.9, "dropout", 0.1, default=0.5, help="The share of units that are left out at random."
        )
    values["ema"] = _real(
        "Averaged weights (decay)", 0.0, 0.9999, "ema", 0.01,
        help="Tests and keeps a moving average of the weights; 0.99 remembers about the last hundred steps. 0: none.",
    )  # fmt: skip
    return values


def _augmentation() -> dict[str, Any]:
    st.caption("Each epoch sees other versions of the images, and so the network cannot learn them by heart.")
    return {
        "flip": selection(
            "Mirrored", get_args(Flip), key="flip", help="A mirrored car is a car; a mirrored 2 is no 2."
        ),
        "crop_padding": whole("Cut out of a black frame, pixels", 0, 16, 0, key="crop_padding", help="4 is usual."),
        "translate": whole("Shifted by at most, pixels", 0, 16, 0, key="translate", help="What comes in is mirrored."),
        "cutout": whole("Hidden square, pixels", 0, 32, 0, key="cutout", help="8 to 16 are usual for 32×32 images."),
        "colour_shift": _real(
            "Colour shift", 0.0, 1.0, "colour_shift", 0.05, help="Along the colours' main directions; AlexNet had 0.1."
        ),
    }


def _machine() -> dict[str, Any]:
    found = _devices()
    device = st.selectbox("Device", found, key="device", bind="query-params", help="auto is the fastest of them.")
    values: dict[str, Any] = {
        "seed": whole("Seed", 0, 2**31 - 1, 0, key="seed", help="The same seed gives the same weights again."),
        "device": device or "auto",
        "test_time_augmentation": selection(
            "Views of each test image", get_args(Views), key="test_time_augmentation",
            help="The mean of the answers to several views is right more often.",
        ),
        "recipe": choice(
            "Recipe", ["plain", "speed"], key="recipe",
            help="speed: a whitening first layer and the rest of arXiv 2404.00498, for Airbench 94 with SGD.",
        ),
    }  # fmt: skip
    if any(name.startswith("cuda") for name in found):
        values["precision"] = choice("Precision", ["auto", "fp32", "bf16"], key="precision")
        values["compile"] = switch("Compile", key="compile", help="Costs a minute at the start.")
    return values


def _real(
    label: str, low: float, high: float, name: str, step: float, *, default: float | None = None, **more: Any
) -> float:
    value = getattr(DEFAULTS, name) if default is None else default
    with place(name):
        return st.number_input(label, low, high, float(value), step, format="%g", key=name, bind="query-params", **more)


def _take_preset() -> None:
    """The controls say what the preset says."""
    preset = PRESETS.get(st.session_state["preset"])
    if preset is None:  # one's own are what there is
        return
    for name in TrainingConfig.model_fields:
        value = getattr(preset.config, name)
        if name == "dropout":
            st.session_state["set_dropout"] = value is not None
        elif name not in ("device", "seed", *_ON_CUDA):
            st.session_state[name] = (
                float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
            )
    if preset.architecture:
        st.session_state["architecture"] = preset.architecture
    if preset.dataset:
        st.session_state["dataset"] = preset.dataset
