"""A network as a list of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError, model_validator

from cnnviz.layers import Shape, ShapeError, shape_text
from cnnviz.layers.blocks import sequence, with_shapes
from cnnviz.networks import heads
from cnnviz.networks.draft import Draft
from cnnviz.networks.smallest import smallest_side
from cnnviz.networks.table import MOST_PARAMS, table, totals
from cnnviz.wrong_values import sentence

if TYPE_CHECKING:
    from torch import nn


class TooSmall(ShapeError):
    """Images that a network cannot read, though it reads larger ones."""

    def __init__(self, fault: str, says: str) -> None:
        """``fault`` is that of the layer, without the ways out: where a network is only fitted, no layer is changed."""
        super().__init__(f"{fault}: {says}, take larger ones or another network")
        self.fault, self.says = fault, says


class EndError(ShapeError):
    """The end of a network is not one raw score a class."""

    def __init__(self, says: str, label: str = "", mended: Network | None = None) -> None:
        """``mended`` has another end, as a button called ``label`` offers it; None where there is no such way."""
        super().__init__(says)
        self.label, self.mended = label, mended


class Network(Draft):
    """Layers one after the other, for inputs of ``input_shape``; JSON in and out through pydantic.

    Raises ShapeError (inside pydantic's ValidationError) where a layer cannot follow, and where it would be too large.
    """

    @model_validator(mode="after")
    def _fits(self) -> Network:
        rows = table(self)
        for row in rows:
            if row.error:
                raise ShapeError(f"{row.name}: {row.error}")
        if (params := totals(rows).params) > MOST_PARAMS:
            raise ShapeError(
                f"{self.name} has {params:,} parameters, more than this app computes with: {MOST_PARAMS:,}"
            )
        return self

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The output shape of every layer, in order."""
        return tuple(after for _, _, _, after in with_shapes(self.layers, self.input_shape))

    @property
    def num_params(self) -> int:
        return sum(layer.num_params(before) for _, layer, before, _ in with_shapes(self.layers, self.input_shape))

    def fitted(self, input_shape: Shape, num_classes: int) -> Network:
        """The same network for other images and classes: layers infer their inputs, so only its head changes.

        Raises EndError where it does not end in one raw score a class, TooSmall where it reads larger images only, and
        ShapeError where they make it too large.
        """
        if fault := heads.end(self.name, self.layers, self.input_shape):
            raise self._end_error(fault, input_shape, num_classes)
        layers = heads.with_classes(self.layers, num_classes)
        try:
            made = network_of(self.model_copy(update={"input_shape": tuple(input_shape), "layers": layers}))
        except ShapeError as error:
            side = smallest_side(self.layers, tuple(input_shape))
            if side is None:
                raise
            raise TooSmall(
                str(error).rpartition(": ")[0],
                f"{self.name} needs images of at least {side}×{side}, and these are {shape_text(input_shape[1:])}",
            ) from None
        if made.shapes[-1:] != ((num_classes,),):
            raise EndError(
                f"{self.name} gives {made.shapes[-1][0] if made.shapes else 0:,} numbers for images of "
                f"{shape_text(input_shape[1:])}, not one for each of {num_classes} classes: end in a Linear layer, or in a "
                "convolution, AdaptiveAvgPool2d of output size 1 and Flatten"
            )
        return made

    def _end_error(self, fault: heads.End, input_shape: Shape, num_classes: int) -> EndError:
        """With a way out where that leads to a network that fits."""
        try:
            mended = network_of(self.model_copy(update={"layers": fault.layers}))
            mended.fitted(input_shape, num_classes)
        except TooSmall:
            pass
        except EndError as deeper:
            return deeper if fault.is_in_a_row else EndError(fault.says)
        except ShapeError:
            return EndError(fault.says)
        return EndError(fault.says, fault.label, mended)

    def module(self) -> nn.Sequential:
        """The torch module, freshly initialised; its children bear the names of ``named_layers``."""
        return sequence(self.layers, self.input_shape)


def network_of(draft: Draft) -> Network:
    """The draft as a network. Raises ShapeError where a layer cannot follow, and where it would be too large."""
    try:
        return Network(name=draft.name, input_shape=draft.input_shape, layers=draft.layers)
    except ValidationError as error:
        raise ShapeError(sentence(error)) from None
