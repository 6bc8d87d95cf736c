"""What the tests of runs share: a network that trains an epoch of the digits in a blink, and an engine without processes."""

from __future__ import annotations

from typing import Any

from cnnviz.layers import Conv2d, Flatten, Linear
from cnnviz.networks import Network
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig

TINY = Network(
    name="Tiny",
    input_shape=(1, 28, 28),
    layers=[Conv2d(out_channels=4, kernel_size=5, stride=4), Flatten(), Linear(out_features=10)],
)


def tiny(dataset: str = "digits", minutes: int = 0, **settings: Any) -> Spec:
    """A run of the tiny network: on the CPU, six batches an epoch."""
    config = TrainingConfig(**{"batch_size": 256, "device": "cpu", **settings})
    return Spec(network=TINY, dataset=dataset, config=config, minutes=minutes)


class Recorder:
    """An engine that only writes down what it is asked to launch; ``end`` is the work that it never does."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.launched: list[str] = []

    def launch(self, run_id: str) -> None:
        self.launched.append(run_id)

    def end(self, run_id: str) -> None:
        with self.store.claim(run_id):
            self.store.start(run_id)
            self.store.end(run_id, "finished")
