"""What the distance between training and test says, in words, and what one could try.

After Goodfellow, Bengio and Courville, "Deep Learning", 2016, chapters 5.2 and 11.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from cnnviz.layers import BatchNorm2d, Dropout
from cnnviz.networks import Network
from cnnviz.networks.draft import everything
from cnnviz.training.case import Advice, Case, Cause
from cnnviz.training.causes import causes, guessing, held_out, most_off, off_text
from cnnviz.training.config import TrainingConfig

Kind = Literal["early", "not learning", "statistics lag", "underfitting", "still learning", "overfitting", "good"]

_LUCK = 0.05  # so much above guessing is no learning
_GAP = 0.08  # points between train and test that are more than noise
_HIGH = 0.9  # of the training images: the network is large enough
_GAIN = 0.01  # in an epoch: worth another one
_PATIENCE = 3  # epochs: one alone may fall back
_WORSE = 1.05  # times the lowest test loss
_DECAY = {
    "sgd": Advice("weight decay of 0.0005", {"weight_decay": 5e-4}),
    "muon": Advice("weight decay of 0.01", {"weight_decay": 0.01}),
    "adamw": Advice("weight decay of 0.01", {"weight_decay": 0.01}),
    "adam": Advice("AdamW with a weight decay of 0.01", {"optimizer": "adamw", "weight_decay": 0.01}),
}


@dataclass(frozen=True)
class Progress:
    """Where a run stood at the end of an epoch; accuracies are shares. What is called test are the images measured."""

    epoch: int
    train_accuracy: float
    """Of training images as they are, by the weights that were tested, where that was measured; else ``running``."""
    test_accuracy: float
    test_loss: float
    running: float | None = None
    """The mean over the epoch, as the curve has it: while the weights moved, with each batch's own statistics."""


@dataclass(frozen=True)
class Diagnosis:
    kind: Kind
    title: str
    says: str
    """The numbers, in a sentence or two."""
    advice: tuple[Advice, ...]
    """What one could try, the likeliest first."""


def progress(
    train_epochs: Sequence[float],
    train_accuracies: Sequence[float],
    test_epochs: Sequence[float],
    test_losses: Sequence[float],
    test_accuracies: Sequence[float],
    evaluated: Mapping[int, float] = {},
) -> list[Progress]:
    """By epoch, from the points of the curves: the running accuracy is the mean over the epoch's own points.

    ``evaluated`` has the accuracy of training images by the weights at the end of an epoch, where that is known.
    """
    of_epoch: dict[int, list[float]] = {}
    for at, accuracy in zip(train_epochs, train_accuracies, strict=True):
        of_epoch.setdefault(ceil(at), []).append(accuracy)
    by_epoch = []
    for epoch, loss, accuracy in zip(test_epochs, test_losses, test_accuracies, strict=True):
        if epoch and (own := of_epoch.get(ceil(epoch))):
            running = sum(own) / len(own)
            by_epoch.append(Progress(ceil(epoch), evaluated.get(ceil(epoch), running), accuracy, loss, running))
    return by_epoch


