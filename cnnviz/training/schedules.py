"""The learning rate over a run."""

from __future__ import annotations

from math import cos, floor, pi

from cnnviz.training.config import TrainingConfig

_ONE_CYCLE = (1 / 25, 1.0, 1 / 25 / 1e4, 0.3)
"""Shares at the start, the peak and the end, and the part of the run that rises: torch's own."""
_TRIANGLE = (0.2, 1.0, 0.07, 0.23)


def factor(config: TrainingConfig, step: int, steps_per_epoch: int) -> float:
    """The share of ``config.learning_rate`` for the step with this number, from 0 on; after the last it stays.

    ``one_cycle`` is torch's OneCycleLR (Smith and Topin, "Super-convergence", arXiv 1708.07120), where a warm-up in the
    settings says how long it rises; ``triangle`` is that of Jordan's "94% on CIFAR-10 in 3.29 seconds", arXiv
    2404.00498, and has its own warm-up.
    """
    total = config.epochs * steps_per_epoch
    if config.schedule == "one_cycle":
        return _one_cycle(config, step, total)
    if config.schedule == "triangle":
        return _triangle(step, total)
    warm = round(config.warmup_epochs * steps_per_epoch)
    share = min(1.0, (step + 1) / warm) if warm else 1.0
    if config.schedule == "cosine" and step >= warm:
        return _half_cosine(1.0, 0.0, step - warm, total - warm)
    if config.schedule == "step":
        # 1.1 epochs of 100 steps are 110.00000000000001 steps; and the smallest epochs would be infinitely many
        drops = floor(min(step / (config.step_epochs * steps_per_epoch) + 1e-9, 1e9))
        return share * config.step_factor**drops
    return share


def rates(config: TrainingConfig, steps_per_epoch: int, points: int = 200) -> list[tuple[float, float]]:
    """(epoch, learning rate) at no more than ``points`` steps, for drawing; the last rate is there until the end."""
    total = config.epochs * steps_per_epoch
    count = max(min(points - 1, total), 1)
    steps = [round(i * (total - 1) / max(count - 1, 1)) for i in range(count)]
    drawn = [(step / steps_per_epoch, config.learning_rate * factor(config, step, steps_per_epoch)) for step in steps]
    return [*drawn, (float(config.epochs), drawn[-1][1])]


def _half_cosine(start: float, end: float, done: float, of: float) -> float:
    """From ``start`` to ``end``, level at both."""
    part = min(done / of, 1.0) if of > 0 else 1.0
    return end + (start - end) * (1 + cos(pi * part)) / 2


def _one_cycle(config: TrainingConfig, step: int, total: int) -> float:
    start, peak, end, rising = _ONE_CYCLE
    if config.warmup_epochs:
        rising = min(config.warmup_epochs / config.epochs, 1 - 1 / total)  # the last step has fallen
    top = rising * total - 1
    if step <= top:
        return _half_cosine(start, peak, step, top)
    return _half_cosine(peak, end, step - top, total - 1 - top)


def _triangle(step: int, total: int) -> float:
    start, peak, end, rising = _TRIANGLE
    top = int(rising * total)
    if step < top:
        return start + (peak - start) * step / top
    return peak + (end - peak) * min((step - top) / (total - top), 1.0)
