"""What the network editor shows of a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from cnnviz.layers import (
    KINDS,
    Activation,
    BatchNorm2d,
    Block,
    Concat,
    Convolution,
    Dropout,
    Layer,
    Linear,
    LocalResponseNorm,
    Pooling,
    PositionBias,
    Shape,
    Softmax,
    SqueezeExcitation,
    shape_text,
)
from cnnviz.networks import Draft, LayerRow, Totals, table, totals
from cnnviz.networks.draft import LayerPath
from cnnviz.networks.editing.layer_form import fields
from cnnviz.networks.heads import num_classes
from cnnviz.networks.layer_notes import BATCH_NORM, BIAS, FIELD, KEPT, MACS, keras_params
from cnnviz.networks.layer_text import amount, bytes_text, summary
from cnnviz.networks.mending import mends
from cnnviz.networks.table import MARGIN

INPUT: LayerPath = ("input",)
"""Stands for the input where a layer's path is meant."""
OWN = "–"

PALETTE = [
    "Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "BatchNorm2d",
    "LocalResponseNorm", "Dropout", "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "GELU", "SiLU", "Flatten", "Linear", "Softmax",
    "Residual", "Concat", "DualPath", "SqueezeExcitation", "PositionBias",
]  # fmt: skip
_MOST_MENDED = 5
"""So many layers that cannot follow get buttons that mend them, from the first; each takes several tables to find."""
_MANY_ROWS = 200
_KEEPS_SHAPE = (Activation, BatchNorm2d, Dropout, LocalResponseNorm, PositionBias, Softmax, SqueezeExcitation)


def group(layer: type[Layer]) -> str:
    """What a layer's colour says."""
    for kinds, name in (
        ((Convolution,), "conv"),
        ((Pooling,), "pool"),
        ((Linear,), "dense"),
        ((Block, SqueezeExcitation), "block"),
    ):
        if issubclass(layer, kinds):
            return name
    return "other"


def network_spec(draft: Draft, batch_size: int, chosen: LayerPath = (), **more: Any) -> dict[str, Any]:
    """For ``components.network_editor``: drawing, rows, totals, and the form of the chosen layer; ``more`` as it is."""
    rows = table(draft)
    sums = totals(rows)
    return {
        "title": f"The layers of {draft.name}",
        "rows": [_input_row(draft), *_rows(draft, rows, batch_size)],
        "volumes": _volumes(draft, rows, chosen),
        "name": draft.name,
        "totals": {
            "label": "Total, without the layers that cannot follow" if any(row.error for row in rows) else "Total",
            "params": f"{sums.params:,}",
            "macs": amount(sums.macs),
            "memory": bytes_text(sums.kept_bytes * batch_size),
            "training": training_text(sums, batch_size),
            "forward": f"Largest during a forward pass: {bytes_text(sums.forward_bytes * batch_size)} of maps and features "
            "at one time, without training.",
        },
        "counted": counted(rows, sums.params),
        "palette": [(kind, group(KINDS[kind])) for kind in PALETTE],
        "chosen": ".".join(map(str, chosen)),
        "where": _where(draft, rows, chosen),
    } | more


def counted(rows: Sequence[LayerRow], params: int) -> list[tuple[str, str]]:
    """What the columns count: the name of each, and a sentence or two."""
    normalised = [row.output_shape[0] for row in rows if isinstance(row.layer, BatchNorm2d) and row.output_shape]
    statistics = f" {BATCH_NORM} {keras_params(params, sum(normalised))}" if normalised else ""
    return [
        ("Parameters", f"{BIAS}{statistics}"),
        ("Multiply-adds", MACS),
        ("Kept for training × batch", KEPT),
        ("Receptive field", FIELD),
    ]


