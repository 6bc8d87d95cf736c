"""A network as a table: what each layer makes of its input, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import prod

from cnnviz.layers import AnyLayer, Block, Layer, Linear, Reach, Shape, ShapeError, shape_text
from cnnviz.layers.blocks import named
from cnnviz.networks.draft import Draft, LayerPath
from cnnviz.networks.memory import BYTES, Value, image, joined, passed

LARGEST_SIDE = 4_096
MOST_NUMBERS = 400_000_000
MOST_PARAMS = 400_000_000


@dataclass(frozen=True)
class LayerRow:
    """One layer of a network."""

    name: str
    """As in the torch module, ``residual1.body.conv2``."""
    kind: str
    output_shape: Shape | None
    """None where it cannot follow."""
    params: int
    macs: int | None
    """Multiply-adds for one input; None where it is not known."""
    activation_bytes: int
    """Of the output for one input, in float32."""
    receptive_field: tuple[int, int] | None
    """(height, width) in input cells, as if the input had no end; None where the input has no rows and columns."""
    jump: tuple[Fraction, Fraction] | None = None
    """Input cells from one cell of the output to the next."""
    params_formula: str = ""
    layer: Layer | None = None
    input_shape: Shape | None = None
    path: LayerPath = ()
    kept_bytes: int = 0
    """That training on one input keeps for the way back, and that no layer before it keeps; a block's layers have their own."""
    forward_bytes: int = 0
    """In memory while it runs on one input: what it reads and gives, and what waits to be read again."""
    error: str = ""
    """Why it cannot follow, and a way out. The layers after it read what it should have read, after Linear its features."""

    @property
    def is_block(self) -> bool:
        return isinstance(self.layer, Block)


@dataclass(frozen=True)
class Totals:
    """Of a whole network, for one input."""

    params: int
    macs: int
    activation_bytes: int
    """Of all outputs together."""
    kept_bytes: int = 0
    """What training keeps until the gradients are known: not every output, and some of what layers note beside them."""
    forward_bytes: int = 0
    """The largest number of bytes that a forward pass without gradients has in memory at one time, weights aside."""

    def training_bytes(self, batch_size: int, moments: int = 2) -> int:
        """Weights, gradients and the optimiser's moments (Adam 2, SGD with momentum 1), and a batch of what is kept."""
        return training_bytes(self.params, self.kept_bytes, batch_size, moments)


MARGIN = 1.3
"""Times what is kept: gradients of the moment, workspaces of the convolutions, what the allocator cannot use."""


def training_bytes(params: int, kept_bytes: int, batch_size: int, moments: int) -> int:
    """What a step takes, about."""
    return (2 + moments) * params * BYTES + int(batch_size * kept_bytes * MARGIN)


MOST_TO_RUN = 1_200_000_000
"""Numbers in all outputs of a network that the app runs: EfficientNet-B7 has 987 million."""
MOST_MACS_TO_RUN = 40_000_000_000
"""Multiply-adds: EfficientNet-B7 has 38 thousand million, some seconds."""
MOST_PARAMS_TO_RUN = 150_000_000
LARGEST_SIDE_TO_RUN = 640


