"""Why a run does not learn: what is suspected, by what was measured, and what to change.

The likeliest first, and each advice a value that works for most networks, not a step towards one: who follows it is not sent
back. After Goodfellow, Bengio and Courville, "Deep Learning", 2016, chapters 8 and 11; He et al., arXiv 1502.01852, for the
spread of what layers give; Ioffe and Szegedy, arXiv 1502.03167, for normalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, isfinite, log

from cnnviz.layers import Conv2d, Linear
from cnnviz.networks import Network
from cnnviz.networks.deep import easier_to_train, shallower, what_is_easier
from cnnviz.networks.draft import everything
from cnnviz.training.bottleneck import bottleneck
from cnnviz.training.case import Advice, Case, Cause
from cnnviz.training.events import Off, Signs
from cnnviz.training.hidden_images import hidden_images
from cnnviz.training.left_by_dropout import too_much_dropout
from cnnviz.training.schedules import factor
from cnnviz.training.usual_rate import SOME, is_too_high, times_the_usual, usual_pace, usual_rate

_REMEMBERED = 0.25
"""Of a run's steps: a momentum that goes on for longer finds no way in them."""
_DECAYS = {"adam": 0.0, "adamw": 0.01, "muon": 0.01, "sgd": 5e-4}
_BATCH = 32
_ASLEEP = 1e-3  # of the spread of the scores before training: about 0.01 is usual
_FEW_STEPS = 40
_SHORT = 200  # steps: a lost run may just need more
_ENOUGH_STEPS = 400
_MOSTLY = 0.9


def causes(case: Case) -> list[Cause]:
    """What may be at fault, the likeliest first; nothing where nothing speaks for it."""
    suspects: tuple[Callable[[Case], Iterator[Cause]], ...] = (
        held_out, _decay, _momentum, _dropout, _images, _rate_that_never_comes, _smoothing, _few_steps, bottleneck, _depth,
        _rate_above, _rate_too_high, _rate_too_low, _no_momentum, _inputs, _short,
    )  # fmt: skip
    found = [cause for suspect in suspects for cause in suspect(case)]
    if not found:
        return []
    first = _with_what_is_needed(case, found[0])
    done = first.advice.changes.items()
    return [first, *(one for one in found[1:] if not one.advice.changes or not one.advice.changes.items() <= done)]


def _with_what_is_needed(case: Case, cause: Cause) -> Cause:
    """Without the usual rate, or without steps, a run stays lost whatever else is mended: the advice has both."""
    config, advice = case.config, cause.advice
    if not advice.changes and advice.network is None:
        return cause
    changes: dict[str, object] = {}
    says, words = cause.says, []
    if case.is_lost and _has_few_steps(case) and not {"batch_size", "epochs", "held_out"} & advice.changes.keys():
        changes, more = _more_steps(case)
        words.append(more)
        says += f" And the whole run is {_counted(case.total_steps)}."
    if is_too_high(case) and "learning_rate" not in advice.changes:
        changes["learning_rate"] = rate = usual_rate(config.model_copy(update=advice.changes | changes))
        words.append(f"a learning rate of {rate:g}")
        says += f" And a learning rate of {config.learning_rate:g} is {times_the_usual(config)}."
    if not changes:
        return cause
    together = Advice(f"{advice.says}, and {' with '.join(words)}", advice.changes | changes, advice.network)
    return Cause(says, together)


def guessing(classes: int) -> str:
    """``2.30, which is ln 10``: what a network that knows nothing has as its loss."""
    return f"{log(classes):.2f}, which is ln {classes}"


def most_off(signs: Signs) -> Off | None:
    """The activation with the largest share of units that are off."""
    return max(signs.off, key=lambda one: one.share, default=None)


def off_text(off: Off) -> str:
    """``89 % of fc1's units are always 0``"""
    what = "units are always 0" if off.how == "zero" else "numbers stand where the activation is flat"
    return f"{off.share:.0%} of {off.layer}'s {what}"


# What is suspected


def _decay(case: Case) -> Iterator[Cause]:
    config, decay = case.config, case.config.weight_decay
    usual = _DECAYS[config.optimizer]
    changes: dict[str, object] = {"weight_decay": usual}
    words = f"a weight decay of {usual:g}" if usual else "no weight decay"
    is_large = decay >= 0.05 if config.optimizer in ("sgd", "adam") else decay > 0.05
    product = config.learning_rate * decay
    if product > 2 and config.optimizer != "adam":
        yield Cause(
            f"Rate times weight decay is {config.learning_rate:g} × {decay:g} = {product:g}: each step multiplies every weight "
            f"by 1 − {product:g} = {1 - product:g}, so that all flip and grow.",
            Advice(words, changes),
        )
    elif is_large and case.last and case.last.weights < 0.8 * case.signs[0].weights:
        yield Cause(
            f"The weight decay of {decay:g} shrinks the weights: all of them together (their norm) went from "
            f"{case.signs[0].weights:.3g} to {case.last.weights:.3g}.",
            Advice(words, changes),
        )
    elif is_large:
        yield Cause(
            f"A weight decay of {decay:g} pulls the weights to 0 harder than images push.", Advice(words, changes)
        )


