"""Several runs that differ in one setting."""

from __future__ import annotations

import re

from pydantic import ValidationError

from cnnviz.training import TrainingConfig
from cnnviz.training.settings import SETTINGS, options
from cnnviz.wrong_values import wrong_value

GRID_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.grid)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")
MOST = 6  # as many as one can compare


class GridError(ValueError):
    """Values that make no grid: one sentence that says why."""


def grid(config: TrainingConfig, name: str, values: str) -> list[TrainingConfig]:
    """One config a value of the setting ``name``; ``values`` are separated by commas, semicolons or spaces.

    Beside semicolons a comma within a number is a decimal one. Raises GridError.
    """
    if ";" in values:
        values = _DECIMAL_COMMA.sub(r"\1.\2", values)
    words = list(dict.fromkeys(word for word in re.split(r"[,;\s]+", values) if word))
    if len(words) < 2:
        raise GridError("Type two values or more, with commas between them.")
    if len(words) > MOST:
        raise GridError(f"{len(words)} runs are too many at once: take {MOST} or fewer.")
    configs = []
    for word in words:
        try:
            made = TrainingConfig.model_validate({**config.model_dump(), name: word})
        except ValidationError as error:
            raise GridError(f"{word}: {_reason(error, name)}.") from None
        if made.conflict and not config.conflict:  # else no value of this setting is at fault
            raise GridError(f"{word}: {made.conflict}")
        if made not in configs:
            configs.append(made)
    if len(configs) < 2:
        raise GridError("These are all the same value: type two that differ.")
    return configs


def _reason(error: ValidationError, name: str) -> str:
    if choices := options(name):
        return f"choose among {', '.join(choices)}"
    return f"it {wrong_value(error).reason}"
