"""How long a run will take, and whether its steps fit into the memory, before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import median
from typing import Literal

from cnnviz.data import DATASETS, counts, form
from cnnviz.networks import Network
from cnnviz.networks.table import table, totals
from cnnviz.runs.records import Run
from cnnviz.training import TrainingConfig, devices

_START = 5.0  # seconds until a process has loaded torch and the images
_NEWEST = 5  # runs alike whose median counts: a machine may have been busy during one of them
_MOST_OTHERS = 40
_VIEWS = {"none": 1, "mirror": 2, "translate": 6}
_FORWARD = 1 / 3  # of a training step: the backward pass costs twice as much

# Seconds on two CPU cores, fitted to eleven networks in batches of 128 on MNIST and CIFAR-10: within a quarter of each.
_PER_MAC = 10.4e-12
_PER_BYTE = 0.47e-9  # of the outputs of all layers
_PER_IMAGE = 18e-6
_PER_LAYER = 100e-6  # of each step, whatever the batch
_PER_PARAMETER = 2e-9  # of each step: the optimiser's work

_SMALL = 500e6  # bytes that every machine has: nothing to look at more closely


@dataclass(frozen=True)
class Estimate:
    seconds: float
    """Of the whole run."""
    known_from: Literal["same run", "other runs", "a rule of thumb"]


@dataclass(frozen=True)
class _Cost:
    """Seconds of training by the rule of thumb."""

    image: float
    step: float

    def per_image(self, batch_size: int) -> float:
        return self.image + self.step / batch_size


def estimate(network: Network, dataset: str, config: TrainingConfig, runs: Sequence[Run]) -> Estimate | None:
    """How long training takes, by ``runs`` of this machine, the newest first; None where nothing here tells.

    A run of the same network with the same batches is believed; others tell how fast the machine is beside the rule of
    thumb. The rule itself is for CPUs: of a GPU without runs nothing is known.
    """
    device, cost = _device(config), _cost(network, dataset)
    by_rule = cost.per_image(config.batch_size)
    here = [run for run in runs if run.images_per_second and run.spec.dataset in DATASETS]
    here = [run for run in here if _device(run.spec.config) == device]
    alike = [run for run in here if _is_alike(run, network, dataset, config)][:_NEWEST]
    known_from: Literal["same run", "other runs", "a rule of thumb"]
    if alike:
        known_from, factor = "same run", median(_seconds_per_image(run) for run in alike) / by_rule
    elif here:
        known_from, factor = "other runs", median(_slowness(run) for run in here[:_MOST_OTHERS])
    elif device == "cpu":
        known_from, factor = "a rule of thumb", 1.0
    else:
        return None
    train, test = counts(dataset)
    measured = (config.epochs + 1) * (config.held_out or test) + bool(config.held_out) * test
    learning = config.epochs * max(train - config.held_out, 0) * by_rule
    testing = measured * cost.image * _FORWARD * _VIEWS[config.test_time_augmentation]
    return Estimate(_START + factor * (learning + testing), known_from)


def shortage(network: Network, config: TrainingConfig) -> str:
    """Why a step of the run would not fit into the memory that is free now, in a sentence; nothing where it does."""
    if _device(config) != "cpu":  # to ask a GPU would take memory from it
        return ""
    cost = totals(table(network))
    if cost.training_bytes(config.batch_size) < _SMALL:
        return ""
    import torch

    from cnnviz.training import memory

    free, per_image = memory.free_bytes(torch.device("cpu")), cost.kept_bytes
    if free is None or memory.needed_bytes(network, config.batch_size, config.optimizer, per_image) <= free:
        return ""
    return memory.complaint(network, config.batch_size, config.optimizer, free, per_image)


def _is_alike(run: Run, network: Network, dataset: str, config: TrainingConfig) -> bool:
    """Whether its speed is that of such a run. The last layer is the dataset's, so it need not be fitted already."""
    its = run.spec.config
    return (run.spec.dataset, its.batch_size, its.precision, its.compile, its.recipe) == (
        dataset,
        config.batch_size,
        config.precision,
        config.compile,
        config.recipe,
    ) and run.spec.network.layers[:-1] == network.layers[:-1]


def _seconds_per_image(run: Run) -> float:
    assert run.images_per_second
    return 1 / run.images_per_second


def _slowness(run: Run) -> float:
    """How much longer it took than by the rule of thumb."""
    spec = run.spec
    return _seconds_per_image(run) / _cost(spec.network, spec.dataset).per_image(spec.config.batch_size)


@lru_cache(maxsize=256)
def _cost(network: Network, dataset: str) -> _Cost:
    shape, classes = form(dataset)
    if (network.input_shape, network.shapes[-1]) != (shape, (classes,)):
        network = network.fitted(shape, classes)
    rows = table(network)
    cost = totals(rows)
    return _Cost(
        _PER_IMAGE + cost.macs * _PER_MAC + cost.activation_bytes * _PER_BYTE,
        len(rows) * _PER_LAYER + cost.params * _PER_PARAMETER,
    )


@cache
def _fastest() -> str:
    return devices()[0]


def _device(config: TrainingConfig) -> str:
    return _fastest() if config.device == "auto" else config.device
