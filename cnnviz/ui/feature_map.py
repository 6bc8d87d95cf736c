"""What a model makes of a picture."""

from __future__ import annotations

import threading

import numpy as np

from cnnviz.data.images import fitted
from cnnviz.inspection import activations
from cnnviz.layers.base import Array
from cnnviz.ui.image_picker import Picture
from cnnviz.ui.model_picker import Model

LOOKING = threading.Lock()  # models are shared between visitors, and looking inside hangs hooks on them


def network_input(model: Model, picture: Picture) -> Array:
    """The picture as the model reads it, ``(C, H, W)``: fitted to its input and standardised."""
    channels, height, width = model.card.network.input_shape
    return model.card.standardised(fitted(picture.pixels, (channels, height, width)))


def feature_maps(model: Model, picture: Picture) -> dict[str, Array]:
    """Every layer's output by its name, without the batch axis."""
    import torch

    batch = torch.from_numpy(network_input(model, picture))[None]
    with LOOKING:
        outputs = activations(model.module, batch)
    return {name: output[0] for name, output in outputs.items()}


def layer_input(model: Model, picture: Picture, layer: str) -> Array:
    """What a layer reads: in a network of layers one after the other, what the one before it gives out."""
    maps = feature_maps(model, picture)
    names = list(maps)
    at = names.index(layer)
    return maps[names[at - 1]] if at else network_input(model, picture)


def prediction(model: Model, picture: Picture) -> tuple[str, float]:
    """The class that the model takes the picture for, and its probability."""
    scores = list(feature_maps(model, picture).values())[-1].astype(np.float64)
    odds = np.exp(scores - scores.max())
    best = int(odds.argmax())
    return model.card.class_names[best], float(odds[best] / odds.sum())