def _momentum(case: Case) -> Iterator[Cause]:
    config = case.config
    if config.optimizer != "sgd" or config.momentum <= 0.95:
        return
    often = 1 / (1 - config.momentum)
    if config.learning_rate * often <= 1 and often <= _REMEMBERED * case.total_steps and not case.failed:
        return
    changes: dict[str, object] = {"momentum": 0.9}
    words = "a momentum of 0.9"
    calm = usual_rate(config.model_copy(update=changes))
    if not calm / 3 <= config.learning_rate <= calm:
        changes["learning_rate"] = calm
        words += f" with a learning rate of {calm:g}"
    yield Cause(
        f"With a momentum of {config.momentum:g} a step that goes on in one direction becomes {often:,.0f} times as long, and "
        f"{often:,.0f} steps decide on it; the run has {case.total_steps:,}.",
        Advice(words, changes),
    )


def _dropout(case: Case) -> Iterator[Cause]:
    if (found := too_much_dropout(case.network.layers)) is not None:
        says, better = found
        yield Cause(says, Advice(f"a dropout of {better:g}", {"dropout": better}))


def _images(case: Case) -> Iterator[Cause]:
    if (found := hidden_images(case.config, case.side)) is not None:
        says, words, changes = found
        yield Cause(says, Advice(words, changes))


