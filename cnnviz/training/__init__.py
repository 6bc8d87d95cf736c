"""The training loop as a generator of events; its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.events import Checkpoint, Epoch, Event, Finished, Snapshot, Step

if TYPE_CHECKING:
    from cnnviz.data import Dataset
    from cnnviz.networks import Network


def train(network: Network, dataset: Dataset, config: TrainingConfig) -> Iterator[Event]:
    """``cnnviz.training.loop.train``; torch is loaded only here, because pages need the settings without it."""
    from cnnviz.training import loop

    return loop.train(network, dataset, config)


__all__ = ["Checkpoint", "Epoch", "Event", "Finished", "Snapshot", "Step", "TrainingConfig", "devices", "train"]