def training_text(sums: Totals, batch_size: int) -> str:
    """What training takes, in a sentence."""
    weights = bytes_text(4 * sums.params)
    return (
        f"Training with Adam on batches of {batch_size} takes about {bytes_text(sums.training_bytes(batch_size))}: weights "
        f"{weights}, their gradients {weights}, Adam's two moments {bytes_text(8 * sums.params)}, what the way back needs of "
        f"the batch {bytes_text(batch_size * sums.kept_bytes)}, and {MARGIN - 1:.0%} of that for what comes and goes."
    )


def form_of(
    draft: Draft,
    chosen: LayerPath,
    error: str = "",
    datasets: Mapping[str, tuple[Shape, int]] | None = None,
    typed: Mapping[str, str] | None = None,
    dataset: str = "",
) -> dict[str, Any] | None:
    """The arguments of the chosen layer, and what was ``typed`` and refused; None where none is chosen.

    Of the input, the shape and number of classes of the ``datasets`` whose input it may take, and the one that it took last.
    """
    if chosen == INPUT:
        fields_ = _input_fields(draft, datasets or {}, typed or {}, dataset)
        return {"path": list(INPUT), "fields": fields_, "error": error, "about": ""}
    if not chosen or isinstance(chosen[-1], str):
        return None
    layer = draft.at(chosen)
    actions = []
    if isinstance(layer, Concat):
        actions = [{"op": "branch", "label": "Add a branch"}, {"op": "unbranch", "label": "Remove the last branch"}]
    return {
        "path": list(chosen),
        "about": about(type(layer)),
        "fields": fields(layer, typed),
        "error": error,
        "actions": actions,
    }


def about(kind: type[Layer]) -> str:
    """What a layer does, from its own description."""
    return re.sub(r"\s+", " ", (kind.__doc__ or "").replace("``", "")).strip()


def _input_fields(
    draft: Draft, datasets: Mapping[str, tuple[Shape, int]], typed: Mapping[str, str], dataset: str
) -> list[dict[str, Any]]:
    shape = draft.input_shape if len(draft.input_shape) == 3 else (*draft.input_shape, 1, 1)
    texts = [("name", "name", draft.name)]
    texts += [(what, what, str(n)) for what, n in zip(("channels", "height", "width"), shape, strict=True)]
    if classes := num_classes(draft.layers):
        texts.append(("classes", "classes", str(classes)))
    made: list[dict[str, Any]] = [
        {"name": name, "label": label, "kind": "text", "value": typed.get(name, value)} for name, label, value in texts
    ]
    if datasets:
        made.append(
            {
                "name": "dataset",
                "label": "as a dataset has it",
                "kind": "choice",
                "options": [OWN, *datasets],
                "value": dataset if dataset in datasets and datasets[dataset][0] == draft.input_shape else OWN,
            }
        )
    return made


def _input_row(draft: Draft) -> dict[str, Any]:
    return {
        "path": list(INPUT), "isFixed": True, "name": "input", "full": "input", "about": "size, classes, name", "group": "input",
        "depth": 0,
        "shape": shape_text(draft.input_shape), "params": "", "macs": "", "macsExact": "", "memory": "", "field": "", "jump": "",
        "error": "", "mends": [],
    }  # fmt: skip


def _rows(draft: Draft, rows: Sequence[LayerRow], batch_size: int) -> list[dict[str, Any]]:
    at = {row.path: row for row in rows}
    most = _MOST_MENDED if len(rows) <= _MANY_ROWS else 1
    offered = {row.path for row in [row for row in rows if row.error][:most]}
    made: list[dict[str, Any]] = []

    def add(layers: Sequence[Layer], level: LayerPath, depth: int) -> None:
        for number, layer in enumerate(layers):
            row = at[*level, number]
            made.append(
                _layer_row(draft, row, batch_size, depth, row.path in offered)
                | {"isFirst": not number, "isLast": number == len(layers) - 1}
            )
            if isinstance(layer, Block):
                for name, inner in layer.paths.items():
                    path = (*row.path, name)
                    made.append(
                        {
                            "isPath": True,
                            "path": list(path),
                            "name": name,
                            "owner": row.name,
                            "depth": depth + 1,
                            "isEmpty": not inner,
                        }
                    )
                    add(inner, path, depth + 2)

    add(draft.layers, (), 0)
    return made


