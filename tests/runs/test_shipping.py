"""A run put beside the app: what is measured of its rounded weights, and what lies beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from cnnviz.data import load_dataset
from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.runs import RunStore, Spec, load_checkpoint, read_card, shipped
from cnnviz.runs.checkpoints import save_checkpoint
from cnnviz.runs.results import read_moments, read_result
from cnnviz.runs.shipping import ship
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig

NETWORK = Network(
    name="Normalised",
    input_shape=(1, 28, 28),
    layers=[Conv2d(out_channels=4, kernel_size=5, stride=4), BatchNorm2d(), ReLU(), Flatten(), Linear(out_features=10)],
)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of the checkpoints that come with the app."""
    folder = tmp_path / "shelf"
    for module in ("checkpoints", "results", "shipping"):
        monkeypatch.setattr(f"cnnviz.runs.{module}.SHIPPED", folder)
    return folder


@pytest.fixture
def run_id() -> str:
    store = RunStore()
    config = TrainingConfig(epochs=2, batch_size=128, device="cpu", learning_rate=0.01)
    run = store.create(Spec(network=NETWORK, dataset="digits", config=config, command="train it"))
    assert work(store, run.id).status == "finished"
    store.describe(run.id, "", "It went well.")
    return run.id


def right(weights: dict[str, Tensor]) -> Tensor:
    """Which of the digits' test images are answered right."""
    digits = load_dataset("digits")
    module = NETWORK.module()
    module.load_state_dict(
        {name: weight.float() if weight.is_floating_point() else weight for name, weight in weights.items()}
    )
    images = (torch.from_numpy(digits.test.images).float() / 255 - digits.mean[0]) / digits.std[0]
    with torch.no_grad():
        return module.eval()(images).argmax(1) == torch.from_numpy(digits.test.labels)


def test_weights_are_halved_and_everything_lies_beside(shelf: Path, run_id: str) -> None:
    store = RunStore()
    kept = store.folder(run_id) / "checkpoint.safetensors"
    assert ship(store, run_id, "normalised-digits") == shelf / "normalised-digits"
    assert sorted(path.name.removeprefix("normalised-digits") for path in shelf.iterdir()) == [
        ".history.json", ".json", ".moments.safetensors", ".safetensors",
    ]  # fmt: skip
    assert shipped() == ["normalised-digits"]
    ours, before = load_file(shelf / "normalised-digits.safetensors"), load_file(kept)
    assert set(ours) == set(before)
    for name, weight in before.items():
        expected = weight.numpy().astype(np.float16) if weight.ndim > 1 else weight.numpy()
        assert ours[name].numpy().dtype == expected.dtype, name
        np.testing.assert_array_equal(ours[name].numpy(), expected)
    assert (shelf / "normalised-digits.safetensors").stat().st_size < kept.stat().st_size

    module, card = load_checkpoint("normalised-digits")
    assert next(module.parameters()).dtype == torch.float32
    assert (card.name, card.notes, card.command, card.network) == (
        "normalised-digits", "It went well.", "train it", NETWORK,
    )  # fmt: skip
    assert card.test_accuracy == pytest.approx(right(ours).float().mean().item())
    assert card.test_images == 355

    run, result = read_result(run_id, store), read_result("normalised-digits", store)
    assert result.train.steps == run.train.steps
    assert result.test.losses == pytest.approx(run.test.losses, rel=1e-5)
    assert [one.epoch for one in result.outcomes] == [0, 1, 2]
    moments, expected_moments = read_moments("normalised-digits", store), read_moments(run_id, store)
    assert moments is not None
    assert expected_moments is not None
    np.testing.assert_array_equal(moments.steps, expected_moments.steps)
    np.testing.assert_array_equal(moments.kernels, expected_moments.kernels)


def test_accuracies_are_those_of_the_rounded_weights(shelf: Path, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rounding matters: near 2,000 half precision knows whole numbers only. Vectors are not rounded."""
    monkeypatch.setattr("cnnviz.runs.answers._AT_ONCE", 64)
    store = RunStore()
    kept = store.folder(run_id) / "checkpoint"
    weights = load_file(kept.with_suffix(".safetensors"))
    weights["fc1.weight"] = weights["fc1.weight"] + 2_000
    weights["fc1.bias"] = torch.linspace(2_000, 2_003, 10)
    save_checkpoint(kept, weights, read_card(kept))
    card = read_card(ship(store, run_id, "mine"))
    rounded = right({name: w.half().float() if w.ndim > 1 else w for name, w in weights.items()}).float()
    assert abs(rounded.mean() - right(weights).float().mean()) > 0.01
    assert card.test_accuracy == pytest.approx(rounded.mean().item())
    assert read_card(kept).test_accuracy == store.get(run_id).test_accuracy  # the run stays as it is


def test_a_run_without_moments_can_be_put_there_too(shelf: Path, run_id: str) -> None:
    """One of an earlier release, put there a second time."""
    store = RunStore()
    (store.folder(run_id) / "checkpoint.moments.safetensors").unlink()
    for _ in range(2):
        ship(store, run_id, "mine")
    assert read_moments("mine", store) is None
    assert sorted(path.name for path in shelf.iterdir()) == ["mine.history.json", "mine.json", "mine.safetensors"]
