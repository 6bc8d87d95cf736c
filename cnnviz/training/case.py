"""A run that learns badly, as it is looked at, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cnnviz.networks import Network
from cnnviz.training.config import TrainingConfig
from cnnviz.training.events import Signs


@dataclass(frozen=True)
class Advice:
    says: str
    """What to try, to be read after "try" or "one could try"."""
    changes: dict[str, object] = field(default_factory=dict)
    """The same as values of ``TrainingConfig``."""
    network: Network | None = None
    """The same as a network to train in the place of this one."""


@dataclass(frozen=True)
class Cause:
    says: str
    """What was measured, and what it means: a sentence."""
    advice: Advice


@dataclass(frozen=True)
class Case:
    """A run that does not learn, or not well."""

    config: TrainingConfig
    network: Network
    """As it was trained."""
    steps_per_epoch: int
    signs: Sequence[Signs] = ()
    """Before training, and after each epoch since."""
    failed: bool = False
    """The loss grew beyond all bounds."""

    @property
    def total_steps(self) -> int:
        return self.config.epochs * self.steps_per_epoch

    @property
    def side(self) -> int:
        return min(self.network.input_shape[1:])
