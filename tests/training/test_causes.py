"""What is suspected where, and whether following it helps."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cnnviz.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU, Residual, Sigmoid
from cnnviz.networks import Network, architecture
from cnnviz.networks.draft import everything
from cnnviz.training import Off, Signs, TrainingConfig
from cnnviz.training.case import Case
from cnnviz.training.causes import causes
from cnnviz.training.losses import loss_text, smoothed_floor
from cnnviz.training.usual_rate import usual_rate
from tests.scale import SEED, cases
from tests.training.broken import HEALTHY, KINDS, broken, deep, dropping, few_of, followed, normalised, outcome
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


SGD = {"optimizer": "sgd"}
PAIRED: list[tuple[str | Network, dict[str, Any], dict[str, object], float]] = [
    ("lenet5", {**SGD, "learning_rate": 0.1, "weight_decay": 1}, {"weight_decay": 5e-4, "learning_rate": 0.02}, 0.8),
    ("tutorial_net", {**SGD, "learning_rate": 0.15, "weight_decay": 0.5}, {"weight_decay": 5e-4, "learning_rate": 0.02}, 0.8),
    ("tutorial_net", {**SGD, "learning_rate": 0.1, "weight_decay": 0.05}, {"weight_decay": 5e-4, "learning_rate": 0.02}, 0.8),
    ("tutorial_net", {**SGD, "learning_rate": 0.15, "dropout": 0.9}, {"dropout": 0.2, "learning_rate": 0.02}, 0.8),
    ("tutorial_net", {**SGD, "learning_rate": 0.15, "cutout": 28}, {"cutout": 7, "learning_rate": 0.02}, 0.8),
    (
        normalised(), {**SGD, "learning_rate": 0.05, "batch_size": 256, "epochs": 2},
        {"batch_size": 32, "learning_rate": 0.02}, 0.9,
    ),
    (
        "tutorial_net", {**SGD, "learning_rate": 0.4, "batch_size": 700, "epochs": 2},
        {"batch_size": 32, "learning_rate": 0.02}, 0.6,
    ),
    ("lenet5", {"dropout": 0.95, "batch_size": 1_400, "epochs": 2}, {"dropout": 0.2, "batch_size": 32}, 0.8),
    (dropping(0.7), {}, {"dropout": 0.15}, 0.8),
    (dropping(0.7), {**SGD, "learning_rate": 0.1}, {"dropout": 0.15, "learning_rate": 0.02}, 0.8),
    ("lenet5", {"held_out": 1_380}, {"held_out": 140}, 0.9),
    ("lenet5", {"ema": 0.999, "epochs": 1, "learning_rate": 0.001}, {"epochs": 2}, 0.92),
]  # fmt: skip


@pytest.mark.parametrize("which", Random(SEED).sample(range(len(PAIRED)), max(3, cases(len(PAIRED)))))
def test_two_faults_at_once_are_mended_by_one_advice(which: int) -> None:
    """What alone would leave the run where it was takes along what it needs."""
    made, settings, changes, least = PAIRED[which]
    data = few_of("digits")
    network = (architecture(made) if isinstance(made, str) else made).fitted(data.input_shape, data.num_classes)
    config = TrainingConfig(device="cpu", **{**HEALTHY, **settings})
    before = outcome(network, data, config)
    assert before.advice is not None
    assert before.advice.changes == changes
    after = outcome(*_order(followed(before.advice, network, config), data))
    assert after.accuracy > max(before.accuracy, least), (before, after)


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
        (
            {"crop_padding": 16, "translate": 12},
            "are shifted by up to 16 and once more by up to 12 of their 28 pixels: little",
            {"crop_padding": 2, "translate": 2},
        ),
        (
            {"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0.05},
            "A weight decay of 0.05 pulls the weights to 0 harder than images push. And a learning rate of 0.1 is 5 times",
            {"weight_decay": 5e-4, "learning_rate": 0.02},
        ),
        (
            {"optimizer": "sgd", "learning_rate": 0.15, "cutout": 28},
            "And a learning rate of 0.15 is 7.5 times the usual.",
            {"cutout": 7, "learning_rate": 0.02},
        ),
        ({"learning_rate": 0.005}, "A learning rate of 0.005 is 5 times the usual.", {"learning_rate": 0.001}),
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


def test_depth_and_a_high_rate_are_mended_together() -> None:
    found = causes(case((replace(START, spread=1e-5),) * 2, deep(ReLU, 12), optimizer="sgd", learning_rate=1.0))
    assert found[0].advice.network is not None
    assert found[0].advice.changes == {"learning_rate": 0.02}


@pytest.mark.parametrize(
    ("units", "accuracy", "is_named"), [(1, 0.1, True), (4, 0.1, True), (5, 0.1, False), (1, 0.6, False)]
)
def test_a_layer_that_lets_next_to_nothing_pass_is_named(units: int, accuracy: float, is_named: bool) -> None:
    layers = (Flatten(), Linear(out_features=units), ReLU(), Linear(out_features=10))
    network = Network(name="narrow", input_shape=(1, 28, 28), layers=layers)
    found = causes(case((START, replace(START, accuracy=accuracy)), network, learning_rate=0.002))
    only = "one number" if units == 1 else f"{units} numbers"
    said = f"fc1 gives only {only} an image: too few to tell 10 classes apart."
    assert bool(found and found[0].says == said) == is_named
    if is_named:
        assert found[0].advice.says == "wider layers: more filters or units, or less pooling"


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


@pytest.mark.parametrize(("p", "share"), [(0.5, "6.2%"), (0.6, "2.6%"), (0.74, "0.5%")])
def test_dropouts_one_after_the_other_count_together(p: float, share: str) -> None:
    found = causes(case(network=dropping(p)))
    assert f"4 layers of dropout, one after the other, let {share} through" in found[0].says
    assert found[0].advice.changes == {"dropout": 0.15}
    assert causes(case(network=dropping(0.15))) == []


def test_what_goes_round_a_dropout_is_not_lost() -> None:
    drops = tuple(Dropout(p=0.7) for _ in range(4))
    layers = (Residual(body=drops), *SMALL.layers)
    assert causes(case(network=Network(name="round", input_shape=SMALL.input_shape, layers=layers))) == []


@pytest.mark.parametrize(("settings", "steps"), [({"ema": 0.9999}, 100), ({"ema": 0.999, "epochs": 1}, 200)])
def test_averaged_weights_do_not_lag(settings: dict[str, Any], steps: int) -> None:
    """The average is of the last ninth or so of a short run's steps, never of more than there were."""
    assert causes(Case(TrainingConfig(**{"epochs": 5, **settings}), SMALL, steps, (START, START))) == []