def diagnose(done: Sequence[Progress], classes: int, config: TrainingConfig, case: Case | None = None) -> Diagnosis:
    """``done`` by epoch, the oldest first; ``case`` has the network and what else was measured, where that is known."""
    if not done:
        return Diagnosis("early", "Too early to tell", "The first epoch is not over.", ())
    last, chance = done[-1], 1 / classes
    best = min(done, key=lambda one: one.test_loss)
    gap = last.train_accuracy - last.test_accuracy
    new = f"{last.test_accuracy:.1%} of the {config.evaluated_on} images"
    numbers = f"{last.train_accuracy:.1%} of the training images and {new}"
    numbers += _beside(last, config, case)
    gain = last.test_accuracy - done[-2].test_accuracy if len(done) > 1 else 1.0
    ended = last.epoch >= config.epochs
    stands = len(done) > _PATIENCE and last.test_accuracy - done[-1 - _PATIENCE].test_accuracy <= _GAIN
    suspected = [] if case is None else causes(case) if last.train_accuracy < _HIGH else list(held_out(case))
    if last.running is not None and last.running - last.train_accuracy > _GAP and _has(case, BatchNorm2d):
        return _statistics_lag(last, new, config, ended)
    if last.train_accuracy < chance + _LUCK and last.test_accuracy < chance + _LUCK:
        return Diagnosis(
            "not learning",
            "Not learning",
            f"Right are {numbers}: about as many as guessing among {classes} classes gives.{_why(suspected)}"
            f"{_lost(classes, case, _why(suspected))}",
            _after(suspected, () if any(_explains(one) for one in suspected) else _for_the_unexplained()),
        )
    if gap > _GAP:
        suspected = [one for one in suspected if _explains(one)]  # longer, the two come further apart
        worse = last.test_loss > best.test_loss * _WORSE and best.epoch < last.epoch
        turned = (
            f" The {config.evaluated_on} loss was lowest after epoch {best.epoch} and has grown since." if worse else ""
        )
        return Diagnosis(
            "overfitting",
            "Overfitting",
            f"Right are {numbers}: {100 * gap:.0f} points apart. The network knows its training images better than their "
            f"kind.{turned}{_why(suspected)}",
            _after(suspected, _against_overfitting(config, best.epoch if worse else None, case)),
        )
    if last.train_accuracy < _HIGH and (gain > _GAIN or not (ended or stands)):
        advice = _after(suspected, (Advice("more epochs", {"epochs": _more(config.epochs)}),))
        return Diagnosis(
            "still learning",
            "Still learning",
            (
                f"Right are {numbers} after the first epoch."
                if len(done) == 1
                else f"Right are {numbers}, and the last epoch brought {100 * gain:.1f} points."
                if gain > _GAIN
                else f"Right are {numbers}. The last epoch brought nothing, which one epoch may."
            )
            + (_why(suspected) if ended else ""),
            advice if ended else (),
        )
    if last.train_accuracy < _HIGH:
        return Diagnosis(
            "underfitting",
            "Underfitting",
            f"Right are {numbers}: the two stay together, and both stay low.{_why(suspected)}",
            _after(suspected, _against_underfitting(config)),
        )
    return Diagnosis("good", "A good fit", f"Right are {numbers}: close together, and high.", ())


def _after(suspected: Sequence[Cause], usual: Sequence[Advice]) -> tuple[Advice, ...]:
    """What is suspected comes first, and nothing after it changes the same settings to other values."""
    first = [one.advice for one in suspected]
    settled = {name for one in first for name in one.changes}
    return (*first, *(one for one in usual if not settled & one.changes.keys()))


def _explains(cause: Cause) -> bool:
    """More than that a run was short."""
    return cause.advice.changes.keys() != {"epochs"}


def _more(epochs: int) -> int:
    return min(1_000, 2 * epochs)


def _why(suspected: Sequence[Cause]) -> str:
    return f" {suspected[0].says}" if suspected else ""


def _has(case: Case | None, kind: type) -> bool:
    return case is not None and any(isinstance(layer, kind) for layer in everything(case.network.layers))


