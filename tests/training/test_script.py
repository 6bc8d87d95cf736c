"""The script is run, and its losses compared with those of the app's own loop."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    ShapeError,
)
from cnnviz.networks import Network
from cnnviz.runs.checkpoints import SHIPPED, read_card
from cnnviz.training import Epoch, Finished, Step, TrainingConfig, reporting, train
from cnnviz.training.script import torch_script
from tests.training.cases import SMALL, few

COLOURED = Network(  # a Dropout on maps, paths that meet, normalisation
    name="Muon",  # as the class of the optimizer
    input_shape=(3, 12, 10),
    layers=[
        Conv2d(out_channels=6, kernel_size=3, padding=1),
        Residual(body=[BatchNorm2d(), ReLU(), Conv2d(out_channels=6, kernel_size=3, padding=1)]),
        Dropout(p=0.2),
        MaxPool2d(kernel_size=2),
        Flatten(),
        Linear(out_features=8),
        ReLU(),
        Linear(out_features=4),
    ],
)
DROPPING = Network(
    name="dropping",
    input_shape=(1, 28, 28),
    layers=[*SMALL.layers[:2], Dropout(p=0.3), *SMALL.layers[2:]],
)
CONVOLUTIONAL = Network(
    name="convolutional",
    input_shape=(1, 28, 28),
    layers=[
        *SMALL.layers[:2],
        Conv2d(out_channels=6, kernel_size=3),
        ReLU(),
        Conv2d(out_channels=few().num_classes, kernel_size=1),
        AdaptiveAvgPool2d(output_size=1),
        Flatten(),
    ],
)
SAID = re.compile(
    r"epoch (\d+): train loss ([\d.]+), (?:test|held-out) loss ([\d.]+), (?:test|held-out) accuracy ([\d.]+)%\n"
)


def coloured(images: int = 97) -> Dataset:
    """Images of four classes that differ in brightness. The last one is a batch of its own."""
    rng = np.random.default_rng(0)

    def split(count: int) -> Split:
        labels = rng.integers(4, size=count)
        noise = rng.integers(0, 100, (count, 3, 12, 10)) * np.array([1.0, 0.7, 0.4])[:, None, None]
        return Split((40 * labels[:, None, None, None] + noise).astype(np.uint8), labels)

    return Dataset("coloured", "Coloured", tuple("abcd"), split(images), split(40))


def write(path: Path, data: Dataset) -> Path:
    arrays = {}
    for part, split in (("train", data.train), ("test", data.test)):
        arrays[f"x_{part}"], arrays[f"y_{part}"] = split.images.transpose(0, 2, 3, 1), split.labels.astype(np.uint8)
    np.savez(path, **arrays)
    return path


def functions(script: str) -> dict[str, Any]:
    """All that it defines."""
    names: dict[str, Any] = {"__name__": "train"}
    exec(script, names)
    return names


def executed(script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
    exec(compile(script, "train.py", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out


RUNS: dict[str, tuple[Network, dict[str, Any]]] = {
    "adam": (SMALL, {}),
    "sgd": (
        SMALL,
        {"optimizer": "sgd", "nesterov": True, "weight_decay": 0.01, "schedule": "cosine", "label_smoothing": 0.1},
    ),
    "adamw": (
        SMALL,
        {"optimizer": "adamw", "weight_decay": 0.1, "schedule": "one_cycle", "flip": "random", "crop_padding": 2},
    ),
    "dropout": (SMALL, {"dropout": 0.3, "seed": 7}),
    "dropped maps": (DROPPING, {"schedule": "step", "step_epochs": 1.0}),
    "average": (SMALL, {"ema": 0.9, "schedule": "triangle"}),
    "muon": (COLOURED, {"optimizer": "muon", "weight_decay": 0.1, "schedule": "cosine", "warmup_epochs": 0.5}),
    "muon without hidden weights": (SMALL, {"optimizer": "muon", "schedule": "constant", "warmup_epochs": 1.5}),
    "everything": (
        COLOURED,
        {
            "optimizer": "sgd", "schedule": "step", "step_epochs": 1.3, "warmup_epochs": 0.4, "ema": 0.8,
            "crop_padding": 1, "translate": 2, "flip": "alternating", "cutout": 3, "colour_shift": 0.5,
            "test_time_augmentation": "translate", "label_smoothing": 0.2,
        },
    ),
    "masked": (
        COLOURED,
        {"cutout": 11, "flip": "alternating", "test_time_augmentation": "mirror", "schedule": "one_cycle",
         "warmup_epochs": 2.9},
    ),
    "convolutional head": (CONVOLUTIONAL, {"dropout": 0.3}),
    "muon and a convolutional head": (CONVOLUTIONAL, {"optimizer": "muon"}),
    "bf16": (SMALL, {"precision": "bf16"}),
    "held out": (SMALL, {"held_out": 41, "ema": 0.9}),
    "held out of coloured ones": (COLOURED, {"held_out": 20, "colour_shift": 0.5, "flip": "random"}),
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS)
def test_it_measures_what_the_app_measures(run, tmp_path, monkeypatch, capsys):
    network, settings = RUNS[run]
    data = few() if network is not COLOURED else coloured()
    config = TrainingConfig(
        **{"epochs": 3, "batch_size": 32, "learning_rate": 0.01, "seed": 3, "device": "cpu", **settings}
    )
    monkeypatch.setattr(reporting, "REPORT_SECONDS", math.inf)  # once an epoch
    told = list(train(network, data, config))
    steps = [event for event in told if isinstance(event, Step)]
    epochs = [event for event in told if isinstance(event, Epoch)][1:]
    script = torch_script(network, data.name, config, data.mean, data.std)
    printed = executed(script, monkeypatch, capsys, "--data", write(tmp_path / "data.npz", data))

    found = [tuple(map(float, match.groups())) for match in SAID.finditer(printed)]
    expected = [
        (epoch.epoch, step.loss, epoch.test_loss, 100 * epoch.test_accuracy)
        for step, epoch in zip(steps, epochs, strict=True)
    ]
    assert len(found) == 3
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    last = re.findall(r"^test loss [\d.]+, test accuracy ([\d.]+)%$", printed, re.MULTILINE)
    assert [float(share) for share in last] == [
        pytest.approx(100 * event.test_accuracy, rel=1e-3)
        for event in told
        if isinstance(event, Finished) and config.held_out
    ]


@pytest.mark.parametrize("dataset", ["digits", "shapes"])
def test_it_makes_the_images_that_come_with_the_app(dataset):
    theirs = functions(torch_script(SMALL, dataset, TrainingConfig()))["load"](None)
    data = load_dataset(dataset)
    ours = (data.train.images, data.train.labels, data.test.images, data.test.labels)
    for their, our in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(their.numpy(), our)


@pytest.mark.parametrize(
    ("dataset", "kind", "shape", "as_list"),
    [("mnist", "MNIST", (28, 28), False), ("cifar10", "CIFAR10", (32, 32, 3), True)],
)
def test_it_takes_public_images_from_torchvision(dataset, kind, shape, as_list, monkeypatch):
    """torchvision has tensors for MNIST, and an array and a list for CIFAR-10."""
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (2, 3, *shape)).astype(np.uint8), rng.integers(0, 10, (2, 3))

    def fetched(root: str, train: bool, download: bool) -> SimpleNamespace:
        assert download
        x, y = images[int(not train)], labels[int(not train)]
        return SimpleNamespace(
            data=x if as_list else torch.from_numpy(x), targets=y.tolist() if as_list else torch.from_numpy(y)
        )

    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(datasets=SimpleNamespace(**{kind: fetched})))
    x_train, y_train, x_test, y_test = functions(torch_script(SMALL, dataset, TrainingConfig()))["load"](None)
    for x, y, part in ((x_train, y_train, 0), (x_test, y_test, 1)):
        np.testing.assert_array_equal(x.numpy(), images[part].reshape(3, *shape[:2], -1).transpose(0, 3, 1, 2))
        np.testing.assert_array_equal(y.numpy(), labels[part])


def test_the_written_means_are_those_of_the_images():
    known = {dataset: (load_dataset(dataset).mean, load_dataset(dataset).std) for dataset in ("digits", "shapes")}
    card = read_card(SHIPPED / "lenet5-mnist")
    for dataset, moments in {**known, card.dataset: (card.mean, card.std)}.items():
        names = functions(torch_script(SMALL, dataset, TrainingConfig(device="cpu")))
        for name, values in zip(("MEAN", "STD"), moments, strict=True):
            np.testing.assert_allclose(names[name].flatten(), values, rtol=1e-6)


def test_as_a_program_it_needs_nothing_of_cnnviz(tmp_path):
    (tmp_path / "train.py").write_text(torch_script(SMALL, "mnist", TrainingConfig(epochs=1)))
    data = write(tmp_path / "data.npz", few(64, 20))
    run = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", "train.py", "--data", data],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert SAID.fullmatch(run.stdout)
    assert "torch" in run.stderr
    assert "cnnviz" not in run.stderr


def test_a_plain_run_is_a_short_script():
    text = torch_script(SMALL, "mnist", TrainingConfig())
    lines = text.splitlines()
    assert len(lines) < 100
    for word in ("scheduler", "augment", "average", "Muon", "autocast", "dropout", "math", "channels_last", "compile"):
        assert word not in text


@pytest.mark.parametrize("run", RUNS)
def test_lines_are_short(run):
    network, settings = RUNS[run]
    text = torch_script(network, "cifar10", TrainingConfig(**settings))
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", ["F", "Image", "SEED", "Tensor", '"""', "main", "{name}"])
def test_any_name_makes_a_script_that_runs(name, tmp_path, monkeypatch, capsys):
    script = torch_script(SMALL.model_copy(update={"name": name}), "digits", TrainingConfig(epochs=1, device="cpu"))
    assert SAID.fullmatch(executed(script, monkeypatch, capsys, "--data", write(tmp_path / "data.npz", few(8, 8))))


def test_a_run_that_has_no_script():
    with pytest.raises(ValueError, match=r"^The speed recipe has no plain form: "):
        torch_script(SMALL, "mnist", TrainingConfig(recipe="speed", optimizer="sgd"))
    with pytest.raises(ValueError, match="Nesterov"):
        torch_script(SMALL, "mnist", TrainingConfig(optimizer="sgd", nesterov=True, momentum=0))
    with pytest.raises(ValueError, match=r"^The mean and the deviation of the images of cats are not known"):
        torch_script(SMALL, "cats", TrainingConfig())
    with pytest.raises(ShapeError, match="end in a Linear layer"):
        torch_script(Network(name="none", input_shape=(1, 4, 4), layers=[Flatten()]), "mnist", TrainingConfig())


def test_images_that_nobody_has_have_to_be_given(monkeypatch, capsys):
    script = torch_script(SMALL, "cats", TrainingConfig(device="cpu"), (0.5,), (0.5,))
    with pytest.raises(SystemExit, match="--data"):
        executed(script, monkeypatch, capsys)
