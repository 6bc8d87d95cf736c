import json
from pathlib import Path

import pytest
import torch

from cnnviz.data import load_dataset
from cnnviz.networks import Network, architecture
from cnnviz.runs import Card, CheckpointError, load_checkpoint, read_card, read_module, shipped
from cnnviz.runs.checkpoints import SHIPPED, save_checkpoint
from cnnviz.training import TrainingConfig


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


def test_lenet5_is_shipped_with_99_percent_on_all_of_mnist() -> None:
    assert "lenet5-mnist" in shipped()
    module, shipped_card = load_checkpoint("lenet5-mnist")
    assert not module.training
    assert shipped_card.test_images == 10_000
    assert shipped_card.test_accuracy is not None
    assert shipped_card.test_accuracy >= 0.99
    assert shipped_card.command.startswith("python -m cnnviz train --architecture lenet5 --dataset mnist")
    assert (SHIPPED / "lenet5-mnist.safetensors").stat().st_size < 3_000_000


def test_the_shipped_lenet5_reads_digits_that_it_has_never_seen() -> None:
    # Another hand, another scanner, 8×8 pixels enlarged: far above chance is what one can ask for.
    module, shipped_card = load_checkpoint("lenet5-mnist")
    digits = load_dataset("digits").test
    images = (torch.from_numpy(digits.images).float() / 255 - shipped_card.mean[0]) / shipped_card.std[0]
    with torch.no_grad():
        right = (module(images).argmax(1).numpy() == digits.labels).mean()
    assert right > 0.8
