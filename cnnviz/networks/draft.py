"""A network that is being built: layers that need not fit each other yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from typing import Any, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cnnviz.layers import AnyLayer, Block, Layer, Shape
from cnnviz.layers.base import LARGEST_ARGUMENT
from cnnviz.layers.blocks import named

LayerPath: TypeAlias = tuple[int | str, ...]
"""Where a layer is: its number, and inside a block the block's path, the name of the block's path, and its number there."""

MOST_LAYERS = 2_000
DEEPEST = 16


def deepest(layers: Sequence[Layer]) -> int:
    """How many blocks are inside each other."""
    return max(
        (1 + max(map(deepest, layer.paths.values()), default=0) for layer in layers if isinstance(layer, Block)),
        default=0,
    )


def everything(layers: Sequence[Layer]) -> Iterator[Layer]:
    """All layers, and those inside blocks."""
    for layer in layers:
        yield layer
        if isinstance(layer, Block):
            for inner in layer.paths.values():
                yield from everything(inner)


class Draft(BaseModel):
    """Layers one after the other, for inputs of ``input_shape``, whether or not each can follow the one before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=80)
    input_shape: Shape
    layers: tuple[AnyLayer, ...] = ()

    @field_validator("input_shape", mode="before")
    @classmethod
    def _few_sides(cls, shape: Any) -> Any:
        """Before each of them is looked at, as below for layers."""
        if isinstance(shape, Sized) and len(shape) not in (1, 3):
            raise ValueError("an input is (channels, height, width) or (features,)")
        return shape

    @field_validator("layers", mode="before")
    @classmethod
    def _not_too_long(cls, layers: Any) -> Any:
        if isinstance(layers, Sized) and len(layers) > MOST_LAYERS:
            raise ValueError(f"more than {MOST_LAYERS:,} layers")
        return layers

    @field_validator("input_shape")
    @classmethod
    def _small_input(cls, shape: Shape) -> Shape:
        if min(shape) < 1:
            raise ValueError("every side of an input must be at least 1")
        if max(shape) > LARGEST_ARGUMENT:
            raise ValueError(f"no side of an input may be more than {LARGEST_ARGUMENT:,}")
        return shape

    @field_validator("layers")
    @classmethod
    def _few_layers(cls, layers: tuple[AnyLayer, ...]) -> tuple[AnyLayer, ...]:
        if deepest(layers) > DEEPEST:
            raise ValueError(f"blocks are more than {DEEPEST} deep inside each other")
        if sum(1 + len(layer.paths) if isinstance(layer, Block) else 1 for layer in everything(layers)) > MOST_LAYERS:
            raise ValueError(f"more than {MOST_LAYERS:,} layers and paths of blocks")
        return layers

    def named_layers(self) -> Iterator[tuple[str, Layer]]:
        """``("conv1", Conv2d(…))``, …: the names that the torch module and its weights bear."""
        return named(self.layers)

    def at(self, path: LayerPath) -> AnyLayer:
        """The layer at a path. Raises LookupError."""
        reached: list[AnyLayer] = []

        def change(layers: list[AnyLayer], at: int) -> None:
            reached.append(layers[at])

        _changed(self.layers, path, change)
        return reached[0]

    def changed(self, path: LayerPath, change: Callable[[list[AnyLayer], int], None]) -> Draft:
        """The draft after a change of the list in which the layer at ``path`` is; ``change`` gets it and the number.

        Raises LookupError where there is no such list, and pydantic's ValidationError where it became too large.
        """
        return Draft(name=self.name, input_shape=self.input_shape, layers=_changed(self.layers, path, change))


def _changed(
    layers: Sequence[AnyLayer], path: LayerPath, change: Callable[[list[AnyLayer], int], None]
) -> tuple[AnyLayer, ...]:
    changed, at = list(layers), path[0]
    if not isinstance(at, int) or not 0 <= at <= len(changed):
        raise LookupError(f"no layer {at}")
    if len(path) == 1:
        change(changed, at)
    else:
        block = changed[at]
        if not isinstance(block, Block):
            raise LookupError(f"layer {at} is no block")
        name = str(path[1])
        changed[at] = cast(AnyLayer, block.with_path(name, _changed(block.paths[name], path[2:], change)))
    return tuple(changed)


def insert(draft: Draft, path: LayerPath, *new: AnyLayer) -> Draft:
    """Layers put in so that the first of them is at ``path``."""

    def change(layers: list[AnyLayer], at: int) -> None:
        layers[at:at] = new

    return draft.changed(path, change)


def remove(draft: Draft, path: LayerPath) -> Draft:
    def change(layers: list[AnyLayer], at: int) -> None:
        del layers[at]

    return draft.changed(path, change)


def replace(draft: Draft, path: LayerPath, layer: AnyLayer) -> Draft:
    def change(layers: list[AnyLayer], at: int) -> None:
        layers[at] = layer

    return draft.changed(path, change)


def duplicate(draft: Draft, path: LayerPath) -> Draft:
    return insert(draft, path, draft.at(path))


def move(draft: Draft, path: LayerPath, to: int) -> Draft:
    """The layer at number ``to`` of its list instead; at the ends where there is no such number."""

    def change(layers: list[AnyLayer], at: int) -> None:
        layer = layers.pop(at)
        layers.insert(min(max(to, 0), len(layers)), layer)

    return draft.changed(path, change)