def check_runs(draft: Draft) -> None:
    """Raises ShapeError where the network is too large to be run for somebody who looks on; tables may be of larger ones."""
    if max(draft.input_shape[1:], default=0) > LARGEST_SIDE_TO_RUN or draft.input_shape[0] > LARGEST_SIDE_TO_RUN**2:
        raise ShapeError(
            f"Its input is {shape_text(draft.input_shape)}, larger than this app looks into: "
            f"stay within {LARGEST_SIDE_TO_RUN} pixels a side"
        )
    rows = table(draft)
    cost = totals(rows)
    for amount, most, what in (
        (cost.activation_bytes // BYTES, MOST_TO_RUN, "numbers in its outputs"),
        (cost.macs, MOST_MACS_TO_RUN, "multiply-adds"),
        (cost.params, MOST_PARAMS_TO_RUN, "parameters"),
    ):
        if amount > most:
            raise ShapeError(f"It has {amount:,} {what}, more than this app looks into ({most:,}): make it smaller")


def table(draft: Draft) -> list[LayerRow]:
    """A row for each layer, and for each layer inside a block after the block's own."""
    return list(_table(draft.input_shape, draft.layers))


@lru_cache(maxsize=64)  # a page asks several times for the same one
def _table(input_shape: Shape, layers: tuple[AnyLayer, ...]) -> tuple[LayerRow, ...]:
    rows: list[LayerRow] = []
    has_sides = len(input_shape) == 3 and max(input_shape[1:]) <= LARGEST_SIDE
    reach = Reach.of_input(*input_shape[1:]) if has_sides else None
    _walk(layers, _Place(input_shape, reach, image(input_shape), ()), "", (), rows)
    return tuple(rows)


def totals(rows: Sequence[LayerRow]) -> Totals:
    """Blocks add their own outputs, the sums, to what the layers inside them cost."""
    whole = [row for row in rows if not row.is_block]
    return Totals(
        sum(row.params for row in whole),
        sum(row.macs or 0 for row in whole),
        sum(row.activation_bytes for row in rows),
        sum(row.kept_bytes for row in rows),
        max((row.forward_bytes for row in rows), default=0),
    )


@dataclass(frozen=True)
class _Place:
    """Between two layers."""

    shape: Shape
    reach: Reach | None
    value: Value
    waiting: tuple[Value, ...]
    """Will be read again later, or is held by whoever has begun this path."""

    def held(self, *more: Value) -> int:
        """Bytes of all that is there together; what is there twice counts once."""
        return sum({value.place: value.bytes for value in (*self.waiting, self.value, *more)}.values())


def _walk(layers: Sequence[AnyLayer], place: _Place, prefix: str, path: LayerPath, rows: list[LayerRow]) -> _Place:
    """Append their rows; the place at their end."""
    place = replace(place, waiting=(*place.waiting, place.value))
    for at, (name, layer) in enumerate(named(layers)):
        number, before = len(rows), place.shape
        row = LayerRow(
            prefix + name, layer.kind, None, 0, 0, 0, None, layer=layer, input_shape=before, path=(*path, at)
        )
        rows.append(row)
        try:
            if isinstance(layer, Block):
                if len(before) == 1:
                    _check_reads_features(layer, before)
                ends: list[_Place] = []
                for which, inner in layer.paths.items():
                    start = replace(place, waiting=(*place.waiting, place.value, *(end.value for end in ends)))
                    ends.append(_walk(inner, start, f"{row.name}.{which}.", (*row.path, which), rows))
                after = layer.joined([end.shape for end in ends])
                _check_size(layer, after, 0)
                reaches = [end.reach for end in ends if end.reach is not None]
                reach = reaches[0].also(*reaches[1:]) if place.reach is not None else None
                params = sum(inner.params for inner in rows[number + 1 :] if not inner.is_block)
                macs = sum(inner.macs or 0 for inner in rows[number + 1 :] if not inner.is_block)
                values = [end.value for end in ends]
                value, kept = joined(values, after), 0
                held = place.held(*values, value)
            else:
                after = layer.output_shape(before)
                params, macs = layer.num_params(before), layer.macs(before)
                _check_size(layer, after, params)
                reach = layer.reach(place.reach, before) if place.reach is not None else None
                value, kept = passed(layer, place.value, before, after)
                held = place.held(value)
        except ShapeError as error:
            rows[number] = LayerRow(**vars(row) | {"error": str(error)})
            if isinstance(layer, Block) and len(rows) == number + 1:
                rows += _unknown(layer, f"{row.name}.", row.path)
            if isinstance(layer, Linear):  # what it gives is known all the same: one Flatten mends all that follow
                features, everything = (layer.out_features,), place.reach and place.reach.everything()
                place = replace(place, shape=features, reach=everything, value=joined([place.value], features))
            continue
        place = replace(place, shape=after, reach=reach, value=value)
        rows[number] = LayerRow(
            row.name,
            row.kind,
            after,
            params,
            macs,
            prod(after) * BYTES,
            None if reach is None else reach.size,
            None if reach is None else reach.jump,
            layer.params_formula(before),
            layer,
            before,
            row.path,
            kept,
            held,
        )
    return place


def _check_reads_features(block: Block, before: Shape) -> None:
    """One error of the block says more than one of each layer inside."""
    try:
        block.output_shape(before)
    except ShapeError as error:
        if "reads maps" in str(error):
            raise ShapeError(
                f"{block.kind} holds layers that read maps of shape (channels, height, width), but its input is "
                f"{shape_text(before)}: move it before Flatten, or give the network's input a height and a width"
            ) from None


def _unknown(block: Block, prefix: str, path: LayerPath) -> list[LayerRow]:
    """The rows of layers in a block that nothing reaches."""
    rows: list[LayerRow] = []
    for which, layers in block.paths.items():
        for at, (name, layer) in enumerate(named(layers)):
            row = LayerRow(
                f"{prefix}{which}.{name}", layer.kind, None, 0, 0, 0, None, layer=layer, path=(*path, which, at)
            )
            rows.append(row)
            if isinstance(layer, Block):
                rows += _unknown(layer, f"{row.name}.", row.path)
    return rows


def _check_size(layer: Layer, after: Shape, params: int) -> None:
    if max(after[1:], default=0) > LARGEST_SIDE or prod(after) > MOST_NUMBERS:
        raise ShapeError(
            f"{layer.kind} gives {shape_text(after)}, larger than this app computes with: "
            f"stay within {LARGEST_SIDE:,} cells a side and {MOST_NUMBERS:,} in all"
        )
    if params > MOST_PARAMS:
        raise ShapeError(
            f"{layer.kind} has {params:,} parameters, more than this app computes with: "
            f"stay within {MOST_PARAMS:,} by fewer channels or features, or by pooling before it"
        )
