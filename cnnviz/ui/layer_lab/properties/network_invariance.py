"""How far the last feature of a small network moves when its image is shifted: with its pooling, and without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz.data.digits import digits
from cnnviz.inspection.shift_invariance import feature_changes
from cnnviz.layers.base import Array
from cnnviz.networks.without_pooling import subsampling
from cnnviz.runs import CheckpointError
from cnnviz.training.accuracy import percent
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.layer_lab.properties.invariance import STEPS, shift_chart
from cnnviz.ui.pickers.feature_map import lock_of, network_input
from cnnviz.ui.pickers.image_picker import tells_picture
from cnnviz.ui.pickers.model_picker import Model, load_model
from cnnviz.ui.pickers.picture import Features, Picture

POOLED, STRIDED = "lenet5-mnist", "lenet5_strided-mnist"
_MANY = 100


def network_invariance(picture: Picture | Features, right: int) -> None:
    """Lines over the shifts, for the picture and over many test digits; ``right`` is the shift told in numbers."""
    st.markdown(
        "**The same question to a whole network**: LeNet-5 decides by the 84 numbers before its last layer. By how much do "
        "they change?"
    )
    try:
        networks = _networks()
        over_digits = _over_digits()
    except CheckpointError as error:
        st.error(escaped(str(error)))
        return
    shift_chart(over_digits, right, f"Mean over {_MANY} handwritten test digits", "digits_drift")
    st.caption(
        "**With its pooling** is the shipped network. **Every second value instead** has the same weights, but keeps the "
        "first value of each window and never looks at the others. **Strides instead** was trained in the same way without "
        f"any pooling: its convolutions take the steps of 2. Test accuracy on MNIST: {_accuracies(networks)}."
    )
    if isinstance(picture, Picture):
        curves = {name: _moved(model, [network_input(model, picture)]) for name, model in networks.items()}
        shift_chart(curves, right, "The picture" if tells_picture() else picture.title, "picture_drift")


@st.cache_resource(max_entries=1, show_spinner="Loading the weights …")
def _networks() -> dict[str, Model]:
    pooled, strided = load_model(POOLED), load_model(STRIDED)
    network = subsampling(pooled.card.network)
    bare = network.module()
    bare.load_state_dict(pooled.module.state_dict())
    card = pooled.card.model_copy(update={"network": network, "test_accuracy": None})
    return {
        "with its pooling": pooled,
        "every second value instead": Model("bare", bare.eval(), card, "bare"),
        "strides instead": strided,
    }


def _moved(model: Model, images: Sequence[Array]) -> list[float]:
    import torch

    with lock_of(model):
        drift = feature_changes(model.module, torch.from_numpy(np.stack(images)), STEPS)
    return [float(value) for value in drift.mean(1)]


@st.cache_data(max_entries=1, show_spinner="Shifting test digits …")
def _over_digits() -> dict[str, list[float]]:
    """The mean over test digits, so that no single picture decides."""
    images = digits().test.images[:_MANY]
    return {
        name: _moved(model, [model.card.standardised(image) for image in images]) for name, model in _networks().items()
    }


def _accuracies(networks: dict[str, Model]) -> str:
    cards = [(name, model.card) for name, model in networks.items()]
    return ", ".join(
        f"{name} {percent(card.test_accuracy, card.test_images)}"
        for name, card in cards
        if card.test_accuracy is not None
    )
