"""What is suspected where, and whether following it helps."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cnnviz.layers import BatchNorm2d, Dropout, Flatten, Linear, ReLU, Sigmoid
from cnnviz.networks import Network
from cnnviz.networks.draft import everything
from cnnviz.training import Off, Signs, TrainingConfig
from cnnviz.training.case import Case
from cnnviz.training.causes import causes
from cnnviz.training.losses import loss_text, smoothed_floor
from cnnviz.training.usual_rate import usual_rate
from tests.scale import SEED, cases
from tests.training.broken import KINDS, broken, deep, followed, outcome
from tests.training.cases import SMALL

START = Signs(
    250,
    2.31,
    0.1,
    spread=0.01,
    commonest=0.9,
    weights=10,
    input_mean=0,
    input_deviation=1,
    off=(Off("conv1", 0.1, "zero"),),
)
RUNS = 40


def case(
    signs: tuple[Signs, ...] = (START, START), network: Network = SMALL, failed: bool = False, **settings: Any
) -> Case:
    return Case(TrainingConfig(epochs=5, **settings), network, 100, signs, failed)


def test_following_the_first_advice_helps_nearly_always() -> None:
    kinds = list(KINDS)
    better, tried, worse = 0, cases(RUNS), []
    first = SEED * RUNS
    for number in range(first, first + tried):
        kind = kinds[number % len(kinds)]
        network, data, config = broken(kind, Random(number))
        before = outcome(network, data, config)
        assert before.advice is not None, (kind, config, before)
        after = outcome(*_order(followed(before.advice, network, config), data))
        better += after.accuracy > before.accuracy
        if after.accuracy <= before.accuracy:
            worse.append((kind, config, before, after))
    assert better >= 0.9 * tried, worse


def _order(made: tuple[Network, TrainingConfig], data: Any) -> tuple[Network, Any, TrainingConfig]:
    return made[0], data, made[1]


@pytest.mark.parametrize(
    ("settings", "says", "changes"),
    [
        (
            {"optimizer": "sgd", "learning_rate": 0.5, "weight_decay": 8},
            "by 1 − 4 = -3, so that all flip and grow",
            {"weight_decay": 5e-4, "learning_rate": 0.02},
        ),
        ({"weight_decay": 3}, "A weight decay of 3 pulls the weights to 0", {"weight_decay": 0.0}),
        ({"warmup_epochs": 50}, "gets to 0.1 of its value", {"warmup_epochs": 0.0}),
        (
            {"optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.99},
            "becomes 100 times as long",
            {"momentum": 0.9, "learning_rate": 0.02},
        ),
        ({"cutout": 28}, "A square hides 100% of each training image", {"cutout": 7}),
        ({"crop_padding": 16}, "up to 16 of their 28 pixels", {"crop_padding": 2}),
        ({"label_smoothing": 0.9}, "nearly the same answer to every image", {"label_smoothing": 0.1}),
        ({"learning_rate": 0.1}, "far above the usual", {"learning_rate": 0.001}),
        ({"learning_rate": 1e-5}, "is small", {"learning_rate": 0.001}),
        (
            {"schedule": "step", "step_epochs": 0.5, "step_factor": 0.1},
            "shrinks the learning rate to 0.1 of itself every 0.5",
            {"schedule": "one_cycle", "warmup_epochs": 0.0},
        ),
    ],
)
def test_a_setting_is_suspected_first_where_it_is_at_fault(
    settings: dict[str, Any], says: str, changes: dict[str, Any]
) -> None:
    first = causes(case(**settings))[0]
    assert says in first.says
    assert first.advice.changes == changes
    TrainingConfig(**{**TrainingConfig(**settings).model_dump(), **changes})


def test_nothing_is_suspected_where_nothing_speaks_for_it() -> None:
    assert causes(case()) == []
    assert causes(case(optimizer="sgd", learning_rate=0.02)) == []


@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "learning_rate": 0.02}, {"optimizer": "muon"}])
@pytest.mark.parametrize("times", [1e-5, 1e-3, 0.1, 1, 10, 100])
def test_who_follows_a_rate_is_not_sent_back(settings: dict[str, Any], times: float) -> None:
    """Whatever the rate was, that of the advice is neither too small nor too large."""
    usual = usual_rate(TrainingConfig(**settings))
    found = causes(case(**{**settings, "learning_rate": min(10.0, usual * times)}))
    for one in found:
        assert one.advice.changes == {"learning_rate": usual}
        assert causes(case(**{**settings, **one.advice.changes})) == []
    assert bool(found) == (times not in (1,)) or times == 0.1 or times == 10


def test_dead_units_are_named_with_their_share() -> None:
    dead = replace(START, off=(Off("conv1", 0.2, "zero"), Off("fc1", 0.97, "zero")))
    [found] = causes(case((START, dead), learning_rate=0.005))
    assert "97% of fc1's units are always 0" in found.says
    assert found.advice.changes == {"learning_rate": 0.001}
    [found] = causes(case((START, dead), learning_rate=0.001))
    assert found.advice.changes == {"learning_rate": 0.0001}


def test_scores_that_do_not_depend_on_the_image_ask_for_normalisation() -> None:
    network = deep(ReLU, 2)
    [found] = causes(case((replace(START, spread=1e-5),) * 2, network))
    assert found.advice.network is not None
    assert found.advice.says == "normalisation (BatchNorm2d) after each convolution"
    assert [type(layer) for layer in found.advice.network.layers].count(BatchNorm2d) == 2
    [again] = causes(case((replace(START, spread=1e-5),) * 2, found.advice.network))
    assert again.advice.says == "fewer layers, or wider ones"


def test_depth_that_normalisation_does_not_help_asks_for_fewer_layers() -> None:
    layers = [layer for _ in range(20) for layer in (Linear(out_features=64), ReLU())]
    network = Network(name="deep", input_shape=(1, 28, 28), layers=(Flatten(), *layers, Linear(out_features=10)))
    [found] = causes(case((replace(START, spread=5e-9),) * 2, network))
    assert "differ from image to image by 5e-09 only" in found.says
    assert found.advice.says == "3 layers with weights, not 21"
    assert found.advice.network is not None
    assert found.advice.network.layers == (Flatten(), *layers[:4], Linear(out_features=10))


def test_units_that_are_off_before_training_are_named_for_what_they_are() -> None:
    closed = replace(START, spread=0.0, off=(Off("conv2", 1.0, "zero"),))
    [found] = causes(case((closed, closed), deep(ReLU, 2)))
    assert found.says.endswith("100% of conv2's units are always 0, whatever the image is.")


def test_sigmoids_without_a_convolution_are_changed_and_nothing_else_is_promised() -> None:
    layers = [layer for _ in range(2) for layer in (Linear(out_features=64), Sigmoid())]
    network = Network(name="deep", input_shape=(1, 28, 28), layers=(Flatten(), *layers, Linear(out_features=10)))
    [found] = causes(case((replace(START, spread=5e-9),) * 2, network))
    assert found.advice.says == "ReLU in the place of Sigmoid"


@pytest.mark.parametrize("rate", [0.001, 0.05, 1.0])
def test_little_momentum_asks_for_more_of_it(rate: float) -> None:
    found = causes(case(optimizer="sgd", momentum=0.0, learning_rate=rate, batch_size=32))
    assert found[0].advice.changes == {"momentum": 0.9, "learning_rate": 0.02}


@pytest.mark.parametrize(("momentum", "rate"), [(0.999, 0.001), (0.99, 0.003)])
def test_a_momentum_that_outlasts_the_run_is_named_first(momentum: float, rate: float) -> None:
    short = replace(case(optimizer="sgd", momentum=momentum, learning_rate=rate), steps_per_epoch=26)
    assert causes(short)[0].advice.changes == {"momentum": 0.9, "learning_rate": 0.02}


def test_a_batch_of_one_gets_a_rate_with_which_it_learns() -> None:
    config = TrainingConfig(optimizer="sgd", batch_size=1, learning_rate=0.1)
    assert usual_rate(config) == 0.004


def test_a_networks_own_dropout_counts_like_the_setting() -> None:
    layers = (*SMALL.layers[:-1], Dropout(p=0.9), SMALL.layers[-1])
    own = Network(name="own", input_shape=SMALL.input_shape, layers=layers)
    [found] = causes(case(network=own))
    assert found.advice.changes == {"dropout": 0.3}
    assert any(isinstance(layer, Dropout) for layer in everything(own.layers))


def test_inputs_that_are_not_normalised_are_told() -> None:
    [found] = causes(case((replace(START, input_mean=128, input_deviation=70),) * 2))
    assert "their mean is 1.3e+02" in found.says


def test_a_run_that_failed_always_has_a_cause() -> None:
    assert causes(case((START,), failed=True))
    assert causes(case((), failed=True))


# The smoothed loss


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_the_floor_is_what_torch_gives_for_the_best_answer(smoothing: float, classes: int) -> None:
    import torch
    import torch.nn.functional as F

    target = torch.full((classes,), smoothing / classes, dtype=torch.float64)
    target[0] += 1 - smoothing
    loss = F.cross_entropy(target.clamp(min=1e-300).log()[None], torch.tensor([0]), label_smoothing=smoothing)
    assert smoothed_floor(smoothing, classes) == pytest.approx(float(loss), abs=1e-9)


def test_the_floor_is_told_where_there_is_one() -> None:
    assert loss_text(0.0, 10) == "The loss drawn is plain cross-entropy."
    assert "cannot fall below 0.50 for 10 classes" in loss_text(0.1, 10)
