"""The learning rate with which most networks learn, and how far from it one is."""

from __future__ import annotations

from math import sqrt

from cnnviz.training.case import Advice, Case
from cnnviz.training.config import TrainingConfig

_RATES = {"adam": 1e-3, "adamw": 1e-3, "muon": 1e-3}
_SGD = 0.2  # with what momentum makes of it, for batches of 32 and more
_SGD_ALONE = 0.1
SOME = 0.5
"""Less momentum than that is nearly none."""
_MOSTLY = 0.9
_SPEED = 1.5  # of the recipe
_BATCH = 32
_FAR = 8
_CLEARLY = 4
"""So many times the usual rate is named where the run is lost."""


def usual_rate(config: TrainingConfig) -> float:
    """A learning rate with which most networks learn."""
    if config.recipe == "speed":
        return _SPEED
    if config.optimizer != "sgd":
        return _RATES[config.optimizer]
    rate = min(_SGD * (1 - min(config.momentum, _MOSTLY)), _SGD_ALONE) * min(1.0, sqrt(config.batch_size / _BATCH))
    return float(f"{rate:.1g}")


def usual_pace(config: TrainingConfig) -> Advice:
    """The usual rate; of SGD without momentum with that."""
    changes: dict[str, object] = {}
    if config.recipe == "plain" and config.optimizer == "sgd" and config.momentum < SOME:
        changes["momentum"] = _MOSTLY
    changes["learning_rate"] = usual_rate(config.model_copy(update=changes))
    first = f"a momentum of {_MOSTLY} with " if "momentum" in changes else ""
    return Advice(f"{first}a learning rate of {changes['learning_rate']:g}", changes)


def times_the_usual(config: TrainingConfig) -> str:
    """How far a rate is above the usual, in words."""
    times = config.learning_rate / usual_rate(config)
    return "far above the usual" if times > _FAR else f"{times:.2g} times the usual"


def is_too_high(case: Case) -> bool:
    """Far above the usual rate; of a run that is lost, clearly above it."""
    times = case.config.learning_rate / usual_rate(case.config)
    return times > _FAR or (case.is_lost and times > _CLEARLY)
