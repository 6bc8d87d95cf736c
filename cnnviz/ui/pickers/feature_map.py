"""What a model makes of a picture."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st

from cnnviz.inspection import activations
from cnnviz.inspection.forward_hooks import observe
from cnnviz.layers.base import Array
from cnnviz.networks.graph import INPUT, graph
from cnnviz.ui.pickers.model_picker import Model
from cnnviz.ui.pickers.picture import Picture

if TYPE_CHECKING:
    import torch
    from torch import nn

_LOCKS: WeakKeyDictionary[nn.Module, threading.Lock] = WeakKeyDictionary()
_MAKING = threading.Lock()


def lock_of(model: Model) -> threading.Lock:
    """Models are shared between visitors, and looking inside hangs hooks on them: one at a time."""
    with _MAKING:
        return _LOCKS.setdefault(model.module, threading.Lock())


def network_input(model: Model, picture: Picture) -> Array:
    """The picture as the model reads it, ``(C, H, W)``: fitted to its input and standardised."""
    channels, height, width = model.card.network.input_shape
    return model.card.standardised(picture.fitted((channels, height, width)))


def feature_maps(model: Model, picture: Picture) -> dict[str, Array]:
    """Every layer's output by its name, without the batch axis."""
    import torch

    batch = torch.from_numpy(network_input(model, picture))[None]
    with lock_of(model):
        outputs = activations(model.module, batch)
    return {name: output[0] for name, output in outputs.items()}


def digest(x: Array) -> str:
    """Tells one input from another, all of it."""
    return hashlib.blake2b(np.ascontiguousarray(x).tobytes(), digest_size=16).hexdigest()


def outputs(model: Model, x: Array, names: Iterable[str]) -> dict[str, Array]:
    """What these submodules give out for ``x`` ``(C, H, W)``, as the model reads it; without the batch axis."""
    return _outputs(model.name, model.version, digest(x), tuple(names), model, x)


@st.cache_resource(max_entries=12, show_spinner=False)
def _outputs(
    name: str, version: str, digest: str, names: tuple[str, ...], _model: Model, _x: Array
) -> dict[str, Array]:
    import torch

    maps: dict[str, Array] = {}

    def see(name: str, _child: nn.Module, _inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        maps[name] = output[0].numpy().copy()

    with lock_of(_model):
        observe(_model.module, torch.from_numpy(_x)[None], see, names)
    return maps


def layer_input(model: Model, picture: Picture, layer: str) -> Array:
    """What a layer reads when the network sees the picture, ``(C, H, W)``, wherever in a block it stands."""
    import torch

    seen: list[Array] = []

    def see(_name: str, _child: nn.Module, inputs: tuple[torch.Tensor, ...], _output: torch.Tensor) -> None:
        seen.append(inputs[0][0].numpy().copy())

    with lock_of(model):
        observe(model.module, torch.from_numpy(network_input(model, picture))[None], see, [layer])
    return seen[0]


def reads_image(model: Model, layer: str) -> bool:
    """Whether a layer reads the network's input itself."""
    return any(node.name == layer and INPUT in node.inputs for node in graph(model.card.network))


def prediction(model: Model, picture: Picture) -> tuple[str, float]:
    """The class that the model takes the picture for, and its probability."""
    scores = list(feature_maps(model, picture).values())[-1].astype(np.float64)
    odds = np.exp(scores - scores.max())
    best = int(odds.argmax())
    return model.card.class_names[best], float(odds[best] / odds.sum())
