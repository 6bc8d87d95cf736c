"""Put a finished run on the shelf of trained networks that come with the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnviz.data import load_dataset
from cnnviz.runs.checkpoints import SHIPPED, Card, read_card, read_module, save_checkpoint, write_card
from cnnviz.runs.moments import read_moments_at, write_moments
from cnnviz.runs.results import write_history
from cnnviz.runs.store import RunStore

if TYPE_CHECKING:
    from torch import nn

_AT_ONCE = 500


def ship(store: RunStore, run_id: str, name: str) -> Path:
    """Weights in half precision, which takes half the place, with their card, moments and history.

    The accuracy on the card is that of the rounded weights.
    """
    from safetensors.torch import load_file

    kept, shelf = store.folder(run_id) / "checkpoint", SHIPPED / name
    weights = {
        key: tensor.half() if tensor.ndim > 1 else tensor  # the few others may be large, as variances are
        for key, tensor in load_file(kept.with_suffix(".safetensors")).items()
    }
    card = read_card(kept).model_copy(update={"name": name, "notes": store.get(run_id).notes})
    save_checkpoint(shelf, weights, card)
    right = _right(read_module(shelf.with_suffix(".safetensors"), card.network), card)
    write_card(shelf, card.model_copy(update={"test_accuracy": float(right.mean()), "test_images": len(right)}))
    write_history(store, run_id, shelf)
    if (moments := read_moments_at(kept)) is not None:
        write_moments(shelf, moments)
    return shelf


def _right(module: nn.Module, card: Card) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which test images are answered right, seen once each."""
    import torch

    test, answers = load_dataset(card.dataset).test, []
    with torch.inference_mode():
        for start in range(0, len(test), _AT_ONCE):
            images = np.stack([card.standardised(image) for image in test.images[start : start + _AT_ONCE]])
            answers.append(module(torch.from_numpy(images)).argmax(1).numpy())
    return np.concatenate(answers) == test.labels
