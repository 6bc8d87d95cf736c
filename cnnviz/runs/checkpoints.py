"""Trained weights: ``NAME.safetensors`` beside ``NAME.json``, its card."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cnnviz.networks import Network
from cnnviz.paths import PROJECT
from cnnviz.runs.records import STATE
from cnnviz.training import TrainingConfig, Weights

if TYPE_CHECKING:
    import torch
    from torch import nn

SHIPPED = PROJECT / "checkpoints"
"""In a run's folder: what training needs to go on."""


class CheckpointError(RuntimeError):
    """Weights that cannot be had: one sentence that says why."""


class Card(BaseModel):
    """What one has to know of trained weights to use them and to make them again."""

    model_config = ConfigDict(extra="forbid")

    name: str
    network: Network
    dataset: str
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    """The inputs were ``(pixel / 255 − mean) / std``, channel by channel."""
    std: tuple[float, ...]
    config: TrainingConfig
    epochs_done: int = Field(ge=0)
    test_accuracy: float | None = Field(None, ge=0, le=1)
    test_images: int
    """How many test images the accuracy was measured on."""
    notes: str = ""
    command: str = ""
    """Makes the weights again."""
    created: str = ""
    seconds: float = 0
    device: str = ""
    versions: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _of_an_older_release(cls, card: object) -> object:
        if isinstance(card, dict):
            return {key: value for key, value in card.items() if key != "first_1000_accuracy"}
        return card

    def standardised(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels ``(C, H, W)`` as the network reads them."""
        mean, std = (np.array(values, np.float32)[:, None, None] for values in (self.mean, self.std))
        return (pixels.astype(np.float32) / np.float32(255) - mean) / std


def shipped() -> list[str]:
    """The names of the checkpoints that come with the app."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors") if path.with_suffix(".json").exists())


def write_weights(path: Path, weights: dict[str, torch.Tensor]) -> None:
    from safetensors.torch import save

    replace_file(path, save({name: tensor.contiguous() for name, tensor in weights.items()}))


def save_checkpoint(path: Path, weights: dict[str, torch.Tensor], card: Card) -> None:
    """Write ``path`` (its ending is replaced) with its card."""
    write_weights(path.with_suffix(".safetensors"), weights)
    write_card(path, card)


def write_card(path: Path, card: Card) -> None:
    replace_file(path.with_suffix(".json"), card_bytes(card))


def card_bytes(card: Card) -> bytes:
    """As it is written into a file."""
    return (card.model_dump_json(indent=1) + "\n").encode()


def replace_file(path: Path, content: bytes) -> None:
    """All or nothing: written beside, synced, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync(path.parent)  # the new name too outlives a power cut
    finally:
        partial.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_state(folder: Path) -> Weights | None:
    """What a run in ``folder`` needs to go on; None where no epoch was finished. Raises CheckpointError."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load((folder / STATE).read_bytes())
    except FileNotFoundError:
        return None
    except SafetensorError:
        raise CheckpointError(f"{STATE} of {folder.name} is damaged: it cannot go on, start it anew.") from None


def read_card(path: Path) -> Card:
    """The card at ``path``. Raises CheckpointError."""
    try:
        return Card.model_validate_json(path.with_suffix(".json").read_bytes())
    except OSError:
        raise CheckpointError(f"There is no trained network {path.stem!r}.") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise CheckpointError(f"The card of {path.stem!r} is damaged at {where or 'its start'}.") from None


def read_module(path: Path, network: Network) -> nn.Module:
    """``network`` with the weights at ``path``, in eval mode. Raises CheckpointError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    module = network.module()
    try:
        module.load_state_dict(load_file(path))
    except OSError:
        raise CheckpointError(f"The weights {path.name} are missing.") from None
    except (SafetensorError, RuntimeError):
        raise CheckpointError(
            f"The weights {path.name} are damaged, or of another network than {network.name}."
        ) from None
    return module.eval()


def load_checkpoint(name: str) -> tuple[nn.Module, Card]:
    """A shipped checkpoint, or a run by its id: the module in eval mode and the card. Raises CheckpointError."""
    from cnnviz.runs.store import RunStore

    if name in shipped():
        path = SHIPPED / name
    elif RunStore().find(name) is not None:
        path = RunStore().folder(name) / "checkpoint"
    else:
        raise CheckpointError(
            f"There is no trained network {name!r}: {', '.join(shipped()) or 'none'} come with the app."
        )
    card = read_card(path)
    return read_module(path.with_suffix(".safetensors"), card.network), card