def _layer_row(draft: Draft, row: LayerRow, batch_size: int, depth: int, is_offered: bool) -> dict[str, Any]:
    layer = row.layer
    assert layer is not None
    is_block = isinstance(layer, Block)
    return {
        "path": list(row.path),
        "name": row.name.rpartition(".")[2],
        "full": row.name,
        "about": f"{row.kind} {summary(layer)}".strip(),
        "group": group(type(layer)),
        "isBlock": is_block,
        "depth": depth,
        "shape": shape_text(row.output_shape) if row.output_shape else "",
        "params": row.params_formula or (f"{row.params:,}" if row.params else ""),
        "macs": amount(row.macs) if row.macs else "",
        "macsExact": f"{row.macs:,}" if row.macs else "",
        "memory": ""
        if row.output_shape is None
        else bytes_text(row.kept_bytes * batch_size)
        if row.kept_bytes
        else "–",
        "field": _field(draft, row),
        "jump": _jump(row),
        "error": row.error,
        "mends": [mend.label for mend in mends(draft, row)] if is_offered else [],
    }


def _field(draft: Draft, row: LayerRow) -> str:
    if row.receptive_field is None:
        return ""
    height, width = row.receptive_field
    if height >= draft.input_shape[1] and width >= draft.input_shape[2]:
        return f"all ({height}×{width})" if row.output_shape and len(row.output_shape) == 3 else "all"
    return f"{height}×{width}"


def _jump(row: LayerRow) -> str:
    if row.jump is None or row.output_shape is None or len(row.output_shape) != 3 or max(row.output_shape[1:]) < 2:
        return ""

    def text(number: Fraction) -> str:
        return str(number) if number.denominator < 10 else f"{float(number):.2f}"

    vertical, horizontal = row.jump
    return text(vertical) if vertical == horizontal else f"{text(vertical)}, {text(horizontal)}"


def _volumes(draft: Draft, rows: Sequence[LayerRow], chosen: LayerPath) -> list[dict[str, Any]]:
    made = [_volume("input", list(INPUT), draft.input_shape, "input", chosen == INPUT)]
    for row in rows:
        if len(row.path) > 1 or row.layer is None:
            continue
        if row.output_shape is None:
            made.append(_volume(row.name, list(row.path), (), "wrong", chosen[:1] == row.path))
            continue
        if isinstance(row.layer, _KEEPS_SHAPE):
            made[-1]["more"] += (" " if made[-1]["more"] else "") + row.kind.replace("BatchNorm2d", "BN").replace(
                "LocalResponseNorm", "LRN"
            ).replace("SqueezeExcitation", "SE")
            made[-1]["names"] += f", {row.name}"
            continue
        box = _volume(row.name, list(row.path), row.output_shape, group(type(row.layer)), chosen[:1] == row.path)
        made.append(box | {"isSum": isinstance(row.layer, Block)})
    return made


def _volume(name: str, path: list[Any], shape: Shape, colour: str, is_chosen: bool) -> dict[str, Any]:
    return {
        "label": name, "names": name, "path": path, "shape": list(shape), "text": shape_text(shape) if shape else "cannot follow",
        "group": colour,
        "more": "", "chosen": is_chosen, "isSum": False,
    }  # fmt: skip


def _where(draft: Draft, rows: Sequence[LayerRow], chosen: LayerPath) -> str:
    """Where a new layer goes."""
    if not draft.layers:
        return "the first layer"
    if chosen == INPUT:
        return "after the input"
    if not chosen:
        return "at the end"
    if isinstance(chosen[-1], str):
        owner = next(row.name for row in rows if row.path == chosen[:-1])
        return f"at the start of {owner}.{chosen[-1]}"
    return f"after {next(row.name for row in rows if row.path == chosen)}"
