"""The command line, in this process where it can be, in its own where it matters."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.__main__ import main
from cnnviz.layers import AnyLayer, Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks import Draft
from cnnviz.networks.code import to_json
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


SMALL: tuple[AnyLayer, ...] = (
    Conv2d(out_channels=4, kernel_size=5, stride=2),
    ReLU(),
    MaxPool2d(kernel_size=4),
    Flatten(),
    Linear(out_features=10),
)


def write_network(folder: Path, *layers: AnyLayer) -> str:
    """The path of a file with these layers for the digits."""
    file = folder / "network.json"
    file.write_text(to_json(Draft(name="Größe", input_shape=(1, 28, 28), layers=layers)), encoding="utf-8")
    return str(file)


def test_a_network_from_a_file_is_trained(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = write_network(tmp_path, *SMALL)
    assert main(["train", "--network", file, "--dataset", "digits", "--epochs", "1"]) == 0
    assert "finished" in capsys.readouterr().out
    [run] = RunStore().list()
    assert (run.spec.network.name, run.spec.network.layers) == ("Größe", SMALL)
    assert (run.status, run.epochs_done) == ("finished", 1)
    assert f"--network {file}" in run.spec.command


NOT_A_NETWORK = {
    "empty": b"",
    "text": b"import torch",
    "binary": b"\x80\x02\xff\x00pickled",
    "list": b"[]",
    "unknown layer": b'{"name": "n", "input_shape": [1, 28, 28], "layers": [{"type": "Conv3d"}]}',
    "unknown argument": b'{"name": "n", "input_shape": [1, 28, 28], "layers": [{"type": "ReLU", "inplace": true}]}',
    "long": b" " * 2_000_000,
}


def assert_one_sentence(said: str) -> None:
    assert said.count("\n") == 1
    assert said.endswith("\n")
    assert "Traceback" not in said
    assert 10 < len(said) < 500
    assert RunStore().list() == []


@pytest.mark.parametrize("content", NOT_A_NETWORK.values(), ids=NOT_A_NETWORK)
def test_a_file_that_is_no_network_is_one_sentence(
    content: bytes, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "network.json"
    file.write_bytes(content)
    assert main(["train", "--network", str(file), "--dataset", "digits"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("This ")
    assert said.out == ""
    assert_one_sentence(said.err)


def test_a_network_whose_layers_do_not_follow_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write_network(tmp_path, Linear(out_features=10))
    assert main(["train", "--network", file, "--dataset", "digits"]) == 1
    said = capsys.readouterr().err
    assert "put a Flatten before it" in said
    assert_one_sentence(said)


def test_a_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        assert main(["train", "--network", str(path), "--dataset", "digits"]) == 1
        said = capsys.readouterr().err
        assert str(path) in said
        assert_one_sentence(said)


@pytest.mark.parametrize("both", [True, False])
def test_either_an_architecture_or_a_file_is_trained(
    both: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--architecture", "lenet5", "--network", write_network(tmp_path, *SMALL)] if both else []
    with pytest.raises(SystemExit) as error:
        main(["train", *words, "--dataset", "digits"])
    assert error.value.code == 2
    said = capsys.readouterr().err
    assert "--architecture" in said.splitlines()[-1]
    assert "--network" in said.splitlines()[-1]
    assert RunStore().list() == []


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
