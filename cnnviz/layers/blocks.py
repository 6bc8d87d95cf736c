"""Layers that are made of layers: paths that part and meet again."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from cnnviz.layers.activation import ReLU, SiLU
from cnnviz.layers.base import (
    LARGEST_ARGUMENT,
    MOST_IN_A_ROW,
    Count,
    Layer,
    Shape,
    ShapeError,
    image_shape,
    shape_text,
    times,
)
from cnnviz.layers.receptive_field import Reach

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.layers import AnyLayer

MOST_BRANCHES = 64

Path: TypeAlias = Annotated[tuple["AnyLayer", ...], Field(max_length=MOST_IN_A_ROW, fail_fast=True)]
"""Layers one after the other inside a block."""

_SHORT = {
    "Conv2d": "conv",
    "ConvTranspose2d": "upconv",
    "MaxPool2d": "pool",
    "AvgPool2d": "pool",
    "AdaptiveMaxPool2d": "pool",
    "AdaptiveAvgPool2d": "pool",
    "Linear": "fc",
    "BatchNorm2d": "bn",
    "LocalResponseNorm": "lrn",
    "SqueezeExcitation": "se",
}


def named(layers: Iterable[Layer]) -> Iterator[tuple[str, Layer]]:
    """``("conv1", Conv2d(…))``, …: the names that their torch modules and weights bear."""
    seen: Counter[str] = Counter()
    for layer in layers:
        short = _SHORT.get(layer.kind, layer.kind.lower())
        seen[short] += 1
        yield f"{short}{seen[short]}", layer


def with_shapes(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[str, Layer, Shape, Shape]]:
    """Name, layer, input and output shape of each layer in turn. Raises ShapeError with the name of the layer."""
    for name, layer in named(layers):
        try:
            after = layer.output_shape(shape)
        except ShapeError as error:
            raise ShapeError(f"{name}: {error}") from None
        yield name, layer, shape, after
        shape = after


def end_of(layers: Sequence[Layer], shape: Shape) -> Shape:
    """The output shape of layers one after the other. Raises ShapeError."""
    for _, _, _, after in with_shapes(layers, shape):
        shape = after
    return shape


def stride_to(size: int, wanted: int) -> int | None:
    """With which stride a 1×1 window has ``wanted`` places along an axis of ``size`` cells; None where with none."""
    stride = (size - 1) // wanted + 1
    return stride if (size - 1) // stride + 1 == wanted else None


def _bringing(shape: Shape, wanted: Shape) -> str:
    """Layers that make the one shape the other, in words; nothing where none are known."""
    if len(wanted) == 1:
        if prod(shape) != wanted[0] > LARGEST_ARGUMENT:
            return ""
        flat = ["a Flatten"] if len(shape) > 1 else []
        return " and ".join(flat + ([f"a Linear({wanted[0]})"] if prod(shape) != wanted[0] else []))
    if len(shape) != 3 or len(wanted) != 3 or wanted[0] > LARGEST_ARGUMENT:
        return ""
    rows, cols = (stride_to(n, m) for n, m in zip(shape[1:], wanted[1:], strict=True))
    if rows is None or cols is None:
        pooling = f"an AdaptiveAvgPool2d of {times((wanted[1], wanted[2]))}"
        return pooling + (f" and a 1×1 convolution with {wanted[0]} filters" if shape[0] != wanted[0] else "")
    stride = f" and stride {times((rows, cols))}" if max(rows, cols) > 1 else ""
    return f"a 1×1 convolution with {wanted[0]} filters{stride}"


def _way_to_meet(body: Shape, shortcut: Shape) -> str:
    """Where which layers make both paths end in one shape; nothing where none are known."""
    for path, layers in (("shortcut", _bringing(shortcut, body)), ("body", _bringing(body, shortcut))):
        if layers:
            return f", by {layers} at the end of the {path}"
    return ""


def sequence(layers: Sequence[Layer], shape: Shape) -> nn.Sequential:
    """The torch module of layers one after the other; its children bear their names."""
    from torch import nn

    module = nn.Sequential()
    for name, layer, before, _ in with_shapes(layers, shape):
        module.add_module(name, layer.module(before))
    return module


class Block(Layer):
    """A layer of several paths that all read its input; an empty path gives the input itself."""

    @property
    @abstractmethod
    def paths(self) -> dict[str, tuple[AnyLayer, ...]]:
        """The layers of each path by its name, in the order of the torch module's children."""

    @abstractmethod
    def with_path(self, name: str, layers: Sequence[AnyLayer]) -> Block:
        """The same block with other layers in one path."""

    @abstractmethod
    def joined(self, shapes: Sequence[Shape]) -> Shape:
        """The output shape where the paths end in these. Raises ShapeError."""

    def output_shape(self, input_shape: Shape) -> Shape:
        ends = []
        for name, layers in self.paths.items():
            try:
                ends.append(end_of(layers, input_shape))
            except ShapeError as error:
                raise ShapeError(f"{name}, {error}") from None
        return self.joined(ends)

    def _sum(self, input_shape: Shape, what: str) -> int:
        self.output_shape(input_shape)
        return sum(
            getattr(layer, what)(before)
            for layers in self.paths.values()
            for _, layer, before, _ in with_shapes(layers, input_shape)
        )

    def num_params(self, input_shape: Shape) -> int:
        return self._sum(input_shape, "num_params")

    def macs(self, input_shape: Shape) -> int:
        return self._sum(input_shape, "macs")

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        ends = []
        for layers in self.paths.values():
            end = reach
            for _, layer, before, _ in with_shapes(layers, input_shape):
                end = layer.reach(end, before)
            ends.append(end)
        return ends[0].also(*ends[1:])

    def _modules(self, input_shape: Shape) -> list[nn.Sequential]:
        self.output_shape(input_shape)
        return [sequence(layers, input_shape) for layers in self.paths.values()]


