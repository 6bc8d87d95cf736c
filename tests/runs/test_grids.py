"""Several runs that differ in one setting: what is typed, and what is said where it makes no grid."""

from __future__ import annotations

from typing import Any

import pytest

from cnnviz.runs.grids import GRID_SETTINGS, MOST, GridError, grid
from cnnviz.training import TrainingConfig

GOOD: dict[str, tuple[str, list[Any]]] = {
    "learning_rate": ("0.0003, 1e-3,.01 10", [0.0003, 0.001, 0.01, 10.0]),
    "batch_size": ("16; 64;256", [16, 64, 256]),
    "optimizer": ("sgd, adam adamw; muon", ["sgd", "adam", "adamw", "muon"]),
    "momentum": ("0, 0.9, 0.99", [0.0, 0.9, 0.99]),
    "weight_decay": ("0 5e-4", [0.0, 0.0005]),
    "dropout": ("0,0.3,0.5", [0.0, 0.3, 0.5]),
    "label_smoothing": ("0.1, 0", [0.1, 0.0]),
    "schedule": ("constant,step,cosine,one_cycle,triangle", ["constant", "step", "cosine", "one_cycle", "triangle"]),
    "epochs": ("1\n10\t1000", [1, 10, 1000]),
    "crop_padding": (" 0, 2, 4, ", [0, 2, 4]),
    "cutout": (",0,,8", [0, 8]),
    "seed": ("0 1 2147483647", [0, 1, 2**31 - 1]),
}
GERMAN = {"0,1; 0,01": [0.1, 0.01], "0,5;1,5;2": [0.5, 1.5, 2.0], "0.1, 0.2; 0.3": [0.1, 0.2, 0.3]}
BASE = TrainingConfig(epochs=7, learning_rate=0.02, cutout=3, seed=5, device="cpu")


def test_every_setting_has_an_example_here() -> None:
    assert set(GOOD) == set(GRID_SETTINGS) <= set(TrainingConfig.model_fields)


@pytest.mark.parametrize("name", GRID_SETTINGS)
def test_one_config_a_value_that_differs_in_nothing_else(name: str) -> None:
    typed, values = GOOD[name]
    found = grid(BASE, name, typed)
    assert [getattr(config, name) for config in found] == values
    assert [type(getattr(config, name)) for config in found] == [type(value) for value in values]
    for config in found:
        assert config.model_copy(update={name: getattr(BASE, name)}) == BASE


@pytest.mark.parametrize("typed", GERMAN)
def test_beside_semicolons_a_comma_is_a_decimal_one(typed: str) -> None:
    assert [config.weight_decay for config in grid(BASE, "weight_decay", typed)] == GERMAN[typed]


@pytest.mark.parametrize("typed", ["", "   ", ",;,", "0.1", "0.1, 0.1", "0.1,0.1 0.1;0.1"])
def test_one_value_is_no_grid(typed: str) -> None:
    with pytest.raises(GridError, match=r"^Type two values or more, with commas between them\.$"):
        grid(BASE, "learning_rate", typed)


@pytest.mark.parametrize("typed", ["0.1, 0.10", "1e-1 .1 0.1000"])
def test_the_same_value_in_other_words_is_no_grid(typed: str) -> None:
    with pytest.raises(GridError, match=r"^These are all the same value: type two that differ\.$"):
        grid(BASE, "learning_rate", typed)


def test_a_value_that_comes_twice_makes_one_run() -> None:
    found = grid(BASE, "learning_rate", "0.1, 0.10, 0.2, 0.1")
    assert [config.learning_rate for config in found] == [0.1, 0.2]


def test_not_more_than_one_can_compare() -> None:
    assert len(grid(BASE, "seed", " ".join(map(str, range(MOST))))) == MOST
    with pytest.raises(GridError, match=r"^7 runs are too many at once: take 6 or fewer\.$"):
        grid(BASE, "seed", " ".join(map(str, range(MOST + 1))))


@pytest.mark.parametrize(
    ("name", "typed", "word", "reason"),
    [
        ("learning_rate", "0.1, much", "much", "it must be a number"),
        ("learning_rate", "0.1, 0", "0", "it must be above 0"),
        ("learning_rate", "0.1, nan", "nan", "it must be a finite number"),
        ("learning_rate", "0.1, inf", "inf", "it must be a finite number"),
        ("learning_rate", "11, 0.1", "11", "it must be at most 10"),
        ("batch_size", "8, 16.5", "16.5", "it must be a whole number"),
        ("batch_size", "0, 8", "0", "it must be at least 1"),
        ("momentum", "0.9, 1", "1", "it must be below 1"),
        ("momentum", "0.9, nan", "nan", "it must be a finite number"),
        ("dropout", "0, none", "none", "it must be a number"),
        ("dropout", "nan, 0", "nan", "it must be a finite number"),
        ("dropout", "-0.5, 0", "-0.5", "it must be at least 0"),
        ("seed", "1, 2147483648", "2147483648", "it must be below 2,147,483,648"),
        ("seed", f"1, {'9' * 5_000}", "9" * 5_000, ""),
        ("optimizer", "sgd, lion", "lion", "choose among adam, adamw, sgd, muon."),
        ("optimizer", "sgd, Adam", "Adam", "choose among"),
        ("schedule", "cosine, linear", "linear", "choose among constant, step, cosine, one_cycle, triangle."),
    ],
)
def test_a_value_that_cannot_be_is_said_in_a_sentence(name: str, typed: str, word: str, reason: str) -> None:
    with pytest.raises(GridError) as error:
        grid(BASE, name, typed)
    told = str(error.value)
    assert told.startswith(f"{word}: {reason}")
    assert told.endswith(".")
    assert "\n" not in told
    assert "Input" not in told
    assert "should" not in told


def test_values_that_do_not_go_with_the_other_settings_are_said() -> None:
    nesterov = TrainingConfig(optimizer="sgd", nesterov=True)
    with pytest.raises(GridError, match=r"^0: Nesterov looks ahead along the momentum, which is 0"):
        grid(nesterov, "momentum", "0.9, 0")
    speed = TrainingConfig(recipe="speed", optimizer="sgd")
    with pytest.raises(GridError, match=r"^adam: The speed recipe's step sizes are made for SGD"):
        grid(speed, "optimizer", "sgd, adam")


def test_settings_that_do_not_go_together_anyhow_are_no_fault_of_the_values() -> None:
    speed = TrainingConfig(recipe="speed", optimizer="adam")
    assert [one.cutout for one in grid(speed, "cutout", "0, 8")] == [0, 8]
