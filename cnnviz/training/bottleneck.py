"""A layer that lets too little pass for what comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.networks.table import table
from cnnviz.training.case import Advice, Case, Cause


def bottleneck(case: Case) -> Iterator[Cause]:
    """A layer that gives fewer numbers than half the classes, of a run that knows next to nothing."""
    *before, last = [row for row in table(case.network) if len(row.path) == 1 and row.output_shape]
    if case.failed or not case.is_lost or not before:
        return
    narrow = min(before, key=lambda row: prod(row.output_shape or ()))
    numbers, classes = prod(narrow.output_shape or ()), (last.output_shape or (0,))[0]
    if numbers < classes / 2:
        only = "one number" if numbers == 1 else f"{numbers} numbers"
        yield Cause(
            f"{narrow.name} gives only {only} an image: too few to tell {classes} classes apart.",
            Advice("wider layers: more filters or units, or less pooling"),
        )
