"""What tells results of training apart, in words and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from cnnviz.data import form
from cnnviz.layers import Dropout, ShapeError, shape_text
from cnnviz.layers.source import torch_source
from cnnviz.networks import Network, table, totals
from cnnviz.networks.draft import everything
from cnnviz.networks.dropouts import with_dropout
from cnnviz.runs.results import Result
from cnnviz.training import TrainingConfig
from cnnviz.training.accuracy import interval, percent
from cnnviz.training.settings import SETTINGS

NOTHING = "–"

ELSEWHERE = ("epochs", "dropout")
"""Settings that do not stand among the others: epochs are with the figures, dropout is with the network that has it."""

_NOT_COUNTED = ("Flatten", "Dropout")
_MOST_LAYERS = 8
_MOST_LETTERS = 80


@dataclass(frozen=True)
class ComparisonRow:
    """One quantity, and its value for each result, in their order."""

    name: str
    values: tuple[str, ...]


def labels(results: Sequence[Result]) -> list[str]:
    """Their titles; with their names where two have the same."""
    often = Counter(result.title for result in results)
    return [result.title if often[result.title] == 1 else f"{result.title} ({result.name})" for result in results]


def differences(results: Sequence[Result]) -> list[ComparisonRow]:
    """Dataset, network and settings: the rows whose values differ, and no others."""
    rows = [ComparisonRow("Dataset", tuple(result.dataset for result in results)), *_of_networks(results)]
    rows += [
        ComparisonRow(setting.label, tuple(_said(result.config, field) for result in results))
        for field, setting in SETTINGS.items()
        if field not in ELSEWHERE
    ]
    rows.append(ComparisonRow("Notes", tuple(_short(result.notes) for result in results)))
    return [row for row in rows if len(set(row.values)) > 1]


def result_rows(results: Sequence[Result]) -> list[ComparisonRow]:
    """What came of them, whether it differs or not."""
    how: dict[str, Callable[[Result], str]] = {
        "Test accuracy": _tested,
        "Best after an epoch": _best,
        "Training accuracy": lambda result: _share(result.train_accuracy),
        "Gap, training − new images": _gap,
        "Epochs": _epochs,
        "Time": lambda result: duration(result.seconds) if result.seconds else NOTHING,
    }
    return [ComparisonRow(name, tuple(say(result) for result in results)) for name, say in how.items()]


def gap(result: Result) -> float | None:
    """By how much more of the training images is right than of the new ones that the curve is of."""
    ends = [value for value in result.test.accuracies[-1:] if isfinite(value)]
    new = ends[0] if ends and result.config.held_out else result.test_accuracy
    return None if result.train_accuracy is None or new is None else result.train_accuracy - new


def duration(seconds: float) -> str:
    """``2 min 05 s``"""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def same_classes(results: Sequence[Result]) -> list[list[int]]:
    """The numbers of those that tell the same classes apart and have said what they take new images for."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, result in enumerate(results):
        if result.outcomes and len(result.class_names) == len(result.outcomes[-1].confusion):
            groups.setdefault(result.class_names, []).append(number)
    return list(groups.values())


def by_spread(accuracies: NDArray[np.float64]) -> list[int]:
    """The classes of ``(results, classes)`` in order: those first on which the results differ most."""
    known = np.isfinite(accuracies)
    spread = np.where(known, accuracies, -np.inf).max(0) - np.where(known, accuracies, np.inf).min(0)
    return np.argsort(-spread, kind="stable").tolist()


@lru_cache(maxsize=64)  # a page asks again and again
def _trained(network: Network, dataset: str, dropout: float | None) -> Network:
    """As it was trained: fitted to the images and classes of its dataset, with the dropout of the settings."""
    try:
        shape, classes = form(dataset)
        fits = (network.input_shape, network.shapes[-1:]) == (shape, ((classes,),))
        return with_dropout(network if fits else network.fitted(shape, classes), dropout)
    except (KeyError, ShapeError):  # a dataset of another release; a run that failed by it
        return network


