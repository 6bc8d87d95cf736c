"""The command line, in this process where it can be, in its own where it matters."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cnnviz.__main__ import main
from cnnviz.command import working
from cnnviz.layers import Linear
from cnnviz.networks import architecture
from cnnviz.paths import PROJECT
from cnnviz.runs import Run, RunStore, Spec, checkpoints, load_checkpoint
from cnnviz.runs.worker import work
from cnnviz.training import Checkpoint, Event, Step, TrainingConfig, reporting
from cnnviz.training.presets import PRESETS
from tests.command.small import SMALL, write_network


def test_train_shows_in_the_list_of_runs_and_can_be_shipped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shipped"
    for module in ("cnnviz.runs.checkpoints", "cnnviz.runs.shipping"):
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


def test_an_architecture_and_a_file_are_too_much(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["--architecture", "lenet5", "--network", write_network(tmp_path, *SMALL)]
    with pytest.raises(SystemExit) as error:
        main(["train", *words, "--dataset", "digits"])
    assert error.value.code == 2
    said = capsys.readouterr().err
    assert "--architecture" in said.splitlines()[-1]
    assert "--network" in said.splitlines()[-1]
    assert RunStore().list() == []


@pytest.mark.parametrize(
    "words",
    [[], ["--dataset", "digits"], ["--architecture", "lenet5"], ["--preset", "course", "--dataset", "digits"]],
    ids=str,
)
def test_without_a_network_or_a_dataset_it_says_what_to_name(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 1
    said = capsys.readouterr().err
    assert said == "Name a network (--architecture or --network) and a --dataset.\n"
    assert_one_sentence(said)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--epochs", "0"], "--epochs 0: must be at least 1."),
        (["--learning-rate", "nan"], "--learning-rate nan: must be a finite number."),
        (
            ["--device", "toaster"],
            "--device toaster: must be auto, cpu, mps, cuda, or a cuda with its number, as cuda:0.",
        ),
        (["--dropout", "1"], "--dropout 1.0: must be below 1."),
        (["--crop-padding", "17"], "--crop-padding 17: must be at most 16."),
    ],
)
def test_impossible_settings_are_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--architecture", "lenet5", "--dataset", "digits", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert_one_sentence(said)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--architecture", "vgg16", "--dataset", "mnist"],
            "VGG16 needs images of at least 32×32, and these are 28×28: choose shapes or cifar10, or another network",
        ),
        (["--architecture", "lenet5", "--dataset", "digits", "--compile", "--device", "cpu"], "Compiling gains time"),
        (["--architecture", "lenet5", "--dataset", "digits", "--device", "cuda:97"], "There is no device cuda:97 here"),
        (["--architecture", "lenet5", "--dataset", "digits", "--recipe", "speed"], "The speed recipe's step sizes"),
        (
            ["--architecture", "lenet5", "--dataset", "digits", "--recipe", "speed", "--optimizer", "sgd"],
            "The speed recipe wants",
        ),
    ],
)
def test_what_cannot_be_trained_is_said_before_there_is_a_run(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1
    assert RunStore().list() == []


@pytest.mark.parametrize(
    ("option", "word", "known"),
    [
        ("--optimizer", "magic", ("adam", "adamw", "sgd", "muon")),
        ("--schedule", "magic", ("cosine", "triangle")),
        ("--flip", "upside_down", ("none", "random", "alternating")),
        ("--preset", "magic", tuple(PRESETS)),
        ("--dataset", "magic", ("digits", "cifar10")),
        ("--architecture", "magic", ("lenet5", "airbench94")),
        ("--batch-size", "many", ("int",)),
    ],
)
def test_unknown_words_are_answered_with_the_known_ones(
    option: str, word: str, known: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(["train", option, word])
    assert error.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {option}: invalid " in last
    for name in (word, *known):
        assert f"'{name}'" in last or f"{name} value" in last
    assert RunStore().list() == []


# Settings


def stopped(config: TrainingConfig) -> Run:
    """A run that was stopped after its first epoch."""
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=config))

    def watch(event: Event) -> None:
        if isinstance(event, Checkpoint):
            store.request_stop(run.id)

    return work(store, run.id, watch)


def test_a_stopped_run_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = TrainingConfig(epochs=2, batch_size=128, flip="random", dropout=0.2)
    run = stopped(config)
    assert (run.status, run.epochs_done) == ("stopped", 1)
    assert main(["resume", run.id]) == 0
    said = capsys.readouterr().out
    assert f"run {run.id}\n" in said
    assert "epoch 2/2" in said
    assert "epoch 1/2" not in said
    store = RunStore()
    [again] = store.list()
    assert (again.id, again.status, again.epochs_done) == (run.id, "finished", 2)
    assert store.curve(run.id, "test").epochs == [0.0, 1.0, 2.0]

    elsewhere = RunStore(tmp_path / "whole")
    whole = work(elsewhere, elsewhere.create(run.spec).id)
    weights, expected = (
        load_file(place.folder(name) / "checkpoint.safetensors")
        for place, name in ((store, run.id), (elsewhere, whole.id))
    )
    assert all(torch.equal(weights[name], weight) for name, weight in expected.items())

    assert main(["resume", run.id]) == 1
    sentence = capsys.readouterr().err
    assert sentence == f"{run.id} is finished: nothing of it is left to train.\n"


def test_an_unknown_run_cannot_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", "nobody"]) == 1
    said = capsys.readouterr().err
    assert said == "There is no run 'nobody': python -m cnnviz runs lists them.\n"


def test_a_failed_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "--architecture", "lenet5", "--dataset", "digits", "--epochs", "1"]
    assert main([*words, "--optimizer", "sgd", "--learning-rate", "10", "--weight-decay", "10"]) == 1
    [run] = RunStore().list()
    assert (run.status, run.epochs_done) == ("failed", 0)
    assert "Rate times weight decay is 10 × 10 = 100" in run.message
    assert f"failed: {run.message}\n" in capsys.readouterr().out
    assert main(["runs"]) == 0
    assert run.message in capsys.readouterr().out


def test_the_shipped_checkpoints_are_listed_with_their_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoints"]) == 0
    said = capsys.readouterr().out
    assert "lenet5-mnist" in said
    assert "of 10,000 test images" in said
    assert "python -m cnnviz train --architecture lenet5 --dataset mnist" in said


def test_without_a_network_a_download_is_one_sentence() -> None:
    command = [sys.executable, "-m", "cnnviz", "data", "download", "mnist"]
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **nowhere}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("MNIST could not be downloaded (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--architecture", "fcn_segmentation"], "FCN-8s segmentation does not end in a Linear layer"),
        (["--architecture", "vgg16"], "2×2 kernel on a 1×1 input"),
        (["--architecture", "lenet5", "--optimizer", "sgd", "--nesterov", "--momentum", "0"], "Nesterov looks ahead"),
        (["--architecture", "lenet5", "--recipe", "speed"], "The speed recipe's step sizes are made for SGD"),
        (["--architecture", "lenet5", "--save", "../../x"], "--save ../../x: name it with letters"),
    ],
)
def test_what_cannot_be_is_said_before_there_is_a_run(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, "--dataset", "digits"]) == 1
    assert sentence in capsys.readouterr().err
    assert RunStore().list() == []


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    words = f"{sys.executable} -m cnnviz checkpoints | true"
    done = subprocess.run(words, shell=True, capture_output=True, text=True, cwd=PROJECT)
    assert done.stderr == ""


def test_a_run_that_would_only_fail_again_is_not_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--optimizer", "sgd", "--momentum", "0.99", "--learning-rate", "10", "--device", "cpu"]
    assert main(["train", "--architecture", "mlp", "--dataset", "digits", "--epochs", "2", *words]) == 1
    [run] = RunStore().list()
    capsys.readouterr()
    assert main(["resume", run.id]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{run.id} would only fail again: The loss ")
    assert said.endswith("Train it anew with other settings.\n")
    assert RunStore().get(run.id).status == "failed"


def test_ctrl_c_keeps_what_was_learned(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Pressed(working.Watch):
        def __call__(self, event: Event) -> None:
            super().__call__(event)
            if isinstance(event, Step) and event.step == 5:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(working, "Watch", Pressed)
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    before = signal.getsignal(signal.SIGINT)
    assert main(["train", "--architecture", "lenet5", "--dataset", "digits", "--epochs", "1"]) == 1
    assert signal.getsignal(signal.SIGINT) is before
    [run] = RunStore().list()
    assert (run.status, run.epochs_done, run.step) == ("stopped", 0, 6)
    assert RunStore().goes_on(run) == "Goes on after epoch 0 and 6 steps."
    assert "Ctrl+C again leaves at once" in capsys.readouterr().err
    monkeypatch.setattr(working, "Watch", Pressed.__base__)
    assert main(["resume", run.id]) == 0
