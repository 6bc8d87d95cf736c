"""Each finding by a history that was made up for it, and none of them ever fails."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.training import Off, Signs, TrainingConfig
from cnnviz.training.case import Case
from cnnviz.training.diagnosis import Diagnosis, Kind, Progress, diagnose, progress
from tests.training.broken import outcome
from tests.training.cases import few

PLAIN = TrainingConfig(epochs=5)


def history(*rows: tuple[float, float, float]) -> list[Progress]:
    """Of train accuracy, test accuracy and test loss, from the first epoch on."""
    return [Progress(epoch, *row) for epoch, row in enumerate(rows, 1)]


HISTORIES: dict[str, tuple[Kind, list[Progress]]] = {
    "nothing": ("early", []),
    "as good as guessing": ("not learning", history((0.1, 0.1, 2.3), (0.11, 0.09, 2.3))),
    "first epoch": ("still learning", history((0.4, 0.45, 1.5))),
    "rising": ("still learning", history((0.4, 0.45, 1.5), (0.6, 0.6, 1.1))),
    "slow but above guessing": ("still learning", history((0.11, 0.12, 2.3), (0.14, 0.16, 2.2))),
    "stands low": ("underfitting", history((0.5, 0.5, 1.4), *[(0.52, 0.505, 1.4)] * 3)),
    "ends low": (
        "underfitting",
        history(*[(0.1 * epoch, 0.1 * epoch, 1.4) for epoch in range(1, 5)], (0.42, 0.405, 1.4)),
    ),
    "falls back, low": ("underfitting", history((0.5, 0.5, 1.4), *[(0.52, 0.48, 1.4)] * 3)),
    "falls back once": (
        "still learning",
        history((0.5, 0.4, 1.4), (0.5, 0.45, 1.4), (0.52, 0.5, 1.4), (0.52, 0.48, 1.4)),
    ),
    "falls back at once": ("still learning", history((0.5, 0.5, 1.4), (0.52, 0.48, 1.4))),
    "apart": ("overfitting", history((0.7, 0.65, 1.0), (0.99, 0.7, 0.9))),
    "apart and rising": ("overfitting", history((0.5, 0.5, 1.4), (0.8, 0.7, 0.9))),
    "high and close": ("good", history((0.9, 0.9, 0.3), (0.97, 0.95, 0.2))),
    "high and close and rising": ("good", history((0.8, 0.8, 0.6), (0.97, 0.95, 0.2))),
    "test ahead of train": ("good", history((0.9, 0.95, 0.3), (0.92, 0.96, 0.2))),
    "all right": ("good", history((1.0, 1.0, 0.0))),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_each_history_has_its_name(name: str) -> None:
    kind, done = HISTORIES[name]
    found = diagnose(done, 10, PLAIN)
    assert found.kind == kind
    if done:
        assert f"{done[-1].train_accuracy:.1%} of the training images" in found.says
        assert f"{done[-1].test_accuracy:.1%} of the test images" in found.says
    assert bool(found.advice) == (kind in ("not learning", "underfitting", "overfitting"))
    assert all(one.says for one in found.advice)


@pytest.mark.parametrize(("classes", "kind"), [(2, "not learning"), (10, "still learning")])
def test_guessing_depends_on_the_number_of_classes(classes: int, kind: Kind) -> None:
    found = diagnose(history((0.52, 0.5, 0.7)), classes, PLAIN)
    assert found.kind == kind
    assert (f"guessing among {classes} classes" in found.says) == (kind == "not learning")


def test_the_gain_and_the_gap_are_told_in_points() -> None:
    assert "brought 15.0 points" in diagnose(HISTORIES["rising"][1], 10, PLAIN).says
    assert "after the first epoch" in diagnose(HISTORIES["first epoch"][1], 10, PLAIN).says
    assert "29 points apart" in diagnose(HISTORIES["apart"][1], 10, PLAIN).says


@pytest.mark.parametrize(("epochs", "advice"), [(2, [{"epochs": 4}]), (3, [])])
def test_more_epochs_are_advised_where_there_are_none_to_come(epochs: int, advice: list[dict[str, object]]) -> None:
    found = diagnose(HISTORIES["rising"][1], 10, TrainingConfig(epochs=epochs))
    assert [one.changes for one in found.advice] == advice


@pytest.mark.parametrize(
    ("losses", "turned"),
    [
        ((1.0, 0.5, 0.8), 2),
        ((0.5, 0.6, 0.8), 1),
        ((1.0, 0.8, 0.5), None),
        ((1.0, 0.5, 0.52), None),  # noise
    ],
)
def test_a_test_loss_that_has_turned_is_told_with_its_epoch(losses: tuple[float, ...], turned: int | None) -> None:
    found = diagnose(history(*((0.95, 0.7, loss) for loss in losses)), 10, PLAIN)
    assert found.kind == "overfitting"
    assert (f"The test loss was lowest after epoch {turned} and has grown since." in found.says) == bool(turned)
    assert ("lowest" in found.says) == bool(turned)
    assert [one.says for one in found.advice if "stopping" in one.says] == (
        [f"stopping after epoch {turned}"] if turned else []
    )


def advised(kind: Kind, config: TrainingConfig) -> str:
    done = {"overfitting": HISTORIES["apart"][1], "underfitting": HISTORIES["stands low"][1]}[kind]
    found = diagnose(done, 10, config)
    assert found.kind == kind
    return "; ".join(one.says for one in found.advice)


@pytest.mark.parametrize(
    ("changes", "there", "not_there"),
    [
        ({}, ["shifted, and mirrored", "dropout of", "AdamW with a weight decay"], ["cutout"]),
        ({"flip": "random"}, ["shifted"], ["mirrored"]),
        ({"crop_padding": 2}, ["cutout"], ["shifted"]),
        ({"translate": 2}, ["cutout"], ["shifted"]),
        ({"translate": 2, "cutout": 8}, ["dropout of"], ["shifted", "cutout", "changed images"]),
        ({"dropout": 0.3}, ["AdamW"], ["dropout"]),
        ({"dropout": 0.0}, ["dropout of"], []),
        ({"optimizer": "sgd"}, ["weight decay of 0.0005"], ["AdamW"]),
        ({"optimizer": "sgd", "weight_decay": 5e-4}, ["dropout of"], ["weight decay"]),
    ],
)
def test_against_overfitting_is_advised_what_is_not_done_yet(
    changes: dict[str, object], there: list[str], not_there: list[str]
) -> None:
    words = advised("overfitting", TrainingConfig(**changes))
    assert all(one in words for one in there), words
    assert not any(one in words for one in not_there), words


@pytest.mark.parametrize(
    ("changes", "there", "not_there"),
    [
        ({}, ["more filters", "a schedule", "more epochs"], ["less"]),
        ({"schedule": "cosine"}, ["more filters"], ["a schedule"]),
        ({"dropout": 0.5}, ["less dropout"], []),
        ({"weight_decay": 0.01}, ["less dropout, weight decay"], []),
        ({"cutout": 8}, ["change of the images"], []),
    ],
)
def test_against_underfitting_is_advised_to_undo_what_holds_back(
    changes: dict[str, object], there: list[str], not_there: list[str]
) -> None:
    words = advised("underfitting", TrainingConfig(**changes))
    assert all(one in words for one in there), words
    assert not any(one in words for one in not_there), words


# Like with like

NORMALISED = Network(
    name="normalised", input_shape=(1, 28, 28),
    layers=(Conv2d(out_channels=4, kernel_size=5), BatchNorm2d(), ReLU(), Flatten(), Linear(out_features=10)),
)  # fmt: skip
LAYERS_DROP = NORMALISED.model_copy(update={"layers": (*NORMALISED.layers[:-1], Dropout(p=0.5), NORMALISED.layers[-1])})


def test_statistics_that_lag_are_no_overfitting() -> None:
    case = Case(PLAIN, NORMALISED, 100)
    lagging = [Progress(5, 0.44, 0.43, 1.9, running=0.92)]
    found = diagnose(lagging, 10, PLAIN, case)
    assert found.kind == "statistics lag"
    assert "92.0% of the training images" in found.says
    assert "no overfitting" in found.says
    assert found.advice[0].changes == {"epochs": 10, "schedule": "one_cycle"}
    assert diagnose([Progress(5, 0.95, 0.6, 1.9, running=0.92)], 10, PLAIN, case).kind == "overfitting"
    assert diagnose([Progress(5, 0.6, 0.58, 1.9, running=0.5)], 10, PLAIN, case).kind == "still learning"


def test_a_young_network_with_normalisation_that_is_trained_for_real_is_not_called_overfitting() -> None:
    """Large first steps: the running statistics follow from behind."""
    lags = 0
    for seed, rate in ((0, 0.01), (1, 0.02), (2, 0.03)):
        config = TrainingConfig(epochs=1, batch_size=64, learning_rate=rate, device="cpu", seed=seed)
        found = outcome(NORMALISED, few(700, 300), config).diagnosis
        assert found is not None
        assert found.kind != "overfitting"
        lags += found.kind == "statistics lag"
    assert lags < 4


def test_a_networks_own_dropout_is_not_advised_again() -> None:
    done = HISTORIES["apart"][1]
    own, bare = (diagnose(done, 10, PLAIN, Case(PLAIN, network, 100)) for network in (LAYERS_DROP, NORMALISED))
    assert not any("dropout" in one.says for one in own.advice)
    assert any("dropout" in one.says for one in bare.advice)


def test_the_running_mean_is_said_to_be_what_it_is() -> None:
    config = TrainingConfig(epochs=5, crop_padding=2)
    found = diagnose([Progress(5, 0.95, 0.94, 0.2, running=0.8)], 10, config, Case(config, LAYERS_DROP, 100))
    assert (
        "the train curve shows 80.0%, the mean over the epoch, while the weights move, on changed images, with dropout and with "
        "each batch's own statistics"
    ) in found.says


def test_a_lost_loss_is_told_beside_that_of_guessing() -> None:
    signs = Signs(
        250,
        2.302,
        0.1,
        0.0,
        commonest=0.98,
        weights=1,
        input_mean=0,
        input_deviation=1,
        off=(Off("fc1", 0.89, "zero"),),
    )
    found = diagnose(history((0.1, 0.1, 2.3)), 10, PLAIN, Case(PLAIN, NORMALISED, 100, (signs, signs)))
    assert "A loss of 2.30, which is ln 10, is guessing" in found.says
    assert "89% of fc1's units are always 0" in found.says
    assert "98% of the images get one and the same answer" in found.says


def test_what_hides_the_images_comes_before_more_against_overfitting() -> None:
    config = TrainingConfig(epochs=5, cutout=21)
    signs = Signs(250, 1.9, 0.41, 0.5, commonest=0.3, weights=3, input_mean=0, input_deviation=1)
    case = Case(config, NORMALISED, 100, (signs, signs))
    found = diagnose(history((0.409, 0.307, 1.9)), 10, config, case)
    assert found.kind == "overfitting"
    assert "A square hides 56% of each training image" in found.says
    assert found.advice[0].changes == {"cutout": 7}
    assert found.advice[1].changes == {"crop_padding": 2}
    assert diagnose(history((0.95, 0.6, 1.9)), 10, config, case).advice[0].changes == {"crop_padding": 2}


def test_too_few_images_left_come_first_however_well_they_are_known() -> None:
    config = TrainingConfig(epochs=3, held_out=1_398)
    signs = Signs(2, 0.1, 1.0, 0.5, commonest=0.5, weights=3, input_mean=0, input_deviation=1)
    found = diagnose(history((1.0, 0.13, 2.5)), 10, config, Case(config, NORMALISED, 1, (signs, signs)))
    assert found.kind == "overfitting"
    assert found.says.endswith("1,398 of the 1,400 training images are held out: 2 are left to learn from.")
    assert found.advice[0].changes == {"held_out": 140}
    assert not any("epochs" in one.changes for one in found.advice[:1])


def test_a_short_run_at_guessing_is_advised_more_epochs() -> None:
    config = TrainingConfig(epochs=1)
    signs = Signs(350, 2.3, 0.12, 0.01, commonest=0.5, weights=3, input_mean=0, input_deviation=1)
    found = diagnose(history((0.12, 0.13, 2.3)), 10, config, Case(config, NORMALISED, 44, (signs, signs)))
    assert found.kind == "not learning"
    assert "The whole run is 44 steps: it may be too short." in found.says
    assert found.advice[0].changes == {"epochs": 10}
    assert any("labels" in one.says for one in found.advice)


# Of the curves


def test_an_epochs_training_accuracy_is_the_mean_of_its_own_points() -> None:
    found = progress(
        [0.5, 1.0, 1.25, 1.75, 2.0, 2.5], [0.2, 0.4, 0.5, 0.6, 0.7, 0.9], [0, 1, 2], [2.3, 1.5, 1.0], [0.1, 0.3, 0.5]
    )
    assert [one.epoch for one in found] == [1, 2]
    assert [one.train_accuracy for one in found] == pytest.approx([0.3, 0.6])
    assert [(one.test_accuracy, one.test_loss) for one in found] == [(0.3, 1.5), (0.5, 1.0)]


def test_an_epoch_without_points_is_passed_over() -> None:
    assert progress([], [], [], [], []) == progress([0.5], [0.2], [0], [2.3], [0.1]) == []
    found = progress([0.5, 2.5], [0.2, 0.8], [0, 1, 2, 3], [2.3, 1.5, 1.0, 0.5], [0.1, 0.3, 0.5, 0.7])
    assert found == [Progress(1, 0.2, 0.3, 1.5, 0.2), Progress(3, 0.8, 0.7, 0.5, 0.8)]


# Whatever was measured

SHARES = st.floats(0, 1)
LOSSES = st.floats(0) | st.just(math.nan)
CONFIGS = st.builds(
    TrainingConfig,
    epochs=st.integers(1, 8),
    learning_rate=st.floats(1e-9, 10),
    optimizer=st.sampled_from(["adam", "adamw", "sgd", "muon"]),
    schedule=st.sampled_from(["constant", "cosine", "one_cycle"]),
    weight_decay=st.floats(0, 10),
    dropout=st.none() | st.floats(0, 0.9),
    flip=st.sampled_from(["none", "random"]),
    cutout=st.integers(0, 8),
    crop_padding=st.integers(0, 4),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(SHARES, SHARES, LOSSES), max_size=6), st.integers(1, 1000), CONFIGS)
def test_something_is_always_found(
    rows: list[tuple[float, float, float]], classes: int, config: TrainingConfig
) -> None:
    found = diagnose(history(*rows), classes, config)
    assert isinstance(found, Diagnosis)
    assert (found.kind == "early") == (not rows)
    assert found.title
    assert found.says.endswith(".")
    assert all(one.says for one in found.advice)
    assert len({one.says for one in found.advice}) == len(found.advice)
    for one in found.advice:
        TrainingConfig(**{**config.model_dump(), **one.changes})
    if rows:
        assert (found.kind == "good") <= (rows[-1][0] >= 0.9)
        assert (found.kind == "overfitting") <= (rows[-1][0] > rows[-1][1])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.floats(0, 5), SHARES)), st.lists(st.tuples(st.integers(0, 5), LOSSES, SHARES), max_size=6))
def test_any_curves_make_a_progress(train: list[tuple[float, float]], test: list[tuple[int, float, float]]) -> None:
    found = progress(
        [epoch for epoch, _ in train], [accuracy for _, accuracy in train],
        [float(epoch) for epoch, _, _ in test], [loss for _, loss, _ in test], [accuracy for *_, accuracy in test],
    )  # fmt: skip
    assert len(found) <= len(test)
    for one in found:
        own = [accuracy for epoch, accuracy in train if math.ceil(epoch) == one.epoch]
        assert one.train_accuracy == pytest.approx(sum(own) / len(own))
    diagnose(found, 10, PLAIN)
