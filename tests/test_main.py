"""The command line, in this process where it can be, in its own where it matters."""

import json
import subprocess
import sys

import pytest

from cnnviz.__main__ import main
from cnnviz.paths import PROJECT
from cnnviz.runs import RunStore, checkpoints, load_checkpoint


def test_train_shows_in_the_list_of_runs_and_can_be_shipped(
    capsys: pytest.CaptureFixture[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "shipped"
    for module in ("cnnviz.runs.checkpoints", "cnnviz.__main__"):
        monkeypatch.setattr(f"{module}.SHIPPED", folder)
    words = ["train", "--architecture", "lenet5", "--dataset", "digits", "--epochs", "1", "--save", "mine"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "epoch 1/1" in said
    assert "finished" in said
    [run] = RunStore().list()
    assert run.spec.command == "python -m cnnviz train --architecture lenet5 --dataset digits --epochs 1 --save mine"

    assert main(["runs", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["id"], row["status"], row["epochs_done"], row["test_accuracy"]) == (
        run.id,
        "finished",
        1,
        run.test_accuracy,
    )
    assert main(["runs"]) == 0
    assert run.id in capsys.readouterr().out

    assert checkpoints.shipped() == ["mine"]
    assert load_checkpoint("mine")[1].name == "mine"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--epochs", "0"], "--epochs 0: should be greater than or equal to 1."),
        (["--learning-rate", "nan"], "--learning-rate nan: should be a finite number."),
        (["--device", "toaster"], "--device toaster: "),
        (["--optimizer", "magic"], "--optimizer magic: should be 'adam' or 'sgd'."),
    ],
)
def test_impossible_settings_are_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--architecture", "lenet5", "--dataset", "digits", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert said.count("\n") == 1
    assert RunStore().list() == []


def test_the_shipped_checkpoints_are_listed_with_their_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoints"]) == 0
    said = capsys.readouterr().out
    assert "lenet5-mnist" in said
    assert "of 10,000 test images" in said
    assert "python -m cnnviz train --architecture lenet5 --dataset mnist" in said


def test_without_a_network_a_download_is_one_sentence() -> None:
    command = [sys.executable, "-m", "cnnviz", "data", "download", "mnist"]
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    import os

    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **nowhere}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("MNIST could not be downloaded (")
    assert done.stderr.count("\n") == 1
