"""The model picker: a checkpoint that comes with the app, a run, also while it trains, or a network with fresh weights."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.layers import Conv2d, ShapeError
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import CodeError, decode, to_json
from cnnviz.networks.draft import Draft, everything
from cnnviz.networks.network import network_of
from cnnviz.networks.table import check_runs
from cnnviz.runs import Card, CheckpointError, Run, RunStore, StoreError, read_card, read_module, shipped
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.runs.records import ended_early
from cnnviz.training import TrainingConfig
from cnnviz.training.accuracy import accuracy_text
from cnnviz.ui.frame.address import selection, text
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.refused import asked, refuse
from cnnviz.ui.frame.visitor import seen_runs

if TYPE_CHECKING:
    from torch import nn

BUILT = "from the builder"
_FIRST = "lenet5-mnist"  # it reads the digit that the pages begin with
_DRAWING = threading.Lock()  # torch has one generator for all threads


@dataclass(frozen=True)
class Model:
    name: str
    module: nn.Module
    """In eval mode; shared between visitors, so read it only."""
    card: Card
    version: str
    """Of the weights: another one for other weights."""
    is_training: bool = False
    is_trained: bool = True
    ended_early: str = ""
    """How a run ended before it was done: ``failed before its first epoch was done``."""

    @property
    def network_key(self) -> str:
        """Another one for another network, whatever its weights."""
        return f"{self.name} {hash(self.card.network)}"


class NoWeightsYet(CheckpointError):
    """A run that waits, or has only just begun."""


def pick_model(untrained: bool = False) -> str:
    """The name of a shipped checkpoint or the id of a run that has weights, and a convolution whose kernels one can see.

    Where ``untrained`` networks will do, any of them, and one of the address and the known architectures.
    """
    store, shown = seen_runs(), st.session_state.get("model")
    try:
        runs = {run.id: run.spec.network for run in store.list() if _has_weights(store, run) or _is_coming(run)}
    except StoreError as error:
        st.warning(escaped(str(error)))
        runs, shown = {}, None  # what is not there now is not gone
    known = [*shipped(), *runs]
    bare = [] if untrained else [name for name in known if not _has_kernels(runs.get(name) or _network_of(name))]
    built = [BUILT] if untrained and network_of_address() else []
    names = [*built, *(name for name in known if name not in bare), *(architectures() if untrained else [])]
    wanted = asked("model")
    first = 0 if built or _FIRST not in names else names.index(_FIRST)
    chosen = selection("model", names, first=names[first])
    if wanted and wanted in bare:
        refuse("model", f"{wanted} has no convolution, and so no kernels: choose a network that has one.")
    elif wanted and wanted not in names:
        what = "network" if untrained else "trained network"
        refuse("model", f"There is no {what} {wanted[:60]!r} here, or not any more: this is {chosen}.")
    elif shown and shown not in [*names, BUILT]:
        st.warning(escaped(f"{shown} has been deleted: this is {chosen}."))
    return chosen


def _is_coming(run: Run) -> bool:
    """Whether the address names a run that will have weights; nobody else is offered it."""
    return run.active and run.id == asked("model")


def _has_weights(store: RunStore, run: Run) -> bool:
    return (store.folder(run.id) / "checkpoint.json").exists()


def _has_kernels(network: Network | None) -> bool:
    return network is None or any(isinstance(layer, Conv2d) for layer in everything(network.layers))


@cache
def _network_of(name: str) -> Network | None:
    """That of a shipped checkpoint; None where its card is damaged, which is said to whoever chooses it."""
    try:
        return read_card(SHIPPED / name).network
    except CheckpointError:
        return None


def network_of_address() -> Network | None:
    """The network that the builder has put into the address."""
    code = text("net")
    if not code:
        return None
    try:
        return network_of(decode(code))
    except (CodeError, ShapeError) as error:
        st.warning(escaped(f"{str(error).rstrip('.')}."))
    return None


def trained_alike(network: Draft) -> list[str]:
    """The names of checkpoints and runs with weights for exactly these layers and this input."""
    store = seen_runs()
    try:
        folders = {run.id: store.folder(run.id) / "checkpoint" for run in store.list()}
    except StoreError:
        folders = {}
    alike = []
    for name, path in ({name: SHIPPED / name for name in shipped()} | folders).items():
        try:
            trained = read_card(path).network
        except CheckpointError:  # a run that has no weights yet
            continue
        if (trained.input_shape, trained.layers) == (network.input_shape, network.layers):
            alike.append(name)
    return alike


@st.cache_resource(max_entries=8, show_spinner="Loading the weights …")
def _load(name: str, folder: str, weights: str, stamp: float) -> tuple[nn.Module, Card]:
    """``stamp`` tells one version of a file from the next."""
    from pathlib import Path

    card = read_card(Path(folder))
    return read_module(Path(weights), card.network), card


@st.cache_resource(max_entries=1, show_spinner="Drawing the first weights …")
def _fresh(version: str, _network: Network) -> nn.Module:
    """With the weights with which training would begin."""
    import torch

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _network.module().eval()


def _untrained(name: str, network: Network) -> Model:
    try:
        check_runs(network)
    except ShapeError as error:
        raise CheckpointError(f"{network.name}: {error}.") from None
    classes = network.shapes[-1][0] if network.layers else 0
    channels = network.input_shape[0]
    card = Card(
        name=name,
        network=network,
        dataset="",
        class_names=tuple(f"class {i}" for i in range(classes)),
        mean=(0.5,) * channels,
        std=(0.5,) * channels,
        config=TrainingConfig(),
        epochs_done=0,
        test_images=0,
    )
    version = to_json(network)
    return Model(name, _fresh(version, network), card, version, is_trained=False)


def load_model(name: str) -> Model:
    """The newest weights: a run's last snapshot where it has one; those that training begins with for an architecture.

    Raises CheckpointError, NoWeightsYet where a run waits for its turn.
    """
    if name in architectures():
        return _untrained(name, architecture(name))
    if name == BUILT:
        built = network_of_address()
        if built is None:
            raise CheckpointError("The address holds no network.")
        return _untrained(name, built)
    if name in shipped():
        path, weights, is_training = SHIPPED / name, (SHIPPED / name).with_suffix(".safetensors"), False
        early = ""
    else:
        store = seen_runs()
        try:
            run = store.find(name)
        except StoreError as error:
            raise CheckpointError(str(error)) from None
        if run is None:
            raise CheckpointError(f"There is no run {name!r} any more.")
        path = store.folder(name) / "checkpoint"
        weights = store.folder(name) / "snapshot.safetensors"
        if not weights.exists():  # the run has only just begun
            weights = path.with_suffix(".safetensors")
        is_training, early = run.active, ended_early(run.status, run.epochs_done, run.spec.config.epochs)
    try:
        stamp = weights.stat().st_mtime
    except OSError:
        if is_training:
            raise NoWeightsYet(
                f"{name} has no weights yet: it is about to begin, and shown here when it has."
            ) from None
        raise CheckpointError(f"The weights of {name!r} are missing.") from None
    module, card = _load(name, str(path), str(weights), stamp)
    return Model(name, module, card, str(stamp), is_training, ended_early=early)


def about(model: Model) -> str:
    """What one has to know of its weights, in one line of Markdown."""
    card, name = model.card, escaped(model.card.network.name)
    if not model.is_trained:
        return f"{name}, untrained: with the random weights that training would begin with."
    accuracy = "" if card.test_accuracy is None else f", {accuracy_text(card.test_accuracy, card.test_images)}"
    said = f"{name} on {escaped(card.dataset)}{accuracy}{' – still training' if model.is_training else ''}"
    if model.ended_early:
        said += f". It {model.ended_early}"
        said += "" if card.epochs_done else ": these are its first weights, or what a few steps have made of them"
    return said


def say_about(model: Model) -> None:
    """The same on the page, unless the address hides which network it is."""
    if not tells("model", "net"):
        st.caption(about(model))
