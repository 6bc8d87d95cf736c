"""Modules that are made of others: slices, repetitions, copies; and which of several is the network of a text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import Part
from cnnviz.networks.program_values import Chain, Class, Instance, TooLong

NETWORKS = ("net", "network", "model", "cnn")
"""Names that say of a part of a module, or of one layer, that it is the network."""
_MOST_COMPARED = 40


def combined_chains(left: Any, right: Any, op: ast.operator) -> Chain | None:
    """``+`` of two, or ``*`` of one and a number, as nn.Sequential has them; None of anything else."""
    if isinstance(left, Chain) and isinstance(right, Chain) and isinstance(op, ast.Add):
        return Chain(_few(left.items, 1) + _few(right.items, 1), left.line)
    if isinstance(right, Chain):
        left, right = right, left
    if isinstance(left, Chain) and type(right) is int and right > 0 and isinstance(op, ast.Mult):
        return Chain(_few(left.items, right) * right, left.line)
    return None


def _few(items: list[Any], times: int) -> list[Any]:
    if len(items) * times > MOST_LAYERS:
        raise TooLong(f"this network is too large: more than {MOST_LAYERS:,} layers")
    return items


def copied(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """With layers of its own, as ``copy.deepcopy`` makes it."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return seen[id(value)]
    copy = value
    if isinstance(value, Part):
        copy = replace(value, paths=tuple(tuple(copied(part, seen) for part in path) for path in value.paths))
    elif isinstance(value, Chain):
        copy = seen[id(value)] = Chain(
            [], value.line, is_used=value.is_used, source=value, is_numbered=value.is_numbered
        )
        copy.items += [copied(each, seen) for each in value.items]
        copy.keys |= {name: copied(each, seen) for name, each in value.keys.items()}
    elif isinstance(value, Instance):
        copy = seen[id(value)] = Instance(value.of, {}, value.line, is_used=value.is_used, source=value)
        copy.attributes |= {name: copied(each, seen) for name, each in value.attributes.items()}
        copy.faults += value.faults
    elif isinstance(value, list):
        copy = seen[id(value)] = []
        copy += [copied(each, seen) for each in value]
    elif isinstance(value, tuple):
        copy = tuple(copied(each, seen) for each in value)
    elif isinstance(value, dict):
        copy = seen[id(value)] = {}
        copy |= {name: copied(each, seen) for name, each in value.items()}
    seen[id(value)] = copy
    return copy


def inner(module: Any) -> set[int]:
    """The layers and modules in a module, by their ids."""
    found: set[int] = set()
    waiting = [module]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, Part | Chain | Instance | list | tuple | dict) or id(each) in found:
            continue
        found.add(id(each))
        waiting += _held(each)
    return found


def _held(value: Any) -> Iterator[Any]:
    if isinstance(value, Chain):
        yield from value.items
    elif isinstance(value, Instance):
        yield from value.attributes.values()
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def latest(modules: Sequence[Chain | Instance | Class]) -> list[Chain | Instance | Class]:
    """Without those of which a later one is made: unless they alone have the name of a network."""
    if not 1 < len(modules) <= _MOST_COMPARED:
        return list(modules)
    insides = [inner(each) for each in modules]
    return [
        one
        for place, one in enumerate(modules)
        if not any(
            (getattr(later, "source", None) is one or insides[place] & held)
            and (one.name not in NETWORKS or later.name in NETWORKS)
            for later, held in zip(modules[place + 1 :], insides[place + 1 :], strict=True)
        )
    ]