def _statistics_lag(last: Progress, new: str, config: TrainingConfig, ended: bool) -> Diagnosis:
    return Diagnosis(
        "statistics lag",
        "The running statistics lag",
        f"While it learned, normalised by each batch's own mean and deviation, {last.running:.1%} of the training images were "
        f"right. With the running ones, by which it is tested, the same weights get {last.train_accuracy:.1%} of the training "
        f"images right and {new}: that is no overfitting. The running statistics are a mean over many steps and follow weights "
        "that still move fast from behind; they catch up when the steps become more, and smaller.",
        (
            Advice(
                "more epochs, with smaller steps at the end (one_cycle)",
                {"epochs": _more(config.epochs), "schedule": "one_cycle"},
            ),
            Advice("smaller batches, which make more steps", {"batch_size": max(8, config.batch_size // 4)}),
        )
        if ended
        else (),
    )


def _lost(classes: int, case: Case | None, told: str) -> str:
    """What else shows that nothing is known, beside what is ``told`` already."""
    if case is None or not case.signs:
        return ""
    now = case.signs[-1]
    said = f" A loss of {guessing(classes)}, is guessing; here it is {now.loss:.3g}."
    if now.commonest > _HIGH:
        said += f" {now.commonest:.0%} of the images get one and the same answer."
    if (off := most_off(now)) and off.share > 0.5 and off_text(off) not in told:
        said += f" {off_text(off)}."
    return said


def _for_the_unexplained() -> tuple[Advice, ...]:
    return (
        Advice("looking at training images with their labels: do they fit?"),
        Advice("more filters, where a layer has very few"),
    )


def _beside(last: Progress, config: TrainingConfig, case: Case | None) -> str:
    """Why the curve of the training images shows another number."""
    if last.running is None or abs(last.running - last.train_accuracy) < 0.02:
        return ""
    listing = listed(ways_of_learning(config, case.network if case else None))
    return f" (the train curve shows {last.running:.1%}, the mean over the epoch, {listing})"


def ways_of_learning(config: TrainingConfig, network: Network | None) -> list[str]:
    """In what a network that learns is another than the same network when it is tested."""
    layers = everything(network.layers) if network else ()
    kinds = {type(layer) for layer in layers}
    ways = ["while the weights move"]
    if _is_changed(config) or config.flip != "none":
        ways.append("on changed images")
    if config.dropout or (config.dropout is None and Dropout in kinds):
        ways.append("with dropout")
    if BatchNorm2d in kinds:
        ways.append("with each batch's own statistics")
    return ways


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _is_changed(config: TrainingConfig) -> bool:
    return bool(config.crop_padding or config.translate or config.cutout or config.colour_shift)


def _against_overfitting(config: TrainingConfig, turned: int | None, case: Case | None) -> tuple[Advice, ...]:
    advice = []
    if not (config.crop_padding or config.translate):
        mirrored = ", and mirrored where that makes sense" if config.flip == "none" else ""
        advice.append(Advice("changed images: shifted" + mirrored, {"crop_padding": 2}))
    elif not config.cutout:
        advice.append(Advice("changed images: a hidden square (cutout)", {"cutout": 8}))
    if not (config.dropout or (config.dropout is None and _has(case, Dropout))):
        advice.append(Advice("dropout of 0.3 to 0.5 before the Linear layers", {"dropout": 0.3}))
    if config.weight_decay < 1e-4:
        advice.append(_DECAY[config.optimizer])
    if turned:
        advice.append(Advice(f"stopping after epoch {turned}", {"epochs": turned}))
    advice.append(Advice("convolutions instead of Linear layers, or fewer units: less to learn by heart with"))
    return tuple(advice)


def _against_underfitting(config: TrainingConfig) -> tuple[Advice, ...]:
    advice = []
    if config.dropout or config.weight_decay > 1e-3 or _is_changed(config) or config.label_smoothing > 0.1:
        advice.append(Advice("less dropout, weight decay or change of the images", _undone(config)))
    if config.schedule == "constant":
        advice.append(Advice("a schedule that ends with small steps (one_cycle)", {"schedule": "one_cycle"}))
    advice.append(Advice("more epochs", {"epochs": _more(config.epochs)}))
    advice.append(Advice("more filters or more layers"))
    return tuple(advice)


def _undone(config: TrainingConfig) -> dict[str, object]:
    """The settings that hold a network back, half as strong."""
    values = {"dropout": config.dropout, "weight_decay": config.weight_decay, "colour_shift": config.colour_shift}
    halved: dict[str, object] = {name: value / 2 for name, value in values.items() if value}
    halved |= {name: value // 2 for name in ("crop_padding", "translate", "cutout") if (value := getattr(config, name))}
    return halved | ({"label_smoothing": 0.1} if config.label_smoothing > 0.1 else {})
