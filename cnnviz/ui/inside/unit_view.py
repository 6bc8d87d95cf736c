"""One map or feature of a network: how it comes to its numbers, each kind of layer by its own arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import streamlit as st

from cnnviz.components.cell_arithmetic import CellKind, cell_arithmetic
from cnnviz.components.map_grid import map_grid
from cnnviz.components.term_arithmetic import linear_terms, softmax_terms
from cnnviz.components.window_explorer import pooling_explorer, window_explorer
from cnnviz.inspection.contributions import contributions, strengths
from cnnviz.layers import (
    Activation,
    BatchNorm2d,
    Convolution,
    Flatten,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    Pooling,
    PositionBias,
    Softmax,
    SqueezeExcitation,
)
from cnnviz.layers.base import Array
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT, Node, sources
from cnnviz.plots import ScaleName
from cnnviz.ui.frame.address import choice, keep, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.refused import refuse_unreadable
from cnnviz.ui.inside.input_sentences import first_layer_words, how_read, zero_is
from cnnviz.ui.inside.network_maps import SOFTMAX
from cnnviz.ui.pickers.feature_map import digest, outputs
from cnnviz.ui.pickers.model_picker import Model

if TYPE_CHECKING:
    from torch import nn

MOST_NUMBERS = 340_000
"""In a message to the browser: 1.8 MB as base64."""
FEW = 4
"""Input maps of a convolution that are shown unless one asks for more."""
_SOME_MORE = 8


@dataclass(frozen=True)
class Unit:
    """One channel of a layer of a model that looks at ``x``, and what tells the address where one goes."""

    model: Model
    nodes: dict[str, Node]
    x: Array
    look: Focus
    tell: Callable[[Focus], None]

    @property
    def node(self) -> Node:
        return self.nodes[self.look.name]

    @property
    def channel(self) -> int:
        return self.look.channel or 0

    @property
    def module(self) -> nn.Module:
        return self.model.module.get_submodule(self.node.name)

    @property
    def reads(self) -> list[Node]:
        return [self.nodes[name] for name in self.node.inputs]

    @property
    def name(self) -> str:
        return unit_name(self.node, self.channel, self.model)

    def maps(self, name: str) -> Array:
        """What a layer gives out, ``(C, H, W)`` or ``(F,)``."""
        if name == INPUT:
            return self.x
        if name == SOFTMAX:
            logits = self.maps(self.nodes[SOFTMAX].inputs[0])
            return Softmax().apply(logits)
        around = [at for at in (*self.node.inputs, self.node.name) if at not in (INPUT, SOFTMAX)]  # in one forward pass
        return outputs(self.model, self.x, around if name in around else [name])[name]

    @cached_property
    def activation(self) -> Activation | None:
        """The one that alone reads this layer."""
        after = [node for node in self.nodes.values() if self.node.name in node.inputs]
        return after[0].layer if len(after) == 1 and isinstance(after[0].layer, Activation) else None

    def kept(self, at: str) -> None:
        """A cell ``"row.col"``, or ``"row.col~gradient"``, that the user keeps; back to the unit where nothing."""
        place, tilde, gradient = at.partition("~")
        row, _, col = place.partition(".")
        cell = (int(row), int(col)) if row and col else None
        self.tell(replace(self.look, cell=cell, gradient=tilde + gradient))

    def explored(self, what: str, at: str) -> None:
        """What an explorer of this one unit tells: its own channel is 0 of 1."""
        if what == "at" and not at:
            self.tell(Focus(self.node.name))
        elif what == "at":
            self.kept(at.partition(".")[2])


def unit_name(node: Node, channel: int, model: Model) -> str:
    """ "conv2 · map 7", or the class."""
    name = node.title
    classes = model.card.class_names
    if len(node.output_shape) > 1:
        return f"{name} · map {channel}"
    *_, (last, _) = model.card.network.named_layers()
    is_class = node.name in (last, SOFTMAX) and len(classes) == node.channels
    return f"{name} · {classes[channel] if is_class else f'unit {channel}'}"


def unit_view(unit: Unit) -> None:
    """The arithmetic of the unit, whatever kind of layer it belongs to."""
    layer = unit.node.layer
    if isinstance(layer, Convolution):
        _convolution(unit, layer)
    elif _numbers(unit) > MOST_NUMBERS:
        height, width = unit.node.map_size
        st.info(f"Maps of {height}×{width} are too large to be sent here: look at a later layer.")
    elif layer is None:
        _input(unit)
    elif isinstance(layer, Pooling):
        _pooling(unit, layer)
    elif isinstance(layer, Linear):
        _linear(unit)
    elif isinstance(layer, Softmax):
        _softmax(unit)
    else:
        _cells(unit)
    if layer is not None and INPUT in unit.node.inputs:
        st.caption(first_layer_words(unit.model.card, layer))


def _numbers(unit: Unit) -> int:
    """How many the browser needs of it: its map, and the maps that it is made of."""
    layer, reads = unit.node.layer, unit.reads
    if isinstance(layer, Linear | Softmax):
        return 2 * prod(reads[0].output_shape)
    if isinstance(layer, Flatten):
        return 2
    times = layer.size if isinstance(layer, LocalResponseNorm) else 2 if isinstance(layer, PositionBias) else 1
    return prod(unit.node.map_size) + times * sum(prod(node.map_size) for node in reads)


def _input(unit: Unit) -> None:
    map_grid(
        unit.x[unit.channel][None],
        key="input_map",
        label=unit.name,
        quantity="What the network reads",
        scale="activations",
        columns=1,
    )
    st.caption(f"The picture, brought to the size that the network reads. {how_read(unit.model.card)}")


def _convolution(unit: Unit, layer: Convolution) -> None:
    node, k, child = unit.node, unit.channel, cast(Any, unit.module)
    x = unit.maps(node.inputs[0])
    per_group, gives = len(x) // layer.groups, node.channels // layer.groups
    first = k // gives * per_group
    most = (MOST_NUMBERS - 2 * prod(node.map_size)) // prod(x.shape[1:])
    if most < 1:
        st.info(f"Maps of {x.shape[1]}×{x.shape[2]} are too large to be sent here: look at a later layer.")
        return
    few = per_group
    if per_group > _SOME_MORE and most > FEW:
        which = choice("parts", help=f"The {FEW} strongest, or {_at_most(per_group, most)}.")
        few = per_group if which == "all" else FEW
    few = min(few, most)
    model = unit.model
    sent, rest = _summands(model.name, model.version, digest(x), node.name, k, few, child, x)
    weight = child.weight.detach()
    kernels = weight[first : first + per_group, k % gives] if "Transpose" in layer.kind else weight[k]
    source = unit.reads[0].title
    window_explorer(
        layer.model_copy(update={"out_channels": 1, "groups": 1}),
        x[first:][sent],
        kernels[sent].numpy()[None],
        np.zeros(1, np.float32) if child.bias is None else child.bias.detach()[k : k + 1].numpy(),
        channel_names=[f"{source} · map {first + channel}" for channel in sent],
        filter_names=[unit.name],
        activation=unit.activation,
        are_pixels=False,
        at=f"0.{unit.look.at}" if unit.look.at else "0",
        on_change=unit.explored,
        outer=_all(node),
        rest=rest,
        rest_name=_others(per_group - len(sent)),
        zero_is=zero_is(model.card) if INPUT in node.inputs else "",
        key=f"unit_explorer_{unit.look.name}_{unit.channel}",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _summands(
    name: str, version: str, digest: str, layer: str, channel: int, few: int, _child: nn.Module, _x: Array
) -> tuple[list[int], Array | None]:
    """The strongest of the input maps that a channel reads, counted within its group, and what all others add together."""
    import torch

    batch = torch.from_numpy(_x)[None]
    magnitudes = np.nan_to_num(strengths(_child, batch, [channel])[0])
    sent = sorted(int(at) for at in np.argsort(-magnitudes, kind="stable")[:few])
    if len(sent) == len(magnitudes):
        return sent, None
    parts = np.delete(contributions(_child, batch, [channel])[0], sent, axis=0)
    return sent, parts.sum(0, dtype=np.float64).astype(np.float32)[None]


def _others(count: int) -> str:
    return "" if not count else "the other map" if count == 1 else f"the other {count} maps"


def _at_most(count: int, most: int) -> str:
    return f"all {count}" if most >= count else f"the {most} strongest, as many as can be sent"


def _pooling(unit: Unit, layer: Pooling) -> None:
    x = unit.maps(unit.node.inputs[0])[unit.channel : unit.channel + 1]
    pooling_explorer(
        [layer],
        x,
        channel_names=[unit_name(unit.reads[0], unit.channel, unit.model)],
        are_pixels=False,
        at=f"0.{unit.look.at}" if unit.look.at else "0",
        on_change=unit.explored,
        outer=_all(unit.node),
        key=f"unit_explorer_{unit.look.name}_{unit.channel}",
    )


def _all(node: Node) -> str:
    return f"All {node.channels} maps of {node.name}" if node.channels > 1 else f"The map of {node.name}"


def _linear(unit: Unit) -> None:
    child, source = cast(Any, unit.module), unit.reads[0]
    x, maps = unit.maps(source.name), None
    names: list[str] = []
    if isinstance(source.layer, Flatten) and len(source.input_shape) == 3:
        maps = source.input_shape
        names = [f"{source.inputs[0]} · map {i}" for i in range(maps[0])]
    refuse_unreadable("term", "the product to look at", (at := text("term")) in map(str, range(len(x))))
    with place("term"):
        linear_terms(
            x,
            child.weight.detach()[unit.channel].numpy(),
            0.0 if child.bias is None else float(child.bias.detach()[unit.channel]),
            unit=unit.name,
            maps=maps,
            input_names=names or [f"{source.name} · unit {i}" for i in range(len(x))],
            activation=unit.activation,
            at=at,
            on_change=lambda at: keep("term", at),
            key=f"unit_terms_{unit.look.name}_{unit.channel}",
        )


def _softmax(unit: Unit) -> None:
    logits = unit.maps(unit.reads[0].name)
    softmax_terms(
        logits,
        unit.model.card.class_names if len(unit.model.card.class_names) == len(logits) else [],
        unit.channel,
        on_choose=lambda channel: unit.tell(replace(unit.look, channel=channel, cell=None)),
    )


def _cells(unit: Unit) -> None:
    """A layer that acts cell by cell, or puts maps together."""
    node, k, layer = unit.node, unit.channel, unit.node.layer
    parts = sources(node, k, unit.reads) or []
    inputs = [_map(unit.maps(name)[at]) for name, at in parts]
    names = [unit_name(unit.nodes[name], at, unit.model) for name, at in parts]
    kind: CellKind = "sum" if len(parts) > 1 else "same"
    numbers: dict[str, float] = {}
    scales: list[ScaleName] = []
    output, note = _map(unit.maps(node.name)[k]), ""
    at = unit.look.at.partition("~")[0]
    child = cast(Any, unit.module)
    if isinstance(layer, Activation):
        kind = cast(CellKind, layer.kind)
        numbers = {"negative_slope": layer.negative_slope} if isinstance(layer, LeakyReLU) else {}
    elif isinstance(layer, BatchNorm2d):
        kind = "BatchNorm2d"
        learned = {"mean": child.running_mean, "var": child.running_var, "weight": child.weight, "bias": child.bias}
        numbers = {"eps": layer.eps} | {name: float(values.detach()[k]) for name, values in learned.items()}
        note = "Mean and variance are those that it has seen in training: in use they stay as they are."
    elif isinstance(layer, LocalResponseNorm):
        kind = "LocalResponseNorm"
        before = unit.maps(node.inputs[0])
        first, last = max(0, k - layer.size // 2), min(len(before) - 1, k + (layer.size - 1) // 2)
        inputs = [before[i] for i in range(first, last + 1)]
        names = [unit_name(unit.reads[0], i, unit.model) for i in range(first, last + 1)]
        numbers = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "k": layer.k, "own": k - first}
    elif isinstance(layer, PositionBias):
        kind, scales = "sum", ["activations", "weights"]
        inputs.append(child.bias.detach()[k].numpy())
        names.append("its bias, place by place")
    elif isinstance(layer, SqueezeExcitation):
        kind = "scale"
        gate = f"{node.name}.gate"
        value = outputs(unit.model, unit.x, [gate])[gate].reshape(-1)[k]
        inputs.append(np.full_like(inputs[0], value))
        names.append(f"the gate of map {k}")
        note = f"The gate, {value:.4g}, is made of the means of all {node.channels} maps by two small layers."
    elif isinstance(layer, Flatten):
        height, width = unit.reads[0].map_size
        place = k % (height * width)
        row, col = divmod(place, width)
        inputs = [inputs[0][row : row + 1, col : col + 1]]
        note = f"It is the cell in row {row}, column {col} of {names[0]}: {k} = "
        note += f"({k // (height * width)} · {height} + {row}) · {width} + {col}."
    elif layer is not None and layer.kind == "Dropout":
        note = "In training it leaves numbers out at random; in use, as here, it changes nothing."
    elif kind == "same":
        note = "The paths are put one after the other, so this map is one of theirs."
    cell_arithmetic(
        kind,
        np.stack(inputs),
        output,
        input_names=names,
        output_name=unit.name,
        numbers=numbers,
        input_scales=scales,
        note=note,
        at=at,
        on_change=None if isinstance(layer, Flatten) else unit.kept,
        key=f"unit_cells_{unit.look.name}_{unit.channel}",
    )


def _map(values: Array) -> Array:
    """A feature as a map of one cell."""
    return np.asarray(values).reshape(values.shape if values.ndim == 2 else (1, 1))
