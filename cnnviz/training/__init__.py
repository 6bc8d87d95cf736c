"""The training loop as a generator of events; its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.errors import Stop, TrainingError
from cnnviz.training.events import (
    Checkpoint,
    Epoch,
    Event,
    Finished,
    Glance,
    Kept,
    Mistake,
    Moment,
    Off,
    Signs,
    Snapshot,
    Started,
    Step,
    Weights,
)

if TYPE_CHECKING:
    from cnnviz.data import Dataset
    from cnnviz.networks import Network
    from cnnviz.training.team import Team


def train(
    network: Network,
    dataset: Dataset,
    config: TrainingConfig,
    *,
    state: Weights | None = None,
    team: Team | None = None,
) -> Iterator[Event]:
    """``cnnviz.training.loop.train``; torch is loaded only here, because pages need the settings without it."""
    from cnnviz.training import loop
    from cnnviz.training.team import ALONE

    return loop.train(network, dataset, config, state=state, team=team or ALONE)


__all__ = [
    "Checkpoint",
    "Epoch",
    "Event",
    "Finished",
    "Glance",
    "Kept",
    "Mistake",
    "Moment",
    "Off",
    "Signs",
    "Snapshot",
    "Started",
    "Step",
    "Stop",
    "TrainingConfig",
    "TrainingError",
    "Weights",
    "devices",
    "train",
]
