"""Runs that are broken each in its own way, and what comes of following the first advice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import AnyLayer, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sigmoid, Tanh
from cnnviz.networks import Network, architecture
from cnnviz.networks.dropouts import with_dropout
from cnnviz.training import Epoch, Signs, Step, TrainingConfig, TrainingError, train
from cnnviz.training.case import Advice, Case
from cnnviz.training.causes import causes
from cnnviz.training.diagnosis import Diagnosis, diagnose, progress

HEALTHY = {"epochs": 3, "batch_size": 32, "optimizer": "adam", "learning_rate": 0.002}


def deep(activation: type[ReLU | Sigmoid | Tanh], depth: int) -> Network:
    layers: list[AnyLayer] = []
    for number in range(depth):
        layers += [Conv2d(out_channels=8, kernel_size=3, padding=1), activation()]
        if number in (1, 3):
            layers.append(MaxPool2d(kernel_size=2))
    return Network(name="deep", input_shape=(1, 28, 28), layers=(*layers, Flatten(), Linear(out_features=10)))


def dropping(p: float) -> Network:
    """Four layers of dropout, one after the other."""
    layers = (
        Dropout(p=p), Conv2d(out_channels=8, kernel_size=3), Dropout(p=p), ReLU(), MaxPool2d(kernel_size=2),
        Dropout(p=p), Flatten(), Linear(out_features=32), Dropout(p=p), ReLU(), Linear(out_features=10),
    )  # fmt: skip
    return Network(name="dropping", input_shape=(1, 28, 28), layers=layers)


def normalised() -> Network:
    layers: list[AnyLayer] = []
    for _ in range(2):
        layers += [Conv2d(out_channels=8, kernel_size=3), BatchNorm2d(), ReLU()]
    layers += [MaxPool2d(kernel_size=2), Flatten(), Linear(out_features=10)]
    return Network(name="normalised", input_shape=(1, 28, 28), layers=tuple(layers))


def _with_a_high_rate(r: Random) -> dict[str, Any]:
    """Of SGD, 5 to 7.5 times the usual, with something else that is at fault."""
    other = r.choice(
        [{"weight_decay": r.choice([0.05, 0.5, 1])}, {"dropout": 0.9}, {"cutout": 28}, {"network": dropping(0.7)}]
    )
    return {"optimizer": "sgd", "learning_rate": r.choice([0.1, 0.15]), **other}


KINDS: dict[str, Callable[[Random], dict[str, Any]]] = {
    "rate too high": lambda r: {
        "optimizer": r.choice(["adam", "sgd", "adamw"]), "learning_rate": r.choice([0.3, 1, 3, 10]),
    },
    "rate too low": lambda r: {"optimizer": r.choice(["adam", "sgd"]), "learning_rate": r.choice([1e-6, 1e-5])},
    "decay shrinks": lambda r: r.choice(
        [
            {"weight_decay": r.choice([1, 3, 10])},
            {"optimizer": "sgd", "learning_rate": 0.02, "weight_decay": r.choice([1, 2, 10])},
            {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 10},
        ]
    ),
    "decay flips": lambda r: {"optimizer": "sgd", "learning_rate": r.choice([0.5, 1]), "weight_decay": r.choice([8, 10])},
    "warm-up too long": lambda r: {"warmup_epochs": r.choice([100, 500, 1000])},
    "momentum": lambda r: {
        "optimizer": "sgd", "learning_rate": r.choice([0.05, 0.1]), "momentum": r.choice([0.99, 0.995, 0.999]),
    },
    "depth": lambda r: {
        "network": deep(*r.choice([(Sigmoid, 4), (Sigmoid, 6), (Tanh, 16), (ReLU, 20)])),
    },
    "dead units": lambda r: {"learning_rate": r.choice([0.05, 0.1])},
    "dropout": lambda r: {"dropout": r.choice([0.95, 0.99])},
    "hidden images": lambda r: r.choice(
        [{"cutout": 32}, {"cutout": 28, "crop_padding": 16}, {"translate": 16, "crop_padding": 16}]
    ),
    "shrinking rate": lambda r: {
        "schedule": "step", "step_epochs": r.choice([0.02, 0.1]), "step_factor": r.choice([0.1, 0.01]),
    },
    "few steps": lambda r: {"batch_size": r.choice([1_400, 4_096]), "epochs": 2, "learning_rate": 0.001},
    "a high rate with another fault": _with_a_high_rate,
    "few steps, high rate": lambda r: {
        "optimizer": "sgd", "epochs": 2, **r.choice(
            [{"learning_rate": 0.4, "batch_size": 700}, {"learning_rate": 0.05, "batch_size": 256, "network": normalised()}]
        ),
    },
    "several dropouts": lambda r: {"network": dropping(r.choice([0.6, 0.65, 0.7, 0.74]))},
    "held out": lambda r: {"held_out": r.choice([1_340, 1_380, 1_398])},
    "hidden, yet apart": lambda r: {"network": normalised(), "cutout": 24, "batch_size": 64, "epochs": 2},
    "short": lambda r: r.choice(
        [
            {"epochs": 1, "optimizer": "sgd", "learning_rate": 0.02},
            {"epochs": 1, "learning_rate": 0.001, "ema": r.choice([0.99, 0.999])},
        ]
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    accuracy: float
    error: str
    diagnosis: Diagnosis | None
    advice: Advice | None


def broken(kind: str, random: Random) -> tuple[Network, Dataset, TrainingConfig]:
    settings = {**HEALTHY, **KINDS[kind](random)}
    network = settings.pop("network", None) or architecture(random.choice(["lenet5", "tutorial_net"]))
    data = few_of(random.choice(["digits", "shapes"]))
    return network.fitted(data.input_shape, data.num_classes), data, TrainingConfig(device="cpu", **settings)


def few_of(dataset: str) -> Dataset:
    data = load_dataset(dataset)
    return replace(
        data,
        train=Split(data.train.images[:1_400], data.train.labels[:1_400]),
        test=Split(data.test.images[:300], data.test.labels[:300]),
    )


def outcome(network: Network, data: Dataset, config: TrainingConfig) -> Found:
    """Trains it and judges it, as the app does."""
    epochs: list[Epoch] = []
    points: list[tuple[float, float]] = []
    error = ""
    try:
        for event in train(network, data, config):
            if isinstance(event, Epoch):
                epochs.append(event)
            if isinstance(event, Step) and event.accuracy is not None:
                points.append((event.epoch, event.accuracy))
    except TrainingError as failure:
        error = str(failure)
    signs: list[Signs] = [event.signs for event in (epochs[0], *epochs[1:][-1:]) if event.signs]
    steps = -(-(len(data.train) - config.held_out) // config.batch_size)
    case = Case(config, with_dropout(network, config.dropout), steps, signs, bool(error))
    if error:
        return Found(epochs[-1].test_accuracy, error, None, causes(case)[0].advice)
    done = progress(
        [at for at, _ in points], [share for _, share in points],
        [float(e.epoch) for e in epochs], [e.test_loss for e in epochs], [e.test_accuracy for e in epochs],
        {e.epoch: e.signs.accuracy for e in epochs if e.signs},
    )  # fmt: skip
    found = diagnose(done, data.num_classes, config, case)
    return Found(epochs[-1].test_accuracy, "", found, next(iter(found.advice), None))


def followed(advice: Advice, network: Network, config: TrainingConfig) -> tuple[Network, TrainingConfig]:
    return advice.network or network, TrainingConfig(**{**config.model_dump(), **advice.changes})
