"""The maps that a model makes of a picture."""

from __future__ import annotations

from cnnviz.data.images import fitted
from cnnviz.inspection import activations
from cnnviz.layers.base import Array
from cnnviz.ui.image_picker import Picture
from cnnviz.ui.model_picker import Model


def feature_maps(model: Model, picture: Picture) -> dict[str, Array]:
    """Every layer's output by its name, without the batch axis; the picture is fitted to the model's input first."""
    import torch

    channels, height, width = model.card.network.input_shape
    pixels = fitted(picture.pixels, (channels, height, width))
    batch = torch.from_numpy(model.card.standardised(pixels))[None]
    return {name: output[0] for name, output in activations(model.module, batch).items()}
