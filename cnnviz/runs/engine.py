"""Where workers run."""

from __future__ import annotations

import importlib.util
import os

from cnnviz.processes import start_detached
from cnnviz.runs.database import StoreError
from cnnviz.runs.store import RunStore

LOCAL, ON_RAY = "cnnviz.runs.worker", "cnnviz.runs.ray_worker"
"""Workers: one trains by itself; the other keeps the run's books, and the training is a task on Ray."""


class Engine:
    """Workers are processes of this machine that outlive the app."""

    def __init__(self, store: RunStore, worker: str = LOCAL, threads: int | None = None) -> None:
        """``threads``: of each worker; by default as many as the machine has cores."""
        self.store, self.worker, self.threads = store, worker, threads

    def launch(self, run_id: str) -> None:
        """Start a worker for a queued run, and return at once."""
        threads = {} if self.threads is None else {"OMP_NUM_THREADS": str(self.threads)}
        start_detached(self.worker, run_id, log=self.store.folder(run_id) / "worker.log", environment=threads)


def chosen_engine(store: RunStore, workers: int = 1) -> Engine:
    """What ``CNNVIZ_ENGINE`` says: ``local``, which is the default, or ``ray``. Raises StoreError with one sentence.

    ``workers`` that run at once share the cores of this machine.
    """
    name = os.environ.get("CNNVIZ_ENGINE", "local") or "local"
    if name == "local":
        return Engine(store, threads=None if workers == 1 else max(1, (os.cpu_count() or 1) // workers))
    if name != "ray":
        raise StoreError(f"CNNVIZ_ENGINE is {name[:40]!r}: set it to local or ray.")
    if importlib.util.find_spec("ray") is None:
        raise StoreError("CNNVIZ_ENGINE is ray, but Ray is not installed: pip install ray.")
    return Engine(store, ON_RAY)
