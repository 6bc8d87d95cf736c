"""What ``TrainingConfig`` declares of its settings, by their names."""

from __future__ import annotations

from typing import get_args

from annotated_types import Ge, Gt, Le, Lt

from cnnviz.training.config import TrainingConfig
from cnnviz.training.setting import Setting

SETTINGS: dict[str, Setting] = {
    name: next(one for one in field.metadata if isinstance(one, Setting))
    for name, field in TrainingConfig.model_fields.items()
}
"""By the names of ``TrainingConfig``, in the order in which they are shown."""


def bounds(name: str) -> tuple[float, float]:
    """The least and the most that a control offers for a setting that is a number."""
    least, most = SETTINGS[name].least, SETTINGS[name].most
    for one in TrainingConfig.model_fields[name].metadata:
        if least is None and isinstance(one, Ge):
            least = float(str(one.ge))
        if most is None and isinstance(one, Le):
            most = float(str(one.le))
    assert least is not None
    assert most is not None
    return least, most


def options(name: str) -> tuple[str, ...]:
    """The values of a setting that is one of a few words; none where it is another kind."""
    return tuple(one for one in get_args(TrainingConfig.model_fields[name].annotation) if isinstance(one, str))


def is_number(name: str) -> bool:
    return any(isinstance(one, Ge | Gt | Le | Lt) for one in TrainingConfig.model_fields[name].metadata)
