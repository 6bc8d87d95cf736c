"""Kernels for a layer: presets, random ones, or those that a checkpoint has learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.data.images import to_grey
from cnnviz.layers.base import Array
from cnnviz.layers.presets import PRESETS, filter_bank
from cnnviz.runs.checkpoints import SHIPPED, Card, CheckpointError, read_card, read_weights, shipped
from cnnviz.ui.image_picker import Picture

_LEARNED = "learned by "


@dataclass(frozen=True)
class Kernels:
    weight: Array
    """``(filters, channels, k, k)``."""
    bias: Array
    names: list[str]
    card: Card | None = None
    """Of the checkpoint that has learned them."""

    def input_of(self, picture: Picture) -> tuple[Array, list[str]]:
        """The values that a picture feeds to these kernels, ``(C, H, W)``, and the names of its channels.

        Pixels from 0 to 1; for learned kernels standardised as they were in training.
        """
        pixels, names = picture.pixels, picture.channel_names
        channels = self.weight.shape[1]
        if channels == 1 and len(pixels) == 3:
            pixels, names = to_grey(pixels), ["grey"]
        elif channels == 3 and len(pixels) == 1:
            pixels, names = np.repeat(pixels, 3, 0), ["red", "green", "blue"]
        values = Picture(pixels, picture.title).values if self.card is None else self.card.standardised(pixels)
        return values, names


@st.cache_data(max_entries=16, show_spinner=False)
def _learned(name: str) -> tuple[Array, Array, Card]:
    weights = read_weights(SHIPPED / name)
    first = next(key for key, value in weights.items() if value.ndim == 4).removesuffix(".weight")
    return weights[f"{first}.weight"], weights[f"{first}.bias"], read_card(SHIPPED / name)


def pick_kernels(channels: int) -> Kernels:
    """Controls for the kernels of a layer over ``channels`` channels."""
    options = [*PRESETS, "random", *(_LEARNED + name for name in shipped())]
    kind = st.selectbox(
        "Kernel",
        options,
        index=options.index("Sobel x"),
        key="kernel",
        bind="query-params",
        help="The first filter has this kernel; further filters take the next ones of this list.",
    )
    sizes = st.container(horizontal=True)
    filters = sizes.slider("Filters", 1, 32, 4, key="filters", bind="query-params")
    if kind.startswith(_LEARNED):
        try:
            weight, bias, card = _learned(kind.removeprefix(_LEARNED))
        except CheckpointError as error:
            st.error(str(error))
            kind = "random"
        else:
            weight, bias = weight[:filters], bias[:filters]
            size = "×".join(str(n) for n in weight.shape[2:])
            st.caption(f"{size} kernels with their own biases. The image is standardised as in training.")
            return Kernels(weight, bias, [f"learned {i}" for i in range(len(weight))], card)
    k = sizes.slider("Kernel size", 1, 11, 3, key="kernel_size", bind="query-params")
    shared = st.slider("Bias", -2.0, 2.0, 0.0, 0.1, key="bias", bind="query-params", help="Added to every output cell.")
    weight, names = filter_bank(kind, filters, channels, k)
    return Kernels(weight, np.full(filters, shared, np.float32), names)
