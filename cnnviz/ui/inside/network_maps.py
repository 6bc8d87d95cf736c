"""All layers of a model at a glance: which of their maps are shown, how, and what each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnviz.components.network_map import Column, Feed, together
from cnnviz.inspection.contributions import strengths
from cnnviz.inspection.forward_hooks import observe
from cnnviz.inspection.thumbnails import Ranges, ranges, thumbnails
from cnnviz.layers import Activation, Conv2d, Convolution, ConvTranspose2d, Linear, Residual, Softmax
from cnnviz.layers.base import Array, shape_text
from cnnviz.layers.blocks import Block
from cnnviz.networks import Network
from cnnviz.networks.graph import INPUT, Node, graph, kindred, sources
from cnnviz.ui.pickers.feature_map import digest, lock_of
from cnnviz.ui.pickers.model_picker import Model

if TYPE_CHECKING:
    from torch import Tensor, nn

Standardising = tuple[Sequence[float], Sequence[float]]
"""Means and standard deviations of the channels."""

SOFTMAX = "softmax"
"""The column of the probabilities, behind a network that ends in one number a class."""
KEPT_NUMBERS = 40_000_000
"""Of all outputs together (160 MB): where there are more the network runs twice instead."""
STAMP_BYTES = 800_000
"""Of all thumbnails in the message to the browser, before base64 makes a third more of them."""
_SIDES = (44, 36, 32, 28, 24, 20, 16, 12, 8)
_MANY_CLASSES = 16
_ALSO = {
    "Softmax": ", divided by the sum over all",
    "LocalResponseNorm": ", divided by what its neighbours have",
    "SqueezeExcitation": ", scaled by a number made of all",
}


@dataclass(frozen=True)
class Overview:
    columns: tuple[Column, ...]
    probabilities: Array | None
    """Of the classes, where the network ends in one number each."""
    numbers: Array | None = None
    """The last ones, where it ends in numbers and not in maps."""


def with_softmax(network: Network) -> list[Node]:
    """The graph, and behind a network that ends in one number a class the softmax that makes probabilities of them."""
    nodes = graph(network)
    last = nodes[-1]
    if _has_scores(last):
        shape = last.output_shape
        nodes.append(Node(SOFTMAX, Softmax(), (last.name,), shape, shape, last.column + 1, last.lane, last.reach))
    return nodes


def _has_scores(last: Node) -> bool:
    """Whether a network ends in one number a class that is no probability yet."""
    return len(last.output_shape) == 1 and last.channels > 1 and not isinstance(last.layer, Softmax | Activation)


def shown_at_most(nodes: Sequence[Node]) -> int:
    """How many maps of a layer are shown: fewer where there are many layers, or where paths stand below each other."""
    return 12 if len(nodes) <= 16 else 8 if len(nodes) <= 80 and max(node.lane for node in nodes) == 0 else 6


def overview(model: Model, x: Array) -> Overview:
    """Of a model that looks at ``x`` ``(C, H, W)``, as it reads it."""
    return _overview(model.name, model.version, digest(x), model, x)


@st.cache_resource(max_entries=12, show_spinner="Following the image …")
def _overview(name: str, version: str, digest: str, _model: Model, _x: Array) -> Overview:
    import torch

    nodes = graph(_model.card.network)
    with lock_of(_model):
        return _Follower(
            nodes,
            _model.module,
            torch.from_numpy(_x)[None],
            _model.card.class_names,
            (_model.card.mean, _model.card.std),
        ).overview()


class _Follower:
    def __init__(
        self,
        nodes: list[Node],
        module: nn.Module,
        x: Tensor,
        classes: tuple[str, ...],
        standardising: Standardising | None = None,
    ) -> None:
        self.nodes, self.module, self.x, self.classes, self.standardising = nodes, module, x, classes, standardising
        self.by_name = {node.name: node for node in nodes}
        self.ranges: dict[str, Ranges] = {INPUT: ranges(x[0])}
        self.shown: dict[str, list[int]] = {}
        self.thumbnails: dict[str, np.ndarray] = {}
        self.feeds: dict[str, list[list[tuple[str, int, float]]]] = {INPUT: []}

    def overview(self) -> Overview:
        names = [node.name for node in self.nodes[1:]]
        keep = sum(int(np.prod(node.output_shape)) for node in self.nodes) <= KEPT_NUMBERS
        kept: list[tuple[str, nn.Module, tuple[Tensor, ...], Tensor]] = []

        def measure(name: str, child: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self.ranges[name] = ranges(output[0])
            if keep:
                kept.append((name, child, inputs, output))

        scores = observe(self.module, self.x, measure, names)[0]
        self._choose()
        self.side = self._side()
        self.thumbnails[INPUT] = thumbnails(self.x[0], self.shown[INPUT], self.side)
        if keep:
            for one in kept:
                self._draw(*one)
        else:
            observe(self.module, self.x, self._draw, names)
        columns = [self._column(node) for node in self.nodes]
        if not _has_scores(self.nodes[-1]):
            numbers = scores.flatten().numpy() if scores.numel() == len(scores) else None
            are_shares = scores.ndim == 1 and isinstance(self.nodes[-1].layer, Softmax)
            return Overview(tuple(columns), numbers if are_shares else None, numbers)
        probabilities = scores.softmax(0)
        return Overview((*columns, self._softmax(probabilities)), probabilities.numpy(), scores.numpy())

    def _choose(self) -> None:
        """The strongest channels, the same ones in layers whose channels belong together."""
        most, kin = shown_at_most(self.nodes), kindred(self.nodes)
        last = self.nodes[-1].name
        for node in self.nodes:
            rank = self.ranges[kin[node.name]].strength
            if len(node.output_shape) == 1 and kin[node.name] == last:
                rank, most_here = self.ranges[last].high, _MANY_CLASSES  # of the classes the likeliest
            else:
                most_here = most
            strongest = np.argsort(-rank, kind="stable")[: most_here if len(rank) > most_here + 4 else None]
            self.shown[node.name] = sorted(int(channel) for channel in strongest)

    def _side(self) -> int:
        """As large as all thumbnails together may be."""
        for side in _SIDES:
            sizes = ((min(side, node.map_size[0]) * min(side, node.map_size[1]), node) for node in self.nodes)
            if sum(size * len(self.shown[node.name]) for size, node in sizes) <= STAMP_BYTES:
                return side
        return _SIDES[-1]

    def _draw(self, name: str, child: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.thumbnails[name] = thumbnails(output[0], self.shown[name], self.side)
        self.feeds[name] = self._feeds(self.by_name[name], child, inputs)

    def _feeds(self, node: Node, child: nn.Module, inputs: tuple[Tensor, ...]) -> list[list[tuple[str, int, float]]]:
        """For each shown channel the strongest of what it is made of, with their shares."""
        shown, read = self.shown[node.name], [self.by_name[name] for name in node.inputs]
        if isinstance(node.layer, Conv2d | ConvTranspose2d | Linear):
            few = 4 if len(self.nodes) > 100 else 8
            magnitudes = np.nan_to_num(strengths(child, inputs[0], shown).astype(np.float64), posinf=0, neginf=0)
            shares = magnitudes / np.maximum(magnitudes.sum(1, keepdims=True), 1e-30)
            groups = node.layer.groups if isinstance(node.layer, Convolution) else 1
            first = [channel // (node.channels // groups) * shares.shape[1] for channel in shown]
            best = np.argsort(-shares, axis=1, kind="stable")[:, :few]
            return [
                [(read[0].name, start + int(i), float(row[i])) for i in order if row[i] > 0]
                for start, row, order in zip(first, shares, best, strict=True)
            ]
        feeds = []
        for channel in shown:
            parts = sources(node, channel, read) or []
            sizes = [float(self.ranges[name].strength[at]) for name, at in parts]
            total = sum(sizes)
            feeds.append(
                [
                    (name, at, size / total if total else 1 / len(parts))
                    for (name, at), size in zip(parts, sizes, strict=True)
                ]
            )
        return feeds

    def _column(self, node: Node) -> Column:
        extremes, shown = self.ranges[node.name], self.shown[node.name]
        numbers = {one.name: i for i, one in enumerate(self.nodes)}
        is_last = node is self.nodes[-1] and len(node.output_shape) == 1
        joins = ("+" if isinstance(node.layer, Residual) else "&") if isinstance(node.layer, Block) else ""
        return Column(
            name=node.name,
            title=node.title.rpartition(".")[2],
            subtitle=shape_text(node.output_shape),
            column=node.column,
            lane=node.lane,
            inputs=tuple(numbers[name] for name in node.inputs),
            size=node.map_size,
            total=node.channels,
            channels=shown,
            thumbnails=self.thumbnails[node.name],
            low=extremes.low[shown],
            high=extremes.high[shown],
            odd=[int(odd) for odd in extremes.odd[shown]],
            span=(float(extremes.low.min()), float(extremes.high.max())),
            scale="pixels" if node.layer is None else "counts" if isinstance(node.layer, Softmax) else "activations",
            made=together(
                [[Feed(numbers[name], at, share) for name, at, share in feeds] for feeds in self.feeds[node.name]]
            ),
            names=self.classes if is_last and len(self.classes) == node.channels else (),
            joins=joins,
            colour=self.standardising if node.layer is None and node.channels == 3 else None,
            reach=node.reach,
            also=_ALSO.get("" if node.layer is None else node.layer.kind, ""),
        )

    def _softmax(self, probabilities: Tensor) -> Column:
        last, shown = self.nodes[-1], self.shown[self.nodes[-1].name]
        number, extremes = len(self.nodes) - 1, ranges(probabilities)
        return Column(
            name=SOFTMAX,
            title=SOFTMAX,
            subtitle="probabilities",
            column=last.column + 1,
            lane=last.lane,
            inputs=(number,),
            size=(1, 1),
            total=len(probabilities),
            channels=shown,
            thumbnails=np.zeros((len(shown), 1, 1), np.uint8),
            low=extremes.low[shown],
            high=extremes.high[shown],
            odd=[int(odd) for odd in extremes.odd[shown]],
            span=(float(extremes.low.min()), float(extremes.high.max())),
            scale="counts",
            made=together([[Feed(number, channel, 1.0)] for channel in shown]),
            names=self.classes if len(self.classes) == len(probabilities) else (),
            also=_ALSO["Softmax"],
        )