def _rate_that_never_comes(case: Case) -> Iterator[Cause]:
    """Warm-up and schedule, by the rates that there really were."""
    config, total = case.config, case.total_steps
    shares = [factor(config, step, case.steps_per_epoch) for step in range(0, total, max(1, total // 100))]
    mean, highest = sum(shares) / len(shares), max(*shares, factor(config, total - 1, case.steps_per_epoch))
    if config.warmup_epochs and config.schedule not in ("one_cycle", "triangle") and highest < 0.6:
        yield Cause(
            f"The warm-up of {config.warmup_epochs:g} epochs is longer than the run: the learning rate gets to "
            f"{highest:.2g} of its value.",
            Advice("no warm-up", {"warmup_epochs": 0.0}),
        )
    elif config.schedule == "step" and mean < 0.2:
        often = "epoch" if config.step_epochs == 1 else f"{config.step_epochs:g} epochs"
        yield Cause(
            f"The schedule shrinks the learning rate to {config.step_factor:g} of itself every {often}: over the run it is "
            f"{mean:.1g} of its value in the mean.",
            Advice("the schedule one_cycle", {"schedule": "one_cycle", "warmup_epochs": 0.0}),
        )


def _smoothing(case: Case) -> Iterator[Cause]:
    if case.config.label_smoothing >= 0.5:
        yield Cause(
            f"Label smoothing of {case.config.label_smoothing:g} asks for nearly the same answer to every image.",
            Advice("label smoothing of 0.1", {"label_smoothing": 0.1}),
        )


def _rate_above(case: Case) -> Iterator[Cause]:
    config = case.config
    if config.recipe == "plain" and is_too_high(case):
        said = f"A learning rate of {config.learning_rate:g} is {times_the_usual(config)}. {_harm(case)}"
        yield Cause(said.strip(), _calmer(case))


def _rate_too_high(case: Case) -> Iterator[Cause]:
    if (case.failed or _harm(case)) and not (case.config.recipe == "plain" and is_too_high(case)):
        yield Cause(
            _harm(case) or f"The learning rate of {case.config.learning_rate:g} is too large here.", _calmer(case)
        )


def _depth(case: Case) -> Iterator[Cause]:
    if not case.signs or not (start := case.signs[0]).spread < _ASLEEP:
        return
    closed = most_off(start)
    if closed is not None and closed.share > _MOSTLY:
        why = f"{off_text(closed)}, whatever the image is"
    else:
        why = (
            "on the way through the layers what tells the images apart is lost, and so is the gradient on its way back"
        )
    said = f"Before training the scores differ from image to image by {start.spread:.1g} only (0.01 is usual): {why}."
    if (better := easier_to_train(case.network)) is not None:
        advice = Advice(what_is_easier(case.network), network=better)
    elif (fewer := shallower(case.network)) is not None:
        advice = Advice(f"{_weights(fewer)} layers with weights, not {_weights(case.network)}", network=fewer)
    elif _weights(case.network) > 2:
        advice = Advice("fewer layers, or wider ones")
    else:
        advice = Advice("wider layers: more filters, or more units")
    yield Cause(said, advice)


def _weights(network: Network) -> int:
    return sum(isinstance(layer, Conv2d | Linear) for layer in everything(network.layers))


def _no_momentum(case: Case) -> Iterator[Cause]:
    config = case.config
    if config.recipe == "plain" and config.optimizer == "sgd" and config.momentum < SOME and not case.failed:
        yield Cause(
            "Without momentum each step follows its own batch alone, and progress is slow.",
            usual_pace(config),
        )


def _has_few_steps(case: Case) -> bool:
    return case.total_steps < _FEW_STEPS


def _counted(steps: int) -> str:
    return f"{steps:,} {'step' if steps == 1 else 'steps'}"


def _few_steps(case: Case) -> Iterator[Cause]:
    """Comes before the rate: with so few steps no rate is the right one."""
    config = case.config
    if case.failed or not _has_few_steps(case):
        return
    changes, words = _more_steps(case)
    usual = usual_rate(config.model_copy(update=changes))
    if not usual / 3 <= config.learning_rate <= 2 * usual:
        changes["learning_rate"] = usual
        words += f" with a learning rate of {usual:g}"
    steps = _counted(case.total_steps)
    large = config.batch_size > _BATCH
    said = f"Batches of {config.batch_size:,} make {steps} of the whole run" if large else f"The whole run is {steps}"
    yield Cause(f"{said}: more steps bring more.", Advice(words, changes))


def _more_steps(case: Case) -> tuple[dict[str, object], str]:
    """Smaller batches, and more epochs where these alone do not make enough."""
    config, each = case.config, case.steps_per_epoch
    changes: dict[str, object] = {}
    words = []
    if config.batch_size > _BATCH:
        changes["batch_size"] = _BATCH
        words.append(f"a batch size of {_BATCH}")
        each = ceil((case.few_images or each * config.batch_size) / _BATCH)
    if config.epochs * each < _FEW_STEPS:
        changes["epochs"] = epochs = _longer(config.epochs, each)
        words.append(f"{epochs:,} epochs")
    return changes, " and ".join(words)


def _short(case: Case) -> Iterator[Cause]:
    told = _has_few_steps(case) and "epochs" in _more_steps(case)[0]
    if case.is_lost and not case.failed and not told and case.total_steps < _SHORT:
        epochs = _longer(case.config.epochs, case.steps_per_epoch)
        yield Cause(
            f"The whole run is {_counted(case.total_steps)}: it may be too short.",
            Advice(f"{epochs:,} epochs", {"epochs": epochs}),
        )


def _longer(epochs: int, steps_per_epoch: int) -> int:
    return min(1_000, max(2 * epochs, ceil(_ENOUGH_STEPS / max(1, steps_per_epoch))))


def held_out(case: Case) -> Iterator[Cause]:
    """Where hardly any images are left to learn from."""
    held, left = case.config.held_out, case.few_images
    if left is not None and held > left:
        fewer = (held + left) // 10
        yield Cause(
            f"{held:,} of the {held + left:,} training images are held out: {left:,} are left to learn from.",
            Advice(f"holding out {fewer:,} of them" if fewer else "holding out none", {"held_out": fewer}),
        )


def _rate_too_low(case: Case) -> Iterator[Cause]:
    config, usual = case.config, usual_rate(case.config)
    if config.learning_rate < usual / 3 and not case.failed and not _harm(case):
        yield Cause(f"The learning rate of {config.learning_rate:g} is small{_moved(case)}.", usual_pace(config))


def _inputs(case: Case) -> Iterator[Cause]:
    if not case.signs:
        return
    mean, deviation = case.signs[0].input_mean, case.signs[0].input_deviation
    if abs(mean) > 2 or not 0.2 < deviation < 5:
        yield Cause(
            f"The inputs are not normalised: their mean is {mean:.2g} and their standard deviation {deviation:.2g}, where 0 and "
            "1 suit the first weights.",
            Advice("images that are normalised by their own mean and deviation"),
        )


# What was measured


def _calmer(case: Case) -> Advice:
    """The usual rate; below it, a tenth."""
    rate = case.config.learning_rate
    if rate > 1.5 * usual_rate(case.config):
        return usual_pace(case.config)
    rate = float(f"{rate / 10:.2g}")
    return Advice(f"a learning rate of {rate:g}", {"learning_rate": rate})


def _harm(case: Case) -> str:
    """What steps that were too long have left."""
    last = case.last
    if last is None:
        return ""
    start, off = case.signs[0], most_off(last)
    before = {one.layer: one.share for one in start.off}
    if off and off.share > _MOSTLY and off.share > before.get(off.layer, 0.0) + 0.2:
        return f"{off_text(off)} by now: long steps have pushed them there, and no gradient brings them back."
    if isfinite(last.weights) and last.weights > 4 * start.weights:
        return f"The weights grew from {start.weights:.3g} to {last.weights:.3g} in all (their norm)."
    return ""


def _moved(case: Case) -> str:
    last = case.last
    if last is None or not isfinite(last.loss):
        return ""
    return f": the loss on training images went from {case.signs[0].loss:.3f} to {last.loss:.3f}"
