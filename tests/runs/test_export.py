"""What other programs read in the files."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from cnnviz.runs import Card, CheckpointError
from cnnviz.runs.checkpoints import save_checkpoint
from cnnviz.runs.export import curves_csv, tensorboard_zip, weights_zip
from cnnviz.runs.records import Curve
from cnnviz.training import TrainingConfig
from tests.runs.cases import TINY

# more points than TensorBoard's sample of a curve would hold
POINTS = 1_200
TRAIN = Curve(
    steps=[*range(1, POINTS + 1)],
    epochs=[step / 300 for step in range(1, POINTS + 1)],
    losses=[2.3 / step for step in range(1, POINTS + 1)],
    accuracies=[step / POINTS for step in range(1, POINTS + 1)],
    times=[1.7e9 + 0.25 * step for step in range(1, POINTS + 1)],
)
TEST = Curve([0, 300, 600], [0.0, 1.0, 2.0], [2.3, 0.1, 1 / 3], [0.1, 0.9, 0.95], [1.7e9, 1.7e9 + 1.5, 1.7e9 + 3.25])
NOTHING = Curve([], [], [], [], [])


def test_the_table_has_every_point_with_all_its_digits() -> None:
    rates = [0.1 / step for step in TRAIN.steps]
    rows = list(csv.DictReader(io.StringIO(curves_csv(TRAIN, TEST, rates).decode(), newline="")))
    assert list(rows[0]) == ["split", "step", "epoch", "loss", "accuracy", "learning_rate", "time"]
    assert [row["learning_rate"] for row in rows] == [*map(repr, rates), "", "", ""]
    for split, curve in (("train", TRAIN), ("test", TEST)):
        mine = [row for row in rows if row["split"] == split]
        assert [int(row["step"]) for row in mine] == curve.steps
        for column, values in (
            ("epoch", curve.epochs), ("loss", curve.losses), ("accuracy", curve.accuracies), ("time", curve.times),
        ):  # fmt: skip
            assert [float(row[column]) for row in mine] == values
    assert len(rows) == POINTS + 3


def test_the_table_of_a_run_that_has_not_begun() -> None:
    assert curves_csv(NOTHING, NOTHING) == b"split,step,epoch,loss,accuracy,learning_rate,time\r\n"


def card() -> Card:
    return Card(
        name="mine",
        network=TINY,
        dataset="digits",
        class_names=tuple("0123456789"),
        mean=(0.5,),
        std=(0.2,),
        config=TrainingConfig(),
        epochs_done=1,
        test_images=10,
    )


@pytest.mark.parametrize(
    ("name", "stem"), [("", "checkpoint"), ("tiny-digits-01", "tiny-digits-01"), ("a/b: c", "a_b_c")]
)
def test_weights_come_with_their_card(tmp_path: Path, name: str, stem: str) -> None:
    weights = TINY.module().state_dict()
    save_checkpoint(tmp_path / "checkpoint", weights, card())
    with zipfile.ZipFile(io.BytesIO(weights_zip(tmp_path / "checkpoint", name))) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [f"{stem}.json", f"{stem}.safetensors"]
        theirs = load(archive.read(f"{stem}.safetensors"))
        assert Card.model_validate(json.loads(archive.read(f"{stem}.json"))) == card()
    assert theirs.keys() == weights.keys()
    assert all(torch.equal(theirs[name], weight) for name, weight in weights.items())


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no trained network 'checkpoint'"):
        weights_zip(tmp_path / "checkpoint")
    save_checkpoint(tmp_path / "checkpoint", TINY.module().state_dict(), card())
    (tmp_path / "checkpoint.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"The weights checkpoint\.safetensors are missing"):
        weights_zip(tmp_path / "checkpoint")


def read(content: bytes, folder: Path) -> tuple[list[str], EventAccumulator]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        archive.extractall(folder)
    (run,) = {name.split("/")[0] for name in names}
    accumulator = EventAccumulator(str(folder / run), size_guidance={"scalars": 0})  # all of them
    accumulator.Reload()
    return names, accumulator


def test_tensorboard_reads_the_curves(tmp_path: Path) -> None:
    rates = [0.1 / step for step in TRAIN.steps]
    names, found = read(tensorboard_zip("tiny-digits-01", TRAIN, TEST, rates), tmp_path)
    assert names == ["tiny-digits-01/events.out.tfevents.tiny-digits-01"]
    expected = {
        "loss/train": (TRAIN, TRAIN.losses),
        "accuracy/train": (TRAIN, TRAIN.accuracies),
        "loss/test": (TEST, TEST.losses),
        "accuracy/test": (TEST, TEST.accuracies),
        "learning_rate": (TRAIN, rates),
    }
    assert set(found.Tags()["scalars"]) == set(expected)
    for tag, (curve, values) in expected.items():
        events = found.Scalars(tag)
        assert [event.step for event in events] == curve.steps
        assert [event.wall_time for event in events] == curve.times
        np.testing.assert_array_equal([event.value for event in events], np.float32(values))


def test_tensorboard_reads_the_settings(tmp_path: Path) -> None:
    config = TrainingConfig(optimizer="sgd", nesterov=True, learning_rate=0.05, epochs=7)
    _, found = read(tensorboard_zip("run", NOTHING, TEST, config=config), tmp_path)
    content = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    settings = HParamsPluginData.FromString(content).session_start_info.hparams
    assert settings["optimizer"].string_value == "sgd"
    assert settings["nesterov"].bool_value is True
    assert settings["learning_rate"].number_value == 0.05
    assert settings["epochs"].number_value == 7
    assert "dropout" not in settings  # the network's own
    assert set(found.Tags()["scalars"]) == {"loss/test", "accuracy/test"}


def test_there_is_a_rate_for_each_point() -> None:
    with pytest.raises(ValueError, match="shorter"):
        tensorboard_zip("run", TRAIN, TEST, [0.1])


def test_a_page_that_offers_them_loads_neither_torch_nor_tensorboard() -> None:
    probe = "import sys, cnnviz.runs.export; print({'torch', 'tensorboardX', 'safetensors'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
