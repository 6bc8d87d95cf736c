import ast
import json
from pathlib import Path

import pytest
import torch

import cnnviz
from cnnviz.data import load_dataset
from cnnviz.networks import Network, architecture
from cnnviz.runs import Card, CheckpointError, RunStore, load_checkpoint, read_card, read_module, shipped
from cnnviz.runs.checkpoints import SHIPPED, STATE, read_state, save_checkpoint, write_weights
from cnnviz.runs.results import read_moments, read_result
from cnnviz.training import TrainingConfig
from cnnviz.training.accuracy import interval


@pytest.fixture
def network() -> Network:
    return architecture("tutorial_net")


def card(network: Network) -> Card:
    return Card(
        name="mine",
        network=network,
        dataset="shapes",
        class_names=tuple("abcdefghij"),
        mean=(0.5,) * 3,
        std=(0.2,) * 3,
        config=TrainingConfig(),
        epochs_done=1,
        test_accuracy=0.5,
        test_images=10,
    )


def test_weights_and_card_come_back(tmp_path: Path, network: Network) -> None:
    module = network.module()
    save_checkpoint(tmp_path / "mine", module.state_dict(), card(network))
    assert read_card(tmp_path / "mine") == card(network)
    again = read_module(tmp_path / "mine.safetensors", network)
    assert not again.training
    assert all(
        torch.equal(a, b) for a, b in zip(module.state_dict().values(), again.state_dict().values(), strict=True)
    )
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_weights_come_back_in_their_places_however_they_lie_in_memory(tmp_path: Path, network: Network) -> None:
    module = network.module()
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    laid = {
        "channels last": module.to(memory_format=torch.channels_last).state_dict(),
        "transposed": {name: tensor.T.contiguous().T if tensor.ndim == 2 else tensor for name, tensor in state.items()},
        "half of more": {name: torch.stack([tensor, tensor], -1)[..., 0] for name, tensor in state.items()},
    }
    for layout, weights in laid.items():
        assert not all(tensor.is_contiguous() for tensor in weights.values())
        save_checkpoint(tmp_path / layout, weights, card(network))
        write_weights(tmp_path / STATE, weights)
        again = read_state(tmp_path)
        assert again is not None
        for read in (read_module((tmp_path / layout).with_suffix(".safetensors"), network).state_dict(), again):
            assert all(torch.equal(read[name], tensor) for name, tensor in state.items())


def test_weights_and_moments_are_saved_in_one_place_each() -> None:
    package = Path(cnnviz.__file__).parent
    found = {
        (path.relative_to(package).as_posix(), node.module)
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("safetensors")
        if any(name.name.startswith("save") for name in node.names)
    }
    assert found == {("runs/checkpoints.py", "safetensors.torch"), ("runs/moments.py", "safetensors.numpy")}


def test_a_failed_write_leaves_the_old_checkpoint(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path / "mine", network.module().state_dict(), card(network))
    before = (tmp_path / "mine.safetensors").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(tmp_path / "mine", network.module().state_dict(), card(network))
    assert (tmp_path / "mine.safetensors").read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("*mine*")) == ["mine.json", "mine.safetensors"]


@pytest.mark.parametrize("damage", [b"", b"not a tensor", b"\x80\x04\x95pickle"])
def test_damaged_weights_are_refused_in_a_sentence(tmp_path: Path, network: Network, damage: bytes) -> None:
    (tmp_path / "mine.safetensors").write_bytes(damage)
    with pytest.raises(CheckpointError, match=r"damaged.*\.$"):
        read_module(tmp_path / "mine.safetensors", network)


def test_weights_of_another_network_are_refused(tmp_path: Path, network: Network) -> None:
    save_checkpoint(tmp_path / "mine", architecture("lenet5").module().state_dict(), card(network))
    with pytest.raises(CheckpointError, match="another network"):
        read_module(tmp_path / "mine.safetensors", network)


def test_missing_and_damaged_cards(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no trained network 'none'"):
        read_card(tmp_path / "none")
    (tmp_path / "bad.json").write_text(json.dumps({"name": "bad"}))
    with pytest.raises(CheckpointError, match="damaged at network"):
        read_card(tmp_path / "bad")


@pytest.mark.parametrize("name", ["nothing", "../secrets", "", "lenet5-mnist/../lenet5-mnist"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(CheckpointError, match="There is no trained network"):
        load_checkpoint(name)


# name: what it gets right of the test images at least
SHELF = {
    "mlp-cifar10": 0.54,
    "tutorial_net-cifar10": 0.65,
    "lenet5_plain-cifar10": 0.72,
    "lenet5-cifar10": 0.77,
    "simplified_alexnet-cifar10": 0.79,
    "simplified_resnet-cifar10": 0.85,
    "lenet5-mnist": 0.99,
    "lenet5_strided-mnist": 0.98,
}


@pytest.mark.parametrize("name", SHELF)
def test_what_is_shipped_says_how_it_was_made_and_how_good_it_is(name: str) -> None:
    module, card = load_checkpoint(name)
    is_cifar = card.dataset == "cifar10"
    assert not module.training
    assert card.name == name
    assert card.test_accuracy is not None
    assert card.test_accuracy >= SHELF[name]
    assert card.test_images == (1_000 if is_cifar else 10_000)
    assert card.config.held_out == (5_000 if is_cifar else 0)
    assert card.command.startswith("python -m cnnviz train --architecture")
    assert ("--held-out 5000" in card.command) == is_cifar
    assert f"--save {name}" in card.command
    assert card.epochs_done == card.config.epochs
    assert card.seconds > 0
    assert card.device == "cpu"
    assert card.versions["torch"]
    result, moments = read_result(name, RunStore()), read_moments(name, RunStore())
    low, high = interval(card.test_accuracy, card.test_images)
    if is_cifar:  # the curve is of the images held out
        assert low <= result.test.accuracies[-1] <= high
    else:
        assert result.test.accuracies[-1] == pytest.approx(
            card.test_accuracy, abs=0.003
        )  # the weights were rounded since
    assert result.outcomes[-1].confusion.sum() == (card.config.held_out or card.test_images)
    assert [one.epoch for one in result.outcomes] == list(range(card.epochs_done + 1))
    assert moments is not None
    assert 25 <= len(moments) <= 30
    assert len(moments.kernels[0]) > 0
    assert moments.steps[-1] == result.test.steps[-1]


def test_the_shelf_is_complete_and_light() -> None:
    assert set(shipped()) == set(SHELF)
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 25e6


def test_the_fully_connected_baseline_learns_by_heart_and_convolutions_do_better() -> None:
    dense, tutorial, plain = (
        read_result(name, RunStore()) for name in ("mlp-cifar10", "tutorial_net-cifar10", "lenet5_plain-cifar10")
    )
    assert sum(dense.train.accuracies[-10:]) / 10 > 0.99
    assert dense.test.accuracies[-1] < 0.6 < tutorial.test.accuracies[-1] < plain.test.accuracies[-1]


def test_the_shipped_lenet5_reads_digits_that_it_has_never_seen() -> None:
    # Another hand, another scanner, 8×8 pixels enlarged: far above chance is what one can ask for.
    module, shipped_card = load_checkpoint("lenet5-mnist")
    digits = load_dataset("digits").test
    images = (torch.from_numpy(digits.images).float() / 255 - shipped_card.mean[0]) / shipped_card.std[0]
    with torch.no_grad():
        right = (module(images).argmax(1).numpy() == digits.labels).mean()
    assert right > 0.8
