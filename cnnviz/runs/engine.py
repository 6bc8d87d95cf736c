"""Where workers run."""

from __future__ import annotations

import subprocess
import sys
from typing import Protocol

from cnnviz.paths import PROJECT
from cnnviz.runs.store import RunStore


class Engine(Protocol):
    def launch(self, run_id: str) -> None:
        """Start a worker for a queued run, and return at once."""


class LocalEngine:
    """Workers are processes of this machine that outlive the app."""

    def __init__(self, store: RunStore) -> None:
        self.store = store

    def launch(self, run_id: str) -> None:
        with (self.store.folder(run_id) / "worker.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "cnnviz.runs.worker", run_id],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
