"""Kernels for a layer: named by what they do, random, learned by a network, and edited by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.data.images import to_grey
from cnnviz.inspection import kernels
from cnnviz.layers import Convolution, ShapeError
from cnnviz.layers.base import Array, pair
from cnnviz.layers.presets import filter_bank
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.address import choice, keep, scale, selection, slide, text, whole
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.pickers.feature_map import layer_input, reads_image
from cnnviz.ui.pickers.model_picker import Model, about, load_model, pick_model
from cnnviz.ui.pickers.picture import Features, Picture
from cnnviz.ui.server.filter_bank import query_for

LEARNED = "learned"
_EDIT = re.compile(r"(\d{1,3})\.(?:b|(\d{1,3})\.(\d{1,2})\.(\d{1,2}))~(-?\d{1,7}(?:\.\d{1,20})?(?:e-\d{1,3})?)")
_MOST_EDITS = 500


@dataclass(frozen=True)
class Kernels:
    weight: Array
    """``(out_channels, in_channels / groups, kh, kw)``, also for a transposed convolution."""
    bias: Array
    names: list[str]

    def have(self, edits: str) -> bool:
        """Whether all that is edited is there."""
        return all(self._has(at) for at, _ in _read(edits))

    def _has(self, at: tuple[int, ...]) -> bool:
        shape = self.bias.shape if len(at) == 1 else self.weight.shape
        return all(one < side for one, side in zip(at, shape, strict=True))

    def edited(self, edits: str) -> Kernels:
        """With the weights that were edited by hand; what does not fit is left out."""
        weight, bias, names = self.weight.copy(), self.bias.copy(), list(self.names)
        for at, value in _read(edits):
            if self._has(at):
                (bias if len(at) == 1 else weight)[at] = value
        return Kernels(weight, bias, names)


def _read(edits: str) -> Iterator[tuple[tuple[int, ...], float]]:
    """The filter of a bias, or the four places of a weight, and what is there; without what is not understood."""
    for match in filter(None, map(_EDIT.fullmatch, edits.split("_")[:_MOST_EDITS])):
        yield tuple(int(number) for number in match.groups()[:4] if number is not None), float(match[5])


@dataclass(frozen=True)
class KernelSource:
    """Where kernels come from, and what they read: they are made when the layer is known."""

    kind: str
    seed: int
    shared_bias: float
    x: Array
    channel_names: list[str]
    are_pixels: bool
    learned: tuple[Array, Array] | None = None

    @property
    def most_filters(self) -> int:
        return 64 if self.learned is None else len(self.learned[0])

    @property
    def fixed_size(self) -> tuple[int, int] | None:
        return None if self.learned is None else (self.learned[0].shape[2], self.learned[0].shape[3])

    def query(self, layer: Convolution) -> str:
        """How the browser asks for kernels of all sizes; nothing where these have one only."""
        channels = len(self.x) // layer.groups
        return "" if self.learned else query_for(self.kind, layer.out_channels, channels, self.seed)

    def kernels(self, layer: Convolution) -> Kernels:
        """Raises ShapeError where learned kernels do not fit the layer."""
        channels = len(self.x) // layer.groups
        is_untold = tells("kernel")
        if self.learned is None:
            weight, names = filter_bank(self.kind, layer.out_channels, channels, pair(layer.kernel_size), self.seed)
            if is_untold:
                names = _bare_names(len(weight))
            return Kernels(weight, np.full(len(weight), self.shared_bias if layer.bias else 0, np.float32), names)
        weight, bias = (part[: layer.out_channels] for part in self.learned)
        if weight.shape[1] != channels:
            raise ShapeError(
                f"These kernels were learned in groups: each reads {weight.shape[1]} of the input's channels, and here "
                f"{channels}: choose another layer, or other kernels"
            )
        names = _bare_names(len(weight)) if is_untold else [f"learned {i}" for i in range(len(weight))]
        return Kernels(weight, bias if layer.bias else np.zeros_like(bias), names)


def _bare_names(filters: int) -> list[str]:
    return [f"filter {i}" for i in range(filters)]


def forget_edits() -> None:
    """Edits belong to the kernels that were there: other ones begin anew."""
    keep("edits", "")


def edits() -> str:
    """The weights that were edited, as the address has them."""
    return "_".join(part for part in text("edits").split("_")[:_MOST_EDITS] if _EDIT.fullmatch(part))


def pick_kernels(picture: Picture | Features) -> KernelSource:
    """Controls for the kernels of a layer that reads ``picture``."""
    kind = selection("kernel", on_change=forget_edits)
    if kind == LEARNED:
        try:
            return _learned(picture)
        except CheckpointError as error:
            st.error(escaped(str(error)))
            kind = "random"
    seed = 0
    if kind == "random":
        seed = whole("seed")
    shared = scale("bias")
    return KernelSource(kind, seed, shared, picture.values, picture.channel_names, picture.are_pixels)


def _learned(picture: Picture | Features) -> KernelSource:
    import torch

    model = load_model(pick_model())
    weights = kernels(model.module)
    layer = choice("learned_layer", list(weights))
    bias = model.module.get_submodule(layer).bias
    no_bias = np.zeros(len(weights[layer]), np.float32)
    learned = (weights[layer], bias.detach().cpu().numpy() if isinstance(bias, torch.Tensor) else no_bias)
    x, names = _input_of(model, layer, picture)
    size = "×".join(str(n) for n in weights[layer].shape[2:])
    if model.ended_early and not tells("kernel", "model"):
        st.caption(about(model))
    if not tells("kernel", "model", "learned_layer"):
        st.caption(f"{size} kernels with their own biases. The image is standardised as in training.")
    return KernelSource(LEARNED, 0, 0, x, names, False, learned)


def _input_of(model: Model, layer: str, picture: Picture | Features) -> tuple[Array, list[str]]:
    """What a layer of a network gets when the network sees the picture."""
    if isinstance(picture, Features):  # as many maps as the kernels read, over and over
        channels = kernels(model.module)[layer].shape[1]
        return np.resize(picture.values, (channels, *picture.values.shape[1:])), [
            f"channel {i}" for i in range(channels)
        ]
    if not reads_image(model, layer):
        x = layer_input(model, picture, layer)
        return x, [f"channel {i}" for i in range(len(x))]
    pixels, names = picture.pixels, picture.channel_names
    channels = model.card.network.input_shape[0]
    if channels == 1 and len(pixels) == 3:
        pixels, names = to_grey(pixels), ["grey"]
    elif channels == 3 and len(pixels) == 1:
        pixels, names = np.repeat(pixels, 3, 0), ["red", "green", "blue"]
    return model.card.standardised(pixels), names


def pick_filters(source: KernelSource) -> int:
    most = source.most_filters
    return int(slide("filters", range(1, most + 1), default=min(4, most)))
