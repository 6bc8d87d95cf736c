"""For whom the app runs, and what one visitor sees of another's runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from cnnviz.runs.command import for_all
from cnnviz.runs.database import StoreError
from cnnviz.runs.records import Run
from cnnviz.runs.store import RunStore

Hosting = Literal["own", "class", "demo"]
"""One's own machine, where everything is one's own; a class, where all see all runs; a demo for strangers, who do not."""


def hosting() -> Hosting:
    """What ``CNNVIZ_HOSTED`` says; a word that it cannot be counts as a demo, which shows least."""
    said = os.environ.get("CNNVIZ_HOSTED", "").strip().lower()
    return "own" if said in ("", "0") else "class" if said == "class" else "demo"


def check_hosting() -> None:
    """Raises StoreError where ``CNNVIZ_HOSTED`` says what it cannot be."""
    said = os.environ.get("CNNVIZ_HOSTED", "").strip()
    if said.lower() not in ("", "0", "1", *get_args(Hosting)[1:]):
        raise StoreError(f"CNNVIZ_HOSTED is {said[:40]!r}: set it to demo or class.")


def may_change(run: Run, visitor: str) -> bool:
    """Whether a visitor may stop, resume, describe or delete it: where others use the app too, only his own."""
    return hosting() == "own" or run.visitor == visitor


def as_seen(run: Run, visitor: str) -> Run | None:
    """The run as a visitor may see it: notes are their owner's alone; None where he may not know that it is there."""
    if may_change(run, visitor):
        return run
    if hosting() == "demo":
        return None
    return replace(run, notes="", spec=run.spec.model_copy(update={"command": for_all(run.spec.command)}))


class SeenRuns(RunStore):
    """The store as one visitor sees it: no run in it that he may not see, by whatever name he asks."""

    def __init__(self, visitor: str, root: Path | None = None) -> None:
        super().__init__(root)
        self.visitor = visitor

    def _runs(self, rows: Iterable[sqlite3.Row]) -> Iterator[Run]:
        for run in super()._runs(rows):
            if (seen := as_seen(run, self.visitor)) is not None:
                yield seen
