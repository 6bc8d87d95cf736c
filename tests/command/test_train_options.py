"""What ``train`` takes: every setting, presets, and both."""

from pathlib import Path
from typing import get_args

import pytest

from cnnviz.__main__ import main
from cnnviz.command import train
from cnnviz.networks import architecture
from cnnviz.runs import Run, RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS
from cnnviz.training.settings import SETTINGS
from tests.command.small import SMALL, write_network


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """What would be trained."""
    specs: list[Spec] = []

    def note(store: RunStore, run: Run, save: str | None) -> int:
        specs.append(run.spec)
        return 0

    monkeypatch.setattr(train, "work", note)
    monkeypatch.setattr(train, "is_available", lambda name: True)
    return specs


def test_a_preset_brings_its_network_its_dataset_and_its_settings(asked: list[Spec]) -> None:
    assert main(["train", "--preset", "speed_run"]) == 0
    preset = PRESETS["speed_run"]
    assert (asked[0].network, asked[0].dataset, asked[0].config) == (
        architecture("airbench94"),
        "cifar10",
        preset.config,
    )
    assert asked[0].command == "python -m cnnviz train --preset speed_run"


def test_what_is_said_beside_a_preset_wins(asked: list[Spec], tmp_path: Path) -> None:
    words = ["--epochs", "1", "--no-nesterov", "--flip", "none", "--weight-decay", "0", "--dataset", "shapes"]
    assert main(["train", "--preset", "speed_run", *words]) == 0
    changes = {"epochs": 1, "nesterov": False, "flip": "none", "weight_decay": 0.0}
    assert asked[0].config == PRESETS["speed_run"].config.model_copy(update=changes)
    assert asked[0].dataset == "shapes"
    assert asked[0].network == architecture("airbench94")

    file = write_network(tmp_path, *SMALL)
    assert main(["train", "--preset", "course", "--network", file, "--dataset", "digits"]) == 0
    assert asked[1].network.layers == SMALL
    assert main(["train", "--preset", "course", "--architecture", "tutorial_net", "--dataset", "digits"]) == 0
    assert asked[2].config == PRESETS["course"].config


OTHER_VALUES: dict[type, str] = {int: "7", float: "0.25", str: "cpu"}


def test_every_setting_is_an_option(asked: list[Spec], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.refusals.devices", lambda: ["cuda:0", "cpu"])  # else nothing can be compiled
    default = TrainingConfig()
    for name, field in TrainingConfig.model_fields.items():
        option, before = f"--{name.replace('_', '-')}", getattr(default, name)
        if isinstance(before, bool):
            words, expected = [option], True
        elif isinstance(before, str) and name != "device":
            expected = get_args(field.annotation)[-1]
            words = [option, expected]
        else:
            word = OTHER_VALUES[float if before is None else type(before)]
            words, expected = [option, word], type(before if before is not None else 0.0)(word)
        with_it = {"optimizer": "sgd"} if name == "recipe" else {}  # what goes with it, as this network does
        trained = ("airbench94", "shapes") if name == "recipe" else ("lenet5", "digits")
        words += [word for other, value in with_it.items() for word in (f"--{other}", value)]
        assert main(["train", "--architecture", trained[0], "--dataset", trained[1], *words]) == 0
        assert asked[-1].config == default.model_copy(update={name: expected, **with_it}), option
        assert getattr(asked[-1].config, name) != before
    assert main(["train", "--architecture", "lenet5", "--dataset", "digits"]) == 0
    assert asked[-1].config == default


def test_help_names_every_option_and_preset(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["train", "--help"])
    assert error.value.code == 0
    said = capsys.readouterr().out
    for name in (*TrainingConfig.model_fields, *PRESETS, "94 %"):
        assert name.replace("_", "-") in said or name in said


def test_help_says_what_every_option_does_and_its_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for name, field in TrainingConfig.model_fields.items():
        default = "what the network's layers say" if field.default is None else field.default
        assert f"{SETTINGS[name].text} Default: {default}." in said


@pytest.mark.parametrize(("dataset", "flip"), [("digits", "none"), ("shapes", "random")])
def test_the_fast_preset_goes_by_the_dataset(asked: list[Spec], dataset: str, flip: str) -> None:
    assert main(["train", "--preset", "fast", "--architecture", "lenet5", "--dataset", dataset, "--epochs", "2"]) == 0
    assert asked[0].config == TrainingConfig(
        epochs=2, batch_size=64, learning_rate=0.002, schedule="one_cycle", flip=flip
    )


# Going on
