"""Where workers run."""

from __future__ import annotations

from typing import Protocol

from cnnviz.processes import start_detached
from cnnviz.runs.store import RunStore


class Engine(Protocol):
    def launch(self, run_id: str) -> None:
        """Start a worker for a queued run, and return at once."""


class LocalEngine:
    """Workers are processes of this machine that outlive the app."""

    def __init__(self, store: RunStore) -> None:
        self.store = store

    def launch(self, run_id: str) -> None:
        start_detached("cnnviz.runs.worker", run_id, log=self.store.folder(run_id) / "worker.log")
