"""What the store knows of a run."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from cnnviz.data import DATASETS, counts
from cnnviz.networks import Network
from cnnviz.training import Mistake, Off, Signs, TrainingConfig
from cnnviz.training.accuracy import percent

Status = Literal["queued", "running", "stopped", "interrupted", "failed", "finished"]
ACTIVE = ("queued", "running")
RESUMABLE = ("stopped", "interrupted", "failed")
STATE = "state.safetensors"
"""In a run's folder: all that it takes to go on."""
_OF_THE_SETTINGS = re.compile(r"The loss (became|grew to) \S+ at step ")
"""How the last words of a run begin that has not ended by chance."""


class Spec(BaseModel):
    """What a run is to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network
    dataset: str
    config: TrainingConfig
    command: str = ""
    minutes: int = 0
    """The most that it may train at a stretch; 0 is no limit."""


@lru_cache(maxsize=2_000)  # a run's never changes, and a deep network takes a while to check
def read_spec(text: str) -> Spec:
    """Raises ValueError where it is none, of a newer release for instance."""
    return Spec.model_validate_json(text)


@dataclass(frozen=True)
class Run:
    id: str
    spec: Spec
    status: Status
    created: float
    started: float | None
    ended: float | None
    step: int
    total_steps: int
    epochs_done: int
    images_per_second: float | None
    seconds_left: float | None
    test_accuracy: float | None
    message: str
    stop_requested: bool
    visitor: str
    """Who asked for it, where the app has several visitors."""
    turn: int
    """The queue goes by it: see ``cnnviz.runs.queue_order``."""
    queued: float
    """When it was queued last."""
    launched: float | None
    """When it left the queue."""
    seconds: float
    """Spent on it in earlier sittings."""
    title: str = ""
    """What its owner calls it."""
    notes: str = ""

    @property
    def name(self) -> str:
        """What people read."""
        return self.title or self.id

    @property
    def accuracy(self) -> str:
        """Of the test images, as it is told everywhere: ``89.6%``; nothing where they have not been measured."""
        dataset = self.spec.dataset
        images = counts(dataset)[1] if dataset in DATASETS else 0
        return "" if self.test_accuracy is None else percent(self.test_accuracy, images)

    @property
    def would_fail_again(self) -> bool:
        """Whether its settings were at fault: every step would be the same, as far as the one at which it ended."""
        return self.status in RESUMABLE and _OF_THE_SETTINGS.match(self.message) is not None

    @property
    def waiting(self) -> bool:
        return self.status == "queued" and self.launched is None

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.total_steps // self.spec.config.epochs)

    @property
    def progress(self) -> float:
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0


def ended_early(status: Status, epochs_done: int, epochs: int) -> str:
    """``stopped after epoch 2 of 10``; nothing of a run that is done, or still to end."""
    if status not in RESUMABLE:
        return ""
    words = status if status == "failed" else f"was {status}"
    return (
        f"{words} after epoch {epochs_done} of {epochs}" if epochs_done else f"{words} before its first epoch was done"
    )


@dataclass(frozen=True)
class Outcome:
    """What a network said of the test or held-out images after an epoch."""

    epoch: int
    confusion: NDArray[np.int64]
    """How many images of each class (row) got which answer (column)."""
    mistakes: tuple[Mistake, ...]
    """Those that it was surest of, the surest first."""
    answers: NDArray[np.uint8] | None = None
    """The class that each image was taken for, ``(images,)``; None in runs of earlier releases."""

    def given(self, labels: NDArray[np.int64], label: int, answer: int) -> list[int]:
        """The numbers of the images of a class that got this answer; ``labels`` are those of all images measured."""
        if self.answers is None or len(self.answers) != len(labels):
            return []
        return [int(at) for at in np.flatnonzero((labels == label) & (self.answers == answer))]

    @property
    def class_accuracies(self) -> NDArray[np.float64]:
        """The share of each class's images that were answered right; NaN for a class without any."""
        counts = self.confusion.sum(1)
        return np.where(counts > 0, self.confusion.diagonal() / np.maximum(counts, 1), np.nan)


@dataclass(frozen=True)
class Curve:
    """One split's measurements, oldest first."""

    steps: list[int]
    epochs: list[float]
    losses: list[float]
    accuracies: list[float]
    times: list[float]
    """When each was measured, in seconds since 1970."""


def signs_text(signs: Signs) -> str:
    """As it is written down."""
    return json.dumps(asdict(signs))


def read_signs(text: str) -> Signs:
    values = json.loads(text)
    return Signs(**{**values, "off": tuple(Off(**one) for one in values["off"])})


def outcome_row(outcome: Outcome) -> tuple[int, str, str]:
    """Epoch, confusion and mistakes as they are written down."""
    mistakes = [(one.image, one.label, one.answer, round(one.confidence, 6)) for one in outcome.mistakes]
    return outcome.epoch, json.dumps(outcome.confusion.tolist()), json.dumps(mistakes)


def answers_blob(outcome: Outcome) -> bytes | None:
    """The answers as they are written down: about 4 kB for 10,000 images."""
    return None if outcome.answers is None else zlib.compress(outcome.answers.tobytes())


def read_outcome(epoch: int, confusion: str, mistakes: str, answers: bytes | None = None) -> Outcome:
    return Outcome(
        epoch,
        np.array(json.loads(confusion), np.int64),
        tuple(Mistake(*row) for row in json.loads(mistakes)),
        None if answers is None else np.frombuffer(zlib.decompress(answers), np.uint8),
    )
