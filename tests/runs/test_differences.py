from typing import Any

import numpy as np
import pytest
from torch import nn

from cnnviz.layers import Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Network, architecture
from cnnviz.runs.differences import (
    ELSEWHERE,
    NOTHING,
    ComparisonRow,
    by_spread,
    differences,
    duration,
    gap,
    labels,
    result_rows,
    same_classes,
)
from cnnviz.runs.records import Curve, Outcome
from cnnviz.runs.results import Result
from cnnviz.training import TrainingConfig
from cnnviz.training.settings import SETTINGS

LENET, DIGITS = architecture("lenet5"), tuple("0123456789")


def curve(*points: tuple[float, float | None]) -> Curve:
    """Of (epoch, accuracy)."""
    epochs, accuracies = [epoch for epoch, _ in points], [accuracy for _, accuracy in points]
    return Curve([round(100 * epoch) for epoch in epochs], epochs, [1.0] * len(points), accuracies, [0.0] * len(points))


def outcome(*right: int, of: int = 10) -> Outcome:
    """Of a network that takes the wrong ones for the next class."""
    confusion = np.diag(right)
    for label, number in enumerate(right):
        confusion[label, (label + 1) % len(right)] = of - number
    return Outcome(1, confusion, ())


def result(name: str = "a", *, network: Network = LENET, settings: dict[str, Any] | None = None, **more: Any) -> Result:
    values: dict[str, Any] = {
        "title": name,
        "dataset": "mnist",
        "command": "",
        "notes": "",
        "class_names": DIGITS,
        "status": "finished",
        "epochs_done": 3,
        "test_accuracy": None,
        "test_images": 10_000,
        "train_accuracy": None,
        "seconds": 0.0,
        "train": curve(),
        "test": curve(),
        "outcomes": [],
        "shipped": False,
    }
    return Result(name=name, network=network, config=TrainingConfig(**settings or {}), **values | more)


def rows(*results: Result) -> dict[str, tuple[str, ...]]:
    return {row.name: row.values for row in differences(results)}


def test_what_is_the_same_is_not_told() -> None:
    assert differences([result("a"), result("b")]) == []
    assert differences([result("a")]) == []


def test_settings_that_differ_are_told_in_words() -> None:
    one = result("a", settings={"optimizer": "sgd", "learning_rate": 0.1, "flip": "random", "seed": 1234})
    other = result("b", settings={"optimizer": "adam", "learning_rate": 1e-3, "nesterov": True})
    assert differences([one, other]) == [
        ComparisonRow("Optimiser", ("SGD", "Adam")),
        ComparisonRow("Learning rate", ("0.1", "0.001")),
        ComparisonRow("Momentum", ("0.9", NOTHING)),  # which Adam does not heed
        ComparisonRow("Nesterov", ("no", NOTHING)),
        ComparisonRow("Mirrored", ("random", "none")),
        ComparisonRow("Seed", ("1234", "0")),
    ]


def test_a_setting_that_neither_heeds_makes_no_difference() -> None:
    assert rows(result("a", settings={"momentum": 0.5}), result("b", settings={"momentum": 0.9})) == {}


def test_every_setting_has_a_name_and_can_differ() -> None:
    others = {
        "batch_size": 8, "optimizer": "muon", "learning_rate": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1,
        "schedule": "one_cycle", "warmup_epochs": 1, "step_epochs": 3, "step_factor": 0.5, "label_smoothing": 0.1, "ema": 0.9,
        "crop_padding": 2, "translate": 2, "flip": "random", "cutout": 2, "colour_shift": 0.1,
        "test_time_augmentation": "mirror", "recipe": "speed", "held_out": 100,
        "seed": 1, "device": "cpu", "precision": "bf16", "compile": True,
    }  # fmt: skip
    assert {*others, *ELSEWHERE} == set(TrainingConfig.model_fields)
    heeded = {"nesterov": {"optimizer": "sgd"}, "momentum": {"optimizer": "sgd"}}
    heeded |= {field: {"schedule": "step"} for field in ("step_epochs", "step_factor")}
    for field, value in others.items():
        around = heeded.get(field, {})
        found = rows(result("a", settings=around), result("b", settings=around | {field: value}))
        assert SETTINGS[field].label in found, field


def test_networks_are_told_apart_by_their_layers_and_costs() -> None:
    found = rows(result("a"), result("b", network=architecture("mlp").fitted((1, 28, 28), 10)))
    assert found["Network"] == ("LeNet-5 (Keras notes)", "Fully connected baseline")
    assert found["Conv2d layers"] == ("2", "0")
    modules = [LENET.module(), architecture("mlp").fitted((1, 28, 28), 10).module()]
    counts = [sum(parameter.numel() for parameter in module.parameters()) for module in modules]
    assert found["Parameters"] == tuple(f"{count:,}" for count in counts)
    linear = tuple(str(sum(isinstance(child, nn.Linear) for child in module.modules())) for module in modules)
    assert found.get("Linear layers", linear) == linear
    assert "Input" not in found
    assert "Flatten layers" not in found


