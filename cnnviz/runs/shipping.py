"""Put a finished run on the shelf of trained networks that come with the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnviz.data import Split, load_dataset
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
    module, dataset = read_module(shelf.with_suffix(".safetensors"), card.network), load_dataset(card.dataset)
    right = _right(module, card, dataset.test)
    write_card(shelf, card.model_copy(update={"test_accuracy": float(right.mean()), "test_images": len(right)}))
    learned, _ = dataset.parts(card.config.held_out, card.config.seed)
    write_history(store, run_id, shelf, float(_right(module, card, learned).mean()))
    if (moments := read_moments_at(kept)) is not None:
        write_moments(shelf, moments)
    return shelf


def _right(module: nn.Module, card: Card, split: Split) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which images are answered right, seen once each."""
    import torch

    answers = []
    with torch.inference_mode():
        for start in range(0, len(split), _AT_ONCE):
            images = np.stack([card.standardised(image) for image in split.images[start : start + _AT_ONCE]])
            answers.append(module(torch.from_numpy(images)).argmax(1).numpy())
    return np.concatenate(answers) == split.labels