class _BodyAndShortcut(Block):
    body: Path
    shortcut: Path = ()

    @property
    def paths(self) -> dict[str, tuple[AnyLayer, ...]]:
        return {"body": self.body, "shortcut": self.shortcut}

    def with_path(self, name: str, layers: Sequence[AnyLayer]) -> Block:
        return self.model_copy(update={name: tuple(layers)})


class Residual(_BodyAndShortcut):
    """The sum of ``body`` and ``shortcut``, which is the input itself where it is empty.

    He, Zhang, Ren and Sun, "Deep residual learning for image recognition", arXiv 1512.03385.
    """

    type: Literal["Residual"] = "Residual"

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        body, shortcut = shapes
        if body != shortcut:
            raise ShapeError(
                f"Residual adds {shape_text(body)} of its body to {shape_text(shortcut)} of its shortcut: "
                f"give both the same shape{_way_to_meet(body, shortcut)}"
            )
        return body

    def module(self, input_shape: Shape) -> nn.Module:
        from cnnviz.layers.modules import Residual as Module

        body, shortcut = self._modules(input_shape)
        return Module(body, shortcut)


class Concat(Block):
    """All ``branches``, channel after channel.

    Szegedy et al., "Going deeper with convolutions", arXiv 1409.4842; with an empty branch a layer of DenseNet (Huang,
    Liu, van der Maaten and Weinberger, arXiv 1608.06993).
    """

    type: Literal["Concat"] = "Concat"
    branches: Annotated[tuple[Path, ...], Field(max_length=MOST_BRANCHES, fail_fast=True)]

    @property
    def paths(self) -> dict[str, tuple[AnyLayer, ...]]:
        return {f"branch{i}": branch for i, branch in enumerate(self.branches, 1)}

    def with_path(self, name: str, layers: Sequence[AnyLayer]) -> Block:
        at = list(self.paths).index(name)
        return self.model_copy(update={"branches": (*self.branches[:at], tuple(layers), *self.branches[at + 1 :])})

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        if not shapes:
            raise ShapeError("Concat has no branches: give it at least one")
        if len({shape[1:] for shape in shapes}) > 1:
            mixed = len({len(shape) for shape in shapes}) > 1
            raise ShapeError(
                f"Concat puts {', '.join(shape_text(shape) for shape in shapes)} one after the other: "
                + ("end all branches with a Flatten" if mixed else "give all branches the same height and width")
            )
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def module(self, input_shape: Shape) -> nn.Module:
        from cnnviz.layers.modules import Concat as Module

        return Module(*self._modules(input_shape))


