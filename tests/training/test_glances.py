"""Looks at a network while it learns: when they come, what they tell, and that they leave no trace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnviz.data.augmentation import Resident
from cnnviz.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.training import Checkpoint, Event, Moment, Snapshot, TrainingConfig, loop, train
from cnnviz.training.glances import MOMENTS, STRIP, glance, moments, sample_size
from cnnviz.training.reporting import Clock
from cnnviz.training.team import ALONE
from tests.training.cases import few

CPU = torch.device("cpu")
FULL = torch.autocast("cpu", torch.bfloat16, enabled=False)
RANDOM = Network(  # what a look could disturb: running means, and random numbers
    name="random",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=3, kernel_size=5, stride=3),
        BatchNorm2d(),
        ReLU(),
        Dropout(p=0.4),
        Flatten(),
        Linear(out_features=10),
    ),
)


def small() -> nn.Sequential:
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Tanh(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 5 * 4, 3)
    )
    module[1].running_mean.uniform_(-1, 1)
    return module


def pictures(count: int) -> Resident:
    rng = np.random.default_rng(3)
    images, labels = rng.integers(0, 256, (count, 2, 7, 6), np.uint8), rng.integers(0, 3, count)
    return Resident(images, labels, (0.5, 0.4), (0.2, 0.3), CPU)


def test_moments_run_from_the_first_step_to_the_last_and_are_few() -> None:
    for total in range(1, 5_001):
        steps = moments(total)
        assert all(type(step) is int for step in steps)
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, total)
        assert len(steps) <= MOMENTS


@pytest.mark.parametrize("total", [1_000, 50_000_000])
def test_moments_are_closer_together_at_first(total: int) -> None:
    steps = moments(total)
    assert len(steps) == MOMENTS
    gaps = np.diff(steps)
    assert (np.diff(gaps) >= -1).all()  # rounded
    assert gaps[0] < gaps[-1] / 20


@pytest.mark.parametrize("batch", [1, 5, 12, 23, 500])
@pytest.mark.parametrize(("count", "sample"), [(40, 30), (40, 500), (40, 12), (40, 4), (7, 30)])
def test_tells_probabilities_of_the_first_images_and_the_accuracy_of_some_more(
    count: int, sample: int, batch: int
) -> None:
    module, data = small(), pictures(count)
    found = glance(module, data, FULL, sample=sample, batch=batch)
    images, labels = data.batch(slice(None))
    with torch.no_grad():
        logits = module.eval()(images).numpy().astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert found.answers.dtype == np.float16
    assert found.answers.shape == (min(STRIP, count), 3)
    np.testing.assert_allclose(found.answers, expected[:STRIP], rtol=1e-3, atol=1e-6)
    assert found.accuracy == pytest.approx((logits.argmax(1) == labels.numpy())[:sample].mean())
    assert found.kernels.dtype == np.float16
    np.testing.assert_array_equal(found.kernels, module[0].weight.detach().half().numpy())


def test_without_a_sample_there_is_no_accuracy() -> None:
    assert math.isnan(glance(small(), pictures(40), FULL).accuracy)


@pytest.mark.parametrize("training", [True, False])
def test_leaves_everything_as_it_was(training: bool) -> None:
    module, data = small().train(training), pictures(40)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    numbers = torch.get_rng_state()
    glance(module, data, FULL, sample=30, batch=7)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert all(part.training == training for part in module.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_kernels_that_grow_beyond_half_precision_are_infinite() -> None:
    module = small()
    with torch.no_grad():
        module[0].weight[0] = 1e30
    kernels = glance(module, pictures(3), FULL).kernels
    assert np.isinf(kernels[0]).all()
    assert np.isfinite(kernels[1:]).all()


# In a training run


def settings(**changes: Any) -> TrainingConfig:
    return TrainingConfig(**{"epochs": 3, "batch_size": 20, "seed": 4, "device": "cpu", **changes})


def looks(events: list[Event]) -> list[Moment]:
    return [event for event in events if isinstance(event, Moment)]


def last_weights(events: list[Event]) -> dict[str, Tensor]:
    return [event for event in events if isinstance(event, Checkpoint)][-1].weights


def assert_same(ours: list[Moment], expected: list[Moment]) -> None:
    assert [(one.step, one.epoch) for one in ours] == [(one.step, one.epoch) for one in expected]
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(one.glance.kernels, other.glance.kernels)
        np.testing.assert_array_equal(one.glance.answers, other.glance.answers)
        assert one.glance.accuracy == other.glance.accuracy


def test_a_run_has_them_at_these_steps_and_the_same_ones_each_time() -> None:
    first, second = (list(train(RANDOM, few(), settings())) for _ in range(2))
    assert [one.step for one in looks(first)] == moments(30)
    assert [one.epoch for one in looks(first)] == [step / 10 for step in moments(30)]
    assert_same(looks(first), looks(second))
    for name, weight in last_weights(first).items():
        assert torch.equal(weight, last_weights(second)[name]), name


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_weights_are_those_of_a_run_that_nobody_looks_at(ema: float, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for often in (False, True):
        monkeypatch.setattr(loop, "moments", lambda total, often=often: list(range(total + 1)) if often else [])
        events = list(train(RANDOM, few(), settings(ema=ema)))
        assert len(looks(events)) == (31 if often else 1)
        found[often] = last_weights(events)
    for name, weight in found[True].items():
        assert torch.equal(weight, found[False][name]), name


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_last_one_shows_the_final_weights_and_the_first_one_fresh_ones(ema: float) -> None:
    data = few()
    events = list(train(RANDOM, data, settings(ema=ema)))
    images = torch.from_numpy(((data.test.images / 255 - data.mean[0]) / data.std[0]).astype(np.float32))
    fresh = next(event for event in events if isinstance(event, Snapshot) and event.step == 0).weights
    for look, weights in ((looks(events)[0], fresh), (looks(events)[-1], last_weights(events))):
        module = RANDOM.module()
        module.load_state_dict(weights)
        with torch.no_grad():
            expected = module.eval()(images).softmax(1).numpy()
        np.testing.assert_allclose(look.glance.answers, expected[:STRIP], rtol=2e-3, atol=1e-6)
        np.testing.assert_array_equal(look.glance.kernels, weights["conv1.weight"].half().numpy())
        sample = sample_size(len(data.train), settings().epochs)
        assert look.glance.sample == sample
        assert look.glance.accuracy == pytest.approx((expected.argmax(1) == data.test.labels)[:sample].mean())


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_that_goes_on_has_the_remaining_ones(epoch: int) -> None:
    whole = list(train(RANDOM, few(), settings()))
    state = next(event for event in whole if isinstance(event, Checkpoint) and event.epoch == epoch).state
    rest = list(train(RANDOM, few(), settings(), state=state))
    assert_same(looks(rest), [one for one in looks(whole) if one.step > 10 * epoch])


@pytest.mark.parametrize(
    ("images", "epochs", "size"),
    [(50_000, 10, 500), (60_000, 1, 240), (1_442, 10, 57), (1_442, 1, STRIP), (1, 1, STRIP)],
)
def test_moments_cost_a_fixed_share_of_a_run(images: int, epochs: int, size: int) -> None:
    assert sample_size(images, epochs) == size


def test_the_time_of_a_glance_is_none_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    clock = Clock(0, 100, ALONE)
    now = 1.0
    clock.saw(64)
    with clock.aside():
        now = 51.0
    told = clock.report(1, 0.1)
    assert told.images_per_second == pytest.approx(64)
    assert told.seconds_left == pytest.approx(99)
