"""A run that learns badly, as it is looked at, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cnnviz.networks import Network
from cnnviz.training.config import TrainingConfig
from cnnviz.training.events import Signs
from cnnviz.training.signs import LEAST

_ABOVE_GUESSING = 0.2
"""Of the way from guessing to all right: a run that has come no further knows next to nothing."""


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

    @property
    def last(self) -> Signs | None:
        """After some training; None where that was not measured."""
        return self.signs[-1] if len(self.signs) > 1 else None

    @property
    def is_lost(self) -> bool:
        """It failed, or knows little more than guessing would."""
        if self.failed or self.last is None:
            return self.failed
        chance = 1 / self.network.shapes[-1][0]
        return self.last.accuracy < chance + _ABOVE_GUESSING * (1 - chance)

    @property
    def few_images(self) -> int | None:
        """How many images it learns from, where they are so few that the signs are of all of them."""
        return next((one.images for one in self.signs if one.images < LEAST), None)
