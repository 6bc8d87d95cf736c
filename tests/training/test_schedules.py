"""Each schedule beside torch's own."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from cnnviz.training import TrainingConfig
from cnnviz.training.schedules import factor, rates

PER_EPOCH = 7


def factors(per_epoch=PER_EPOCH, **settings):
    config = TrainingConfig(**settings)
    return [factor(config, step, per_epoch) for step in range(config.epochs * per_epoch)]


def torchs(make, steps, rate=1.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"] / rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the end of OneCycleLR, and that nothing is learned here
            optimizer.step()
            if len(found) < steps:
                scheduler.step()
    return found


def test_constant():
    assert factors(epochs=2) == [1.0] * 14


@pytest.mark.parametrize(("epochs", "every", "share"), [(5, 2, 0.1), (4, 1, 0.5), (3, 9, 0.2), (6, 3, 1.0)])
def test_step_is_step_lr(epochs, every, share):
    ours = factors(epochs=epochs, schedule="step", step_epochs=every, step_factor=share)
    theirs = torchs(lambda o: lr_scheduler.StepLR(o, every * PER_EPOCH, share), epochs * PER_EPOCH)
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("every", "steps"), [(1.1, 110), (0.07, 7), (0.55, 55), (0.3, 30), (2.5, 250)])
def test_step_at_a_part_of_an_epoch(every, steps):
    ours = factors(100, epochs=5, schedule="step", step_epochs=every, step_factor=0.5)
    assert ours == [0.5 ** (step // steps) for step in range(500)]


@pytest.mark.parametrize("epochs", [1, 3, 10])
def test_cosine_is_cosine_annealing(epochs):
    total = epochs * PER_EPOCH
    theirs = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=total), total)
    assert factors(epochs=epochs, schedule="cosine") == pytest.approx(theirs, abs=1e-9)
    assert factor(TrainingConfig(epochs=epochs, schedule="cosine"), total, PER_EPOCH) == 0


def test_warm_up_rises_in_a_line():
    rising = [(step + 1) / 14 for step in range(14)]
    assert factors(epochs=4, warmup_epochs=2) == pytest.approx(rising + [1.0] * 14)
    stepped = factors(epochs=4, warmup_epochs=2, schedule="step", step_epochs=1, step_factor=0.5)
    assert stepped == pytest.approx([r * 0.5 ** (i // 7) for i, r in enumerate(rising + [1.0] * 14)])
    falling = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=14), 14)
    assert factors(epochs=4, warmup_epochs=2, schedule="cosine") == pytest.approx(rising + falling, abs=1e-9)
    assert factors(epochs=1, warmup_epochs=2, schedule="cosine") == pytest.approx(rising[:7])
    assert factors(10, epochs=1, warmup_epochs=0.25)[:3] == pytest.approx([0.5, 1, 1])  # 2.5 steps are 2


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (2, 0), (9, 0), (4, 1), (5, 0.5), (10, 9.5)])
def test_one_cycle_is_torchs(epochs, warmup):
    total = epochs * PER_EPOCH
    theirs = torchs(
        lambda o: lr_scheduler.OneCycleLR(
            o, 1.0, total, pct_start=warmup / epochs or 0.3, cycle_momentum=False, div_factor=25, final_div_factor=1e4
        ),
        total,
    )
    assert factors(epochs=epochs, schedule="one_cycle", warmup_epochs=warmup) == pytest.approx(theirs, rel=1e-6)


def test_one_cycle_falls_in_its_last_step_however_long_it_rises():
    ours = factors(epochs=2, schedule="one_cycle", warmup_epochs=50)
    assert ours[:13] == sorted(ours[:13])
    assert ours[12] == 1
    assert ours[13] == pytest.approx(4e-6)


@pytest.mark.parametrize("epochs", [1, 2, 10, 33])
def test_triangle_is_a_line_through_three_points(epochs):
    total = epochs * PER_EPOCH
    theirs = np.interp(np.arange(total), [0, int(0.23 * total), total], [0.2, 1, 0.07])
    assert factors(epochs=epochs, schedule="triangle", warmup_epochs=1) == pytest.approx(list(theirs))


CONFIGS = st.builds(
    TrainingConfig,
    epochs=st.integers(1, 1000),
    schedule=st.sampled_from(["constant", "step", "cosine", "one_cycle", "triangle"]),
    warmup_epochs=st.just(0.0) | st.floats(0, 1000),
    step_epochs=st.floats(0, 1000, exclude_min=True),
    step_factor=st.floats(0, 1, exclude_min=True),
    learning_rate=st.floats(0, 10, exclude_min=True),
)


@given(CONFIGS, st.integers(1, 5000), st.floats(0, 1.1))
def test_no_rate_is_negative_or_above_the_peak(config, per_epoch, part):
    total = config.epochs * per_epoch
    for step in {0, int(part * total), total - 1, total, 10 * total}:
        share = factor(config, step, per_epoch)
        assert math.isfinite(share)
        assert 0 <= share <= 1


@given(CONFIGS, st.integers(1, 50), st.integers(2, 40))
def test_rates_are_those_of_the_steps_from_the_first_to_the_last(config, per_epoch, points):
    total = config.epochs * per_epoch
    drawn = rates(config, per_epoch, points)
    assert len(drawn) == min(points, total + 1)
    for epoch, rate in drawn[:-1]:
        step = round(epoch * per_epoch)
        assert epoch == step / per_epoch
        assert rate == config.learning_rate * factor(config, step, per_epoch)
    assert [epoch for epoch, _ in drawn] == sorted({epoch for epoch, _ in drawn})
    assert (drawn[0][0], drawn[-1][0]) == (0, config.epochs)
    if len(drawn) > 2:
        assert drawn[-1][1] == config.learning_rate * factor(config, total - 1, per_epoch)
