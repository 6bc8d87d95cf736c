"""A network as a table: what each layer makes of its input, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod

from cnnviz.layers import AnyLayer, Block, Layer, Linear, Reach, Shape, ShapeError, shape_text
from cnnviz.layers.blocks import named
from cnnviz.networks.draft import Draft, Path

BYTES = 4
"""Of a float32."""
LARGEST_SIDE = 4_096
MOST_NUMBERS = 400_000_000
MOST_PARAMS = 400_000_000


@dataclass(frozen=True)
class Row:
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
    path: Path = ()
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
    """Of all outputs together: what training keeps of each input until its gradient is known."""

    def training_bytes(self, batch_size: int, moments: int = 2) -> int:
        """Weights, gradients and the optimiser's moments (Adam 2, SGD with momentum 1), and a batch of activations."""
        return (2 + moments) * self.params * BYTES + batch_size * self.activation_bytes


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
    for found, most, what in (
        (cost.activation_bytes // BYTES, MOST_TO_RUN, "numbers in its outputs"),
        (cost.macs, MOST_MACS_TO_RUN, "multiply-adds"),
        (cost.params, MOST_PARAMS_TO_RUN, "parameters"),
    ):
        if found > most:
            raise ShapeError(f"It has {found:,} {what}, more than this app looks into ({most:,}): make it smaller")


def table(draft: Draft) -> list[Row]:
    """A row for each layer, and for each layer inside a block after the block's own."""
    return list(_table(draft.input_shape, draft.layers))


@lru_cache(maxsize=64)  # a page asks several times for the same one
def _table(input_shape: Shape, layers: tuple[AnyLayer, ...]) -> tuple[Row, ...]:
    rows: list[Row] = []
    has_sides = len(input_shape) == 3 and max(input_shape[1:]) <= LARGEST_SIDE
    _walk(layers, input_shape, Reach.of_input(*input_shape[1:]) if has_sides else None, "", (), rows)
    return tuple(rows)


def totals(rows: Sequence[Row]) -> Totals:
    """Blocks add their own outputs, the sums, to what the layers inside them cost."""
    whole = [row for row in rows if not row.is_block]
    return Totals(
        sum(row.params for row in whole),
        sum(row.macs or 0 for row in whole),
        sum(row.activation_bytes for row in rows),
    )


def _walk(
    layers: Sequence[AnyLayer], shape: Shape, reach: Reach | None, prefix: str, path: Path, rows: list[Row]
) -> tuple[Shape, Reach | None]:
    """Append their rows; the shape and the reach at their end."""
    for at, (name, layer) in enumerate(named(layers)):
        number, before = len(rows), shape
        row = Row(prefix + name, layer.kind, None, 0, 0, 0, None, layer=layer, input_shape=before, path=(*path, at))
        rows.append(row)
        try:
            if isinstance(layer, Block):
                if len(before) == 1:
                    _check_reads_features(layer, before)
                ends = [
                    _walk(inner, before, reach, f"{row.name}.{which}.", (*row.path, which), rows)
                    for which, inner in layer.paths.items()
                ]
                after = layer.joined([end for end, _ in ends])
                _check_size(layer, after, 0)
                reaches = [end for _, end in ends if end is not None]
                new = reaches[0].also(*reaches[1:]) if reach is not None else None
                params = sum(inner.params for inner in rows[number + 1 :] if not inner.is_block)
                macs = sum(inner.macs or 0 for inner in rows[number + 1 :] if not inner.is_block)
            else:
                after = layer.output_shape(before)
                params, macs = layer.num_params(before), layer.macs(before)
                _check_size(layer, after, params)
                new = layer.reach(reach, before) if reach is not None else None
        except ShapeError as error:
            rows[number] = Row(**vars(row) | {"error": str(error)})
            if isinstance(layer, Block) and len(rows) == number + 1:
                rows += _unknown(layer, f"{row.name}.", row.path)
            if isinstance(layer, Linear):  # what it gives is known all the same: one Flatten mends all that follow
                shape, reach = (layer.out_features,), reach and reach.everything()
            continue
        shape, reach = after, new
        rows[number] = Row(
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
        )
    return shape, reach


def _check_reads_features(block: Block, before: Shape) -> None:
    """One error of the block says more than one of each layer inside."""
    try:
        block.output_shape(before)
    except ShapeError as error:
        if "reads maps" in str(error):
            raise ShapeError(
                f"{block.kind} holds layers that read maps of shape (channels, height, width), but its input is "
                f"{shape_text(before)}: move it before Flatten"
            ) from None


def _unknown(block: Block, prefix: str, path: Path) -> list[Row]:
    """The rows of layers in a block that nothing reaches."""
    found: list[Row] = []
    for which, layers in block.paths.items():
        for at, (name, layer) in enumerate(named(layers)):
            row = Row(f"{prefix}{which}.{name}", layer.kind, None, 0, 0, 0, None, layer=layer, path=(*path, which, at))
            found.append(row)
            if isinstance(layer, Block):
                found += _unknown(layer, f"{row.name}.", row.path)
    return found


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
