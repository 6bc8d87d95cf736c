"""What there is to see of training: of a run of the store and of a checkpoint that comes with the app alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.networks import Network
from cnnviz.runs.checkpoints import SHIPPED, CheckpointError, read_card, replace_file, shipped
from cnnviz.runs.moments import Moments, read_moments_at
from cnnviz.runs.records import Curve, Outcome, Run, Status, outcome_row, read_outcome
from cnnviz.runs.store import RunStore
from cnnviz.thinning import thinned
from cnnviz.training import TrainingConfig

_MOST_POINTS = 200  # of a curve: as many as are drawn
_PARTS = tuple(Curve.__dataclass_fields__)


@dataclass(frozen=True)
class Result:
    name: str
    """A run's id, or the name of a checkpoint that comes with the app."""
    title: str
    """For people."""
    network: Network
    dataset: str
    config: TrainingConfig
    command: str
    notes: str
    class_names: tuple[str, ...]
    status: Status
    epochs_done: int
    test_accuracy: float | None
    test_images: int
    """How many measure that accuracy."""
    train_accuracy: float | None
    """By the weights that are kept; of older runs the mean over the last epoch, while the network learned."""
    seconds: float
    train: Curve
    test: Curve
    """Of what was measured after each epoch: ``config.evaluated_on``."""
    outcomes: list[Outcome]
    """By epoch, the oldest first; of a run the newest alone; there may be none."""
    shipped: bool


def read_result(name: str, store: RunStore) -> Result:
    """Raises CheckpointError where there is no such run or checkpoint, or its files are damaged."""
    if name in shipped():
        return _shipped(name)
    run = store.find(name)
    if run is None:
        raise CheckpointError(f"There is no run {name[:60]!r} any more.")
    return _of_run(run, store)


def read_moments(name: str, store: RunStore) -> Moments | None:
    """The moments that were kept, with the newest look at a run that trains; None where there are none."""
    if name in shipped():
        return read_moments_at(SHIPPED / name)
    folder = store.folder(name)
    kept, now = read_moments_at(folder / "checkpoint"), read_moments_at(folder / "now")
    if kept is None or now is None or not len(kept) or now.steps[-1] <= kept.steps[-1]:
        return kept
    return Moments(
        *(np.concatenate([getattr(kept, part), getattr(now, part)]) for part in Moments.__dataclass_fields__)
    )


def write_history(store: RunStore, run_id: str, checkpoint: Path, train_accuracy: float | None = None) -> None:
    """Curves, thinned for the screen, and outcomes of a run, beside a checkpoint that is to be shipped.

    ``train_accuracy`` is that of the shipped weights, where it was measured.
    """
    if train_accuracy is None:
        train_accuracy = store.train_accuracy(store.get(run_id))
    history = {
        "train": _as_lists(store.curve(run_id, "train")),
        "test": _as_lists(store.curve(run_id, "test")),
        "outcomes": [outcome_row(one) for one in store.outcomes(run_id)],
        "train_accuracy": train_accuracy,
    }
    replace_file(_history_file(checkpoint), (json.dumps(history, separators=(",", ":")) + "\n").encode())


def _history_file(checkpoint: Path) -> Path:
    return checkpoint.with_name(f"{checkpoint.name}.history.json")


def _as_lists(curve: Curve) -> list[list[float]]:
    keep = thinned(len(curve.steps), _MOST_POINTS)
    steps, *others = (getattr(curve, part) for part in _PARTS[:-1])
    return [[steps[i] for i in keep], *([float(f"{values[i]:.6g}") for i in keep] for values in others)]


def _curve(steps: list[int], epochs: list[float], losses: list[float], accuracies: list[float]) -> Curve:
    return Curve(steps, epochs, losses, accuracies, times=[0.0] * len(steps))


def _of_run(run: Run, store: RunStore) -> Result:
    from cnnviz.data import DATASETS, class_names, counts

    if run.spec.dataset not in DATASETS:
        raise CheckpointError(f"{run.name} is of the dataset {run.spec.dataset!r}, which is not known here.")
    epochs = store.outcome_epochs(run.id)
    outcome = store.outcome(run.id, epochs[-1]) if epochs else None
    return Result(
        name=run.id,
        title=run.name,
        network=run.spec.network,
        dataset=run.spec.dataset,
        config=run.spec.config,
        command=run.spec.command,
        notes=run.notes,
        class_names=class_names(run.spec.dataset),
        status=run.status,
        epochs_done=run.epochs_done,
        test_accuracy=run.test_accuracy,
        test_images=counts(run.spec.dataset)[1],
        train_accuracy=store.train_accuracy(run),
        seconds=run.seconds,
        train=store.curve(run.id, "train", _MOST_POINTS),
        test=store.curve(run.id, "test"),
        outcomes=[outcome] if outcome else [],
        shipped=False,
    )


def _shipped(name: str) -> Result:
    card = read_card(SHIPPED / name)
    try:
        history = json.loads(_history_file(SHIPPED / name).read_bytes())
        train, test = (_curve(*history[split]) for split in ("train", "test"))
        outcomes = [read_outcome(*row) for row in history["outcomes"]]
        learned = history["train_accuracy"]
    except (OSError, ValueError, TypeError, KeyError, IndexError):  # weights alone
        train = test = Curve([], [], [], [], [])
        outcomes, learned = [], None
    return Result(
        name=name,
        title=name,
        network=card.network,
        dataset=card.dataset,
        config=card.config,
        command=card.command,
        notes=card.notes,
        class_names=card.class_names,
        status="finished",
        epochs_done=card.epochs_done,
        test_accuracy=card.test_accuracy,
        test_images=card.test_images,
        train_accuracy=learned,
        seconds=card.seconds,
        train=train,
        test=test,
        outcomes=outcomes,
        shipped=True,
    )