class DualPath(_BodyAndShortcut):
    """The first ``added`` channels of ``body`` and ``shortcut`` are added, the others of both follow.

    Chen, Li, Xiao, Jin, Yan and Feng, "Dual path networks", arXiv 1707.01629.
    """

    type: Literal["DualPath"] = "DualPath"
    added: Count

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        body, shortcut = shapes
        faults, most = [], min(body[0], shortcut[0])
        if len(body) != len(shortcut):
            most = min(prod(body), prod(shortcut))
            way = "end both with a Flatten"
            faults.append(f"adds channels of {shape_text(body)} and {shape_text(shortcut)}: {way}")
        elif body[1:] != shortcut[1:]:
            way = f"give both the same height and width{_way_to_meet((shortcut[0], *body[1:]), shortcut)}"
            faults.append(f"adds channels of {shape_text(body)} and {shape_text(shortcut)}: {way}")
        if most < self.added:
            faults.append(
                f"adds {self.added} channels, but its paths have {body[0]} and {shortcut[0]}: add fewer, {most} at most"
            )
        if faults:
            raise ShapeError(f"DualPath {'; and it '.join(faults)}")
        return (body[0] + shortcut[0] - self.added, *body[1:])

    def module(self, input_shape: Shape) -> nn.Module:
        from cnnviz.layers.modules import DualPath as Module

        body, shortcut = self._modules(input_shape)
        return Module(body, shortcut, self.added)


class SqueezeExcitation(Layer):
    """Each channel is multiplied by a number between 0 and 1, made of the means of all channels by two layers.

    Hu, Shen, Albanie, Sun and Wu, "Squeeze-and-excitation networks", arXiv 1709.01507.
    """

    type: Literal["SqueezeExcitation"] = "SqueezeExcitation"
    squeeze_channels: Count
    activation: Literal["ReLU", "SiLU"] = "ReLU"

    def output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)

    def num_params(self, input_shape: Shape) -> int:
        channels = self.output_shape(input_shape)[0]
        return 2 * channels * self.squeeze_channels + channels + self.squeeze_channels

    def params_formula(self, input_shape: Shape) -> str:
        c, s = input_shape[0], self.squeeze_channels
        return f"{s}·{c} + {s} + {c}·{s} + {c} = {self.num_params(input_shape):,}"

    def macs(self, input_shape: Shape) -> int:
        return 2 * self.output_shape(input_shape)[0] * self.squeeze_channels

    def reach(self, reach: Reach, input_shape: Shape) -> Reach:
        return reach.everything()

    def module(self, input_shape: Shape) -> nn.Module:
        from cnnviz.layers.modules import SqueezeExcitation as Module

        activation: Any = {"ReLU": ReLU, "SiLU": SiLU}[self.activation]()
        return Module(self.output_shape(input_shape)[0], self.squeeze_channels, activation.module(()))


class PositionBias(Layer):
    """A learned number is added to each cell of each map, its own for each place: the biases of AlphaGo's last layer."""

    type: Literal["PositionBias"] = "PositionBias"

    def output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)

    def num_params(self, input_shape: Shape) -> int:
        channels, height, width = image_shape(self, input_shape)
        return channels * height * width

    def params_formula(self, input_shape: Shape) -> str:
        return f"{'·'.join(map(str, input_shape))} = {self.num_params(input_shape):,}"

    def module(self, input_shape: Shape) -> nn.Module:
        from cnnviz.layers.modules import PositionBias as Module

        return Module(*image_shape(self, input_shape))