def test_a_run_is_told_as_it_was_trained_not_as_it_was_asked_for() -> None:
    asked, trained = architecture("lenet5"), architecture("lenet5").fitted((3, 32, 32), 10)
    found = rows(result("a", network=asked, dataset="shapes"), result("b", network=trained, dataset="shapes"))
    assert found == {}
    assert rows(result("a"), result("b", dataset="shapes"))["Input"] == ("1×28×28", "3×32×32")


def test_networks_of_the_same_kinds_of_layers_are_told_apart_layer_by_layer() -> None:
    def net(channels: int) -> Network:
        layers = [Conv2d(out_channels=channels, kernel_size=3), ReLU(), Flatten(), Linear(out_features=10)]
        return Network(name="Mine", input_shape=(1, 28, 28), layers=layers)

    found = rows(result("a", network=net(4)), result("b", network=net(8)))
    assert set(found) == {"Parameters", "Multiply-adds", "conv1"}
    assert [eval(f"nn.{text}").weight.shape for text in found["conv1"]] == [(4, 1, 3, 3), (8, 1, 3, 3)]


def test_dropout_is_that_of_the_training() -> None:
    own = result("a", network=architecture("lenet5").fitted((1, 28, 28), 10), settings={"dropout": 0.25})
    assert rows(own, result("b", settings={"dropout": 0.0}))["Dropout"] == ("0.25", "none")


def test_a_dataset_that_nobody_knows_any_more_is_no_failure() -> None:
    assert rows(result("a", dataset="gone"), result("b"))["Dataset"] == ("gone", "mnist")


def test_notes_are_cut() -> None:
    [row] = differences([result("a", notes="word\n" * 100), result("b")])
    assert row.name == "Notes"
    assert len(row.values[0]) == 80
    assert row.values[1] == ""


def test_figures_of_a_run() -> None:
    done = result(
        test=curve((0, 0.1), (1, 0.7), (2, 0.9), (3, 0.8)),
        train_accuracy=0.95,
        test_accuracy=0.8,
        seconds=125.4,
        settings={"epochs": 5},
        status="stopped",
    )
    assert {row.name: row.values for row in result_rows([done])} == {
        "Test accuracy": ("80.00% (95 %: 79.2 to 80.8)",),
        "Best after an epoch": ("90.00% of the test images, epoch 2",),
        "Training accuracy": ("95.00%",),
        "Gap, training − new images": ("+15.0 points",),
        "Epochs": ("3 of 5, stopped",),
        "Time": ("2 min 05 s",),
    }


def test_of_two_best_epochs_the_earlier_is_told() -> None:
    best = {row.name: row.values for row in result_rows([result(test=curve((1, 0.9), (2, 0.9)))])}[
        "Best after an epoch"
    ]
    assert best == ("90.00% of the test images, epoch 1",)


def test_what_is_not_known_is_a_dash() -> None:
    nothing = result(test=curve((1, None), (2, float("nan"))), train=curve((1, None)))
    values = {row.name: row.values for row in result_rows([nothing])}
    assert values.pop("Epochs") == ("3",)
    assert set(values.values()) == {(NOTHING,)}
    assert gap(nothing) is None


def test_a_network_that_is_better_at_new_images_has_a_gap_below_0() -> None:
    better = result(train_accuracy=0.5, test_accuracy=0.6)
    assert gap(better) == pytest.approx(-0.1)
    assert ComparisonRow("Gap, training − new images", ("−10.0 points",)) in result_rows([better])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_results_of_one_title_are_told_by_their_names() -> None:
    some = [result("a", title="mine"), result("b", title="mine"), result("c", title="other")]
    assert labels(some) == ["mine (a)", "mine (b)", "other"]


def test_only_results_of_the_same_classes_are_set_side_by_side() -> None:
    letters = {"class_names": ("x", "y"), "outcomes": [outcome(1, 2)]}
    some = [
        result("a", outcomes=[outcome(*range(10))]),
        result("b", **letters),
        result("c"),  # not tested yet
        result("d", outcomes=[outcome(*range(10))]),
        result("e", outcomes=[outcome(1, 2)]),  # damaged: ten classes, two of which were counted
    ]
    assert same_classes(some) == [[0, 3], [1]]


def test_classes_stand_in_the_order_of_what_they_are_disagreed_on() -> None:
    one, other = outcome(10, 5, 9).class_accuracies, outcome(9, 10, 9).class_accuracies
    assert by_spread(np.stack([one, other])) == [1, 0, 2]
    shares = np.array([[np.nan, 0.5, 0.9], [0.3, 0.4, np.nan], [np.nan, 0.1, 0.1]])
    assert by_spread(shares) == [2, 1, 0]
    assert by_spread(np.full((2, 2), np.nan)) == [0, 1]


def test_where_images_are_held_out_the_curve_is_of_these_and_the_gap_too() -> None:
    chosen = result(
        settings={"held_out": 5_000}, test=curve((1, 0.8), (2, 0.91)), test_accuracy=0.896, test_images=1_000,
        train_accuracy=0.95,
    )  # fmt: skip
    found = {row.name: row.values for row in result_rows([chosen])}
    assert found["Test accuracy"] == ("89.6% (95 %: 87.6 to 91.3)",)
    assert found["Best after an epoch"] == ("91.00% of the held-out images, epoch 2",)
    assert found["Gap, training − new images"] == ("+4.0 points",)
