"""The queue: as many workers at once as the machine is set for, and fair turns for those who wait."""

from __future__ import annotations

import os
import sqlite3
import time

from cnnviz.runs.engine import Engine, chosen_engine
from cnnviz.runs.queue_order import waiting
from cnnviz.runs.records import Run, Spec
from cnnviz.runs.store import RunStore


def worker_count() -> int:
    """How many runs may train at once: ``CNNVIZ_WORKERS``, by default one, which has the whole machine."""
    try:
        return max(1, int(os.environ.get("CNNVIZ_WORKERS", "1")))
    except ValueError:
        return 1


def submit(store: RunStore, spec: Spec, visitor: str = "", title: str = "") -> Run:
    """Queue a run, and launch it where a worker is free. Raises StoreError."""
    chosen_engine(store)  # a wrong one is said before there is a run
    run = store.create(spec, visitor, title=title, waits=True)
    tend(store)
    return store.get(run.id)


def submit_again(store: RunStore, run_id: str) -> Run:
    """Queue a run again that has ended before its time; it goes on from what was kept."""
    store.resume(run_id, waits=True)
    tend(store)
    return store.get(run_id)


def tend(store: RunStore, engine: Engine | None = None) -> list[str]:
    """Launch those whose turn it is; their ids. Any process may do it, at any time, as often as it likes."""
    launched = []
    engine = engine or chosen_engine(store, worker_count())
    while run_id := _take(store):
        try:
            engine.launch(run_id)
        except OSError as error:
            store.end(run_id, "failed", f"No worker process could be started ({error.strerror}).")
        else:
            launched.append(run_id)
    return launched


def _take(store: RunStore) -> str | None:
    """The next run, marked as launched; None where no worker is free or nobody waits."""
    with store.open() as db:
        if not waiting(db):
            return None
    store.active()  # marks those whose workers have died: they hold no place
    with store.open() as db:
        db.execute("BEGIN IMMEDIATE")
        queue = waiting(db)
        run_id = queue[0] if queue and _busy(db) < worker_count() else None
        if run_id:
            db.execute("UPDATE runs SET launched = ? WHERE id = ?", (time.time(), run_id))
        db.execute("COMMIT")
    return run_id


def busy(store: RunStore) -> int:
    """How many runs are being trained, whoever asked for them."""
    with store.open() as db:
        return _busy(db)


def _busy(db: sqlite3.Connection) -> int:
    count: int = db.execute(
        "SELECT COUNT(*) FROM runs WHERE status = 'running' OR (status = 'queued' AND launched IS NOT NULL)"
    ).fetchone()[0]
    return count


def place(store: RunStore, run_id: str) -> tuple[int, int]:
    """The run's place among those that wait, from 1, and how many they are; place 0 where it does not wait."""
    with store.open() as db:
        queue = waiting(db)
    return (queue.index(run_id) + 1 if run_id in queue else 0), len(queue)