def _of_networks(results: Sequence[Result]) -> list[ComparisonRow]:
    networks = [_trained(result.network, result.dataset, result.config.dropout) for result in results]
    rows = [[row for row in table(network) if not row.is_block] for network in networks]
    costs = [totals(of_one) for of_one in rows]
    kinds = [Counter(row.kind for row in of_one) for of_one in rows]
    return [
        ComparisonRow("Network", tuple(network.name for network in networks)),
        ComparisonRow("Input", tuple(shape_text(network.input_shape) for network in networks)),
        ComparisonRow("Parameters", tuple(f"{cost.params:,}" for cost in costs)),
        ComparisonRow("Multiply-adds", tuple(f"{cost.macs:,}" for cost in costs)),
        *(
            ComparisonRow(f"{kind} layers", tuple(str(count[kind]) for count in kinds))
            for kind in dict.fromkeys(row.kind for of_one in rows for row in of_one)
            if kind not in _NOT_COUNTED
        ),
        *_layer_by_layer(networks),
        ComparisonRow("Dropout", tuple(_dropout(network) for network in networks)),
    ]


def _layer_by_layer(networks: Sequence[Network]) -> list[ComparisonRow]:
    """Where all have the same kinds of layers in the same order: each that differs in its own arguments."""
    leaves = [
        [row for row in table(network) if row.layer and not row.is_block and row.kind not in _NOT_COUNTED]
        for network in networks
    ]
    if len({tuple(row.kind for row in rows) for rows in leaves}) > 1:
        return []
    differing = []
    for same in zip(*leaves, strict=True):
        if any(row.layer != same[0].layer for row in same):
            texts = (torch_source(row.layer, row.input_shape or ()) for row in same if row.layer)
            differing.append(ComparisonRow(same[0].name, tuple(text.removeprefix("nn.") for text in texts)))
    return differing[:_MOST_LAYERS]


def _dropout(network: Network) -> str:
    ps = dict.fromkeys(layer.p for layer in everything(network.layers) if isinstance(layer, Dropout) and layer.p)
    return ", ".join(f"{p:g}" for p in ps) or "none"


def _said(config: TrainingConfig, field: str) -> str:
    setting = SETTINGS[field]
    return setting.said(getattr(config, field)) if setting.is_heeded(config.model_dump()) else NOTHING


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else line[: _MOST_LETTERS - 1] + "…"


def _is_known(value: float | None) -> bool:
    return value is not None and isfinite(value)


def _share(value: float | None) -> str:
    return f"{value:.2%}" if value is not None and isfinite(value) else NOTHING


def _best(result: Result) -> str:
    known = [
        (value, -epoch)
        for epoch, value in zip(result.test.epochs, result.test.accuracies, strict=True)
        if _is_known(value)
    ]
    if not known:
        return NOTHING
    value, epoch = max(known)
    if not result.config.held_out:
        value = max(value, result.test_accuracy or 0)  # rounding the weights of a shipped one may have gained a little
    return f"{value:.2%} of the {result.config.evaluated_on} images, epoch {-epoch:g}"


def _tested(result: Result) -> str:
    value = result.test_accuracy
    if value is None or not isfinite(value):
        return NOTHING
    low, high = interval(value, result.test_images)
    return f"{percent(value, result.test_images)} (95 %: {100 * low:.1f} to {100 * high:.1f})"


def _gap(result: Result) -> str:
    value = gap(result)
    return NOTHING if value is None else f"{100 * value:+.1f} points".replace("-", "−")


def _epochs(result: Result) -> str:
    asked, done = result.config.epochs, result.epochs_done
    how = "" if result.status in ("finished", "running", "queued") else f", {result.status}"
    return f"{done}{how}" if done == asked else f"{done} of {asked}{how}"
