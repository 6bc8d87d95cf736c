"""The model picker: a checkpoint that comes with the app, or a run, also while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.networks import Network
from cnnviz.runs import Card, CheckpointError, RunStore, StoreError, read_card, read_module, shipped
from cnnviz.runs.checkpoints import SHIPPED

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Model:
    name: str
    module: nn.Module
    """In eval mode; shared between visitors, so read it only."""
    card: Card
    is_training: bool = False


def pick_model() -> str:
    """The name of a shipped checkpoint or the id of a run that has weights."""
    store = RunStore()
    try:
        runs = [run.id for run in store.list() if (store.folder(run.id) / "checkpoint.json").exists()]
    except StoreError as error:
        st.warning(str(error))
        runs = []
    return st.selectbox("Trained network", [*shipped(), *runs], key="model", bind="query-params")


def trained_alike(network: Network) -> list[str]:
    """The names of checkpoints and runs with weights for exactly these layers and this input."""
    store = RunStore()
    try:
        folders = {run.id: store.folder(run.id) / "checkpoint" for run in store.list()}
    except StoreError:
        folders = {}
    found = []
    for name, path in ({name: SHIPPED / name for name in shipped()} | folders).items():
        try:
            trained = read_card(path).network
        except CheckpointError:  # a run that has no weights yet
            continue
        if (trained.input_shape, trained.layers) == (network.input_shape, network.layers):
            found.append(name)
    return found


@st.cache_resource(max_entries=8, show_spinner="Loading the weights …")
def _load(name: str, folder: str, weights: str, stamp: float) -> tuple[nn.Module, Card]:
    """``stamp`` tells one version of a file from the next."""
    from pathlib import Path

    card = read_card(Path(folder))
    return read_module(Path(weights), card.network), card


def load_model(name: str) -> Model:
    """The newest weights: a run's last snapshot where it has one. Raises CheckpointError."""
    if name in shipped():
        path, weights, is_training = SHIPPED / name, (SHIPPED / name).with_suffix(".safetensors"), False
    else:
        store = RunStore()
        run = store.find(name)
        if run is None:
            raise CheckpointError(f"There is no run {name!r} any more.")
        path = store.folder(name) / "checkpoint"
        weights = store.folder(name) / "snapshot.safetensors"
        if not weights.exists():  # the run has only just begun
            weights = path.with_suffix(".safetensors")
        is_training = run.active
    try:
        stamp = weights.stat().st_mtime
    except OSError:
        raise CheckpointError(f"The weights of {name!r} are missing.") from None
    module, card = _load(name, str(path), str(weights), stamp)
    return Model(name, module, card, is_training)
