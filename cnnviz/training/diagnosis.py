"""What the distance between training and test says, in words, and what one could try.

After Goodfellow, Bengio and Courville, "Deep Learning", 2016, chapters 5.2 and 11.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from cnnviz.training.config import TrainingConfig

Kind = Literal["early", "not learning", "underfitting", "still learning", "overfitting", "good"]

_LUCK = 0.05  # so much above guessing is no learning
_GAP = 0.08  # points between train and test that are more than noise
_HIGH = 0.9  # of the training images: the network is large enough
_GAIN = 0.01  # in an epoch: worth another one
_PATIENCE = 3  # epochs: one alone may fall back
_WORSE = 1.05  # times the lowest test loss
_DECAY = {
    "sgd": "weight decay of 0.0005",
    "muon": "weight decay of 0.01",
    "adamw": "weight decay of 0.01",
    "adam": "AdamW with a weight decay of 0.01",
}


@dataclass(frozen=True)
class Progress:
    """Where a run stood at the end of an epoch; accuracies are shares. What is called test are the images measured."""

    epoch: int
    train_accuracy: float
    test_accuracy: float
    test_loss: float


@dataclass(frozen=True)
class Diagnosis:
    kind: Kind
    title: str
    says: str
    """The numbers, in a sentence or two."""
    advice: tuple[str, ...]
    """What one could try, the likeliest first."""


def progress(
    train_epochs: Sequence[float],
    train_accuracies: Sequence[float],
    test_epochs: Sequence[float],
    test_losses: Sequence[float],
    test_accuracies: Sequence[float],
) -> list[Progress]:
    """By epoch, from the points of the curves: the training accuracy is the mean over the epoch's own points."""
    of_epoch: dict[int, list[float]] = {}
    for at, accuracy in zip(train_epochs, train_accuracies, strict=True):
        of_epoch.setdefault(ceil(at), []).append(accuracy)
    found = []
    for epoch, loss, accuracy in zip(test_epochs, test_losses, test_accuracies, strict=True):
        if epoch and (own := of_epoch.get(ceil(epoch))):
            found.append(Progress(ceil(epoch), sum(own) / len(own), accuracy, loss))
    return found


def diagnose(done: Sequence[Progress], classes: int, config: TrainingConfig) -> Diagnosis:
    """``done`` by epoch, the oldest first."""
    if not done:
        return Diagnosis("early", "Too early to tell", "The first epoch is not over.", ())
    last, guessing = done[-1], 1 / classes
    best = min(done, key=lambda one: one.test_loss)
    gap = last.train_accuracy - last.test_accuracy
    harder = _harder(config)
    new = f"{last.test_accuracy:.1%} of the {config.measured} images"
    numbers = f"{last.train_accuracy:.1%} of the training images{harder} and {new}"
    gain = last.test_accuracy - done[-2].test_accuracy if len(done) > 1 else 1.0
    ended = last.epoch >= config.epochs
    stands = len(done) > _PATIENCE and last.test_accuracy - done[-1 - _PATIENCE].test_accuracy <= _GAIN
    if last.train_accuracy < guessing + _LUCK and last.test_accuracy < guessing + _LUCK:
        return Diagnosis(
            "not learning",
            "Not learning",
            f"Right are {numbers}: about as many as guessing among {classes} classes gives.",
            (
                _other_rate(config),
                "normalisation (BatchNorm2d) after the convolutions of a deep network",
            ),
        )
    if gap > _GAP:
        worse = last.test_loss > best.test_loss * _WORSE and best.epoch < last.epoch
        turned = (
            f" The {config.measured} loss was lowest after epoch {best.epoch} and has grown since." if worse else ""
        )
        return Diagnosis(
            "overfitting",
            "Overfitting",
            f"Right are {numbers}: {100 * gap:.0f} points apart. The network knows its training images better than their "
            f"kind.{turned}",
            _against_overfitting(config, best.epoch if worse else None),
        )
    if last.train_accuracy < _HIGH and (gain > _GAIN or not (ended or stands)):
        return Diagnosis(
            "still learning",
            "Still learning",
            f"Right are {numbers} after the first epoch."
            if len(done) == 1
            else f"Right are {numbers}, and the last epoch brought {100 * gain:.1f} points."
            if gain > _GAIN
            else f"Right are {numbers}. The last epoch brought nothing, which one epoch may.",
            ("more epochs",) if ended else (),
        )
    if last.train_accuracy < _HIGH:
        return Diagnosis(
            "underfitting",
            "Underfitting",
            f"Right are {numbers}: the two stay together, and both stay low.",
            _against_underfitting(config),
        )
    return Diagnosis("good", "A good fit", f"Right are {numbers}: close together, and high.", ())


def _other_rate(config: TrainingConfig) -> str:
    """What is usual lies between these two for most networks."""
    low, high = (0.01, 0.5) if config.optimizer in ("sgd", "muon") else (0.0003, 0.01)
    if config.learning_rate > high:
        return f"a smaller learning rate: {high:g} or less is usual"
    if config.learning_rate < low:
        return f"a larger learning rate: {low:g} or more is usual"
    return f"a learning rate ten times smaller ({config.learning_rate / 10:g})"


def _is_changed(config: TrainingConfig) -> bool:
    return bool(config.crop_padding or config.translate or config.cutout or config.colour_shift)


def _harder(config: TrainingConfig) -> str:
    """Why training images may be the harder ones."""
    ways = ["changed" if _is_changed(config) else "", "with dropout" if config.dropout else ""]
    said = " and seen ".join(way for way in ways if way)
    return f" ({said})" if said else ""


def _against_overfitting(config: TrainingConfig, turned: int | None) -> tuple[str, ...]:
    advice = []
    if not (config.crop_padding or config.translate):
        advice.append(
            "changed images: shifted" + (", and mirrored where that makes sense" if config.flip == "none" else "")
        )
    elif not config.cutout:
        advice.append("changed images: a hidden square (cutout)")
    if not config.dropout:
        advice.append("dropout of 0.3 to 0.5 before the Linear layers")
    if config.weight_decay < 1e-4:
        advice.append(_DECAY[config.optimizer])
    if turned:
        advice.append(f"stopping after epoch {turned}")
    advice.append("convolutions instead of Linear layers, or fewer units: less to learn by heart with")
    return tuple(advice)


def _against_underfitting(config: TrainingConfig) -> tuple[str, ...]:
    advice = []
    if config.dropout or config.weight_decay > 1e-3 or _is_changed(config) or config.label_smoothing > 0.1:
        advice.append("less dropout, weight decay or change of the images")
    advice.append("more filters or more layers")
    if config.schedule == "constant":
        advice.append("a schedule that ends with small steps (cosine or one_cycle)")
    advice.append("more epochs, or a larger learning rate")
    return tuple(advice)
