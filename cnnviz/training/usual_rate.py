"""The learning rate with which most networks learn."""

from __future__ import annotations

from math import sqrt

from cnnviz.training.case import Advice
from cnnviz.training.config import TrainingConfig

_RATES = {"adam": 1e-3, "adamw": 1e-3, "muon": 1e-3}
_SGD = 0.2  # with what momentum makes of it, for batches of 32 and more
_SGD_ALONE = 0.1
SOME = 0.5
"""Less momentum than that is nearly none."""
_MOSTLY = 0.9
_SPEED = 1.5  # of the recipe
_BATCH = 32


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
