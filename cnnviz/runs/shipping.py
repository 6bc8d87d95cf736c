"""Put a finished run on the shelf of trained networks that come with the app."""

from __future__ import annotations

from pathlib import Path

from cnnviz.data import load_dataset
from cnnviz.runs.answers import answers
from cnnviz.runs.checkpoints import SHIPPED, read_card, read_module, save_checkpoint, write_card
from cnnviz.runs.moments import read_moments_at, write_moments
from cnnviz.runs.results import write_history
from cnnviz.runs.store import RunStore


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
    right = answers(module, card, dataset.test.images) == dataset.test.labels
    write_card(shelf, card.model_copy(update={"test_accuracy": float(right.mean()), "test_images": len(right)}))
    learned, _ = dataset.parts(card.config.held_out, card.config.seed)
    write_history(store, run_id, shelf, float((answers(module, card, learned.images) == learned.labels).mean()))
    if (moments := read_moments_at(kept)) is not None:
        write_moments(shelf, moments)
    return shelf