def test_few_steps_come_before_the_rate() -> None:
    few = Case(TrainingConfig(epochs=2, batch_size=700, optimizer="sgd", learning_rate=0.4), SMALL, 2, (START, START))
    first = causes(few)[0]
    assert "Batches of 700 make 4 steps of the whole run" in first.says
    assert first.advice.changes == {"batch_size": 32, "learning_rate": 0.02}
    assert first.advice.says == "a batch size of 32 with a learning rate of 0.02"


def test_few_steps_of_small_batches_ask_for_more_epochs() -> None:
    [one] = causes(Case(TrainingConfig(epochs=1, batch_size=20), SMALL, 1, (replace(START, images=20),) * 2))
    assert one.says == "The whole run is 1 step: more steps bring more."
    [large] = causes(Case(TrainingConfig(epochs=1, batch_size=256), SMALL, 1, (START, START)))[:1]
    assert large.advice.changes == {"batch_size": 32, "epochs": 50}
    [short] = causes(Case(TrainingConfig(epochs=1), SMALL, 44, (START, START)))
    assert short.advice.changes == {"epochs": 10}
    assert causes(Case(TrainingConfig(epochs=1), SMALL, 44, (START, replace(START, accuracy=0.5)))) == []


def test_a_rate_that_is_clearly_above_is_named_only_where_the_run_is_lost() -> None:
    learns = (START, replace(START, accuracy=0.5))
    assert causes(case(learns, learning_rate=0.005)) == []
    [found] = causes(case(learns, learning_rate=0.005, cutout=28))
    assert found.advice.changes == {"cutout": 7}
    assert causes(case(learning_rate=0.005))


def test_hardly_any_images_to_learn_from_are_told_first() -> None:
    few = (replace(START, images=20),) * 2
    first = causes(Case(TrainingConfig(epochs=3, held_out=1_380), SMALL, 1, few))[0]
    assert first.says == "1,380 of the 1,400 training images are held out: 20 are left to learn from."
    assert first.advice.says == "holding out 140 of them"
    assert first.advice.changes == {"held_out": 140}
    assert not any("held_out" in one.advice.changes for one in causes(case(few, held_out=2)))


def test_a_network_of_two_layers_is_not_to_have_fewer() -> None:
    layers = (Conv2d(out_channels=1, kernel_size=1), BatchNorm2d(), ReLU(), Flatten(), Linear(out_features=10))
    network = Network(name="narrow", input_shape=(1, 28, 28), layers=layers)
    [found] = causes(case((replace(START, spread=1e-5),) * 2, network))
    assert found.advice.says == "wider layers: more filters, or more units"


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
