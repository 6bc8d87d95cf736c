"""The store of training runs: SQLite in WAL mode, and a folder a run for its weights."""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from cnnviz.networks import Network
from cnnviz.paths import home
from cnnviz.training import TrainingConfig

Status = Literal["queued", "running", "stopped", "interrupted", "failed", "finished"]
ACTIVE = ("queued", "running")

_START = 15.0  # seconds that a worker may take to start before its run counts as interrupted

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, started REAL, ended REAL,
    step INTEGER NOT NULL DEFAULT 0, total_steps INTEGER NOT NULL DEFAULT 0, epochs_done INTEGER NOT NULL DEFAULT 0,
    images_per_second REAL, seconds_left REAL, test_accuracy REAL, message TEXT NOT NULL DEFAULT '',
    stop_requested INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS metrics (
    run_id TEXT NOT NULL, split TEXT NOT NULL, step INTEGER NOT NULL, epoch REAL NOT NULL, loss REAL NOT NULL,
    accuracy REAL NOT NULL, time REAL NOT NULL, PRIMARY KEY (run_id, split, step)
) WITHOUT ROWID;
"""


class StoreError(RuntimeError):
    """The store cannot be opened: one sentence that says why and what would work."""


class Spec(BaseModel):
    """What a run is to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network
    dataset: str
    config: TrainingConfig
    command: str = ""


@lru_cache(maxsize=2_000)  # a run's never changes, and a deep network takes a while to check
def _spec(text: str) -> Spec:
    return Spec.model_validate_json(text)


@dataclass(frozen=True)
class Run:
    id: str
    spec: Spec
    status: Status
    created: float
    started: float | None
    ended: float | None
    step: int
    total_steps: int
    epochs_done: int
    images_per_second: float | None
    seconds_left: float | None
    test_accuracy: float | None
    message: str
    stop_requested: bool

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def progress(self) -> float:
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0


@dataclass(frozen=True)
class Curve:
    """One split's measurements, oldest first."""

    steps: list[int]
    epochs: list[float]
    losses: list[float]
    accuracies: list[float]
    times: list[float]
    """When each was measured, in seconds since 1970."""


class RunStore:
    """All that is known of runs. Any process may open it; nothing in it is lost when a process dies."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else home() / "runs"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.root / "runs.sqlite", timeout=10, isolation_level=None)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous=NORMAL")
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.executescript(_SCHEMA + "PRAGMA user_version=1;")
            except sqlite3.Error:
                connection.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"The store of runs in {self.root} cannot be used ({error}): free it, or set CNNVIZ_HOME to another folder."
            ) from error
        return connection

    # What pages and the command line do

    def create(self, spec: Spec) -> Run:
        """A queued run with a readable id; an engine launches it."""
        stem = re.sub(r"[^a-z0-9]+", "", spec.network.name.lower()) or "net"
        run_id = f"{stem}-{spec.dataset.replace('_', '')}-{secrets.token_hex(2)}"
        with self._open() as db:
            while db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
                run_id = f"{run_id}{secrets.token_hex(1)}"
            db.execute(
                "INSERT INTO runs (id, spec, status, created) VALUES (?, ?, 'queued', ?)",
                (run_id, spec.model_dump_json(), time.time()),
            )
        self.folder(run_id).mkdir(parents=True, exist_ok=True)
        return self.get(run_id)

    def find(self, run_id: str) -> Run | None:
        with self._open() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        return self._run(row) if row else None

    def get(self, run_id: str) -> Run:
        """Raises KeyError."""
        run = self.find(run_id)
        if run is None:
            raise KeyError(run_id)
        return run

    def list(self) -> list[Run]:
        """All runs, the newest first."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM runs ORDER BY created DESC, rowid DESC").fetchall()
        return [self._run(row) for row in rows]

    def curve(self, run_id: str, split: Literal["train", "test"]) -> Curve:
        with self._open() as db:
            rows = db.execute(
                "SELECT step, epoch, loss, accuracy, time FROM metrics WHERE run_id = ? AND split = ? ORDER BY step",
                (run_id, split),
            ).fetchall()
        return Curve(*([row[i] for row in rows] for i in range(5)))

    def request_stop(self, run_id: str) -> None:
        """The worker honours it within a second."""
        with self._open() as db:
            db.execute("UPDATE runs SET stop_requested = 1 WHERE id = ?", (run_id,))

    def folder(self, run_id: str) -> Path:
        return self.root / run_id

    # What a worker does

    def claim(self, run_id: str, patience: float = 0) -> FileLock:
        """The lock that a worker holds while it lives: the system frees it however the worker ends.

        Raises filelock.Timeout where another worker holds it for longer than ``patience`` seconds.
        """
        self.folder(run_id).mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder(run_id) / "lock", timeout=patience)
        lock.acquire()
        return lock

    def start(self, run_id: str) -> None:
        self._update(run_id, status="running", started=time.time())

    def report(self, run_id: str, **columns: Any) -> bool:
        """Write columns of the run; tells whether someone asked to stop it."""
        return self._update(run_id, **columns)

    def measure(
        self, run_id: str, split: Literal["train", "test"], step: int, epoch: float, loss: float, accuracy: float
    ) -> None:
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run_id, split, step, epoch, loss, accuracy, time.time()),
            )

    def end(self, run_id: str, status: Status, message: str = "") -> None:
        self._update(run_id, status=status, message=message, ended=time.time(), seconds_left=None)

    def _update(self, run_id: str, **columns: Any) -> bool:
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._open() as db:
            row = db.execute(
                f"UPDATE runs SET {names} WHERE id = ? RETURNING stop_requested", (*columns.values(), run_id)
            ).fetchone()
        return bool(row and row[0])

    # What is true of a run whose worker has died

    def _run(self, row: sqlite3.Row) -> Run:
        values = dict(row)
        if values["status"] in ACTIVE and not self._has_worker(values["id"]):
            self._mark_interrupted(values)
        values["spec"] = _spec(values["spec"])
        values["stop_requested"] = bool(values["stop_requested"])
        return Run(**values)

    def _has_worker(self, run_id: str) -> bool:
        try:
            self.claim(run_id).release()
        except Timeout:
            return True
        except OSError:
            return False
        return False

    def _mark_interrupted(self, values: dict[str, Any]) -> None:
        if values["status"] == "queued" and time.time() - values["created"] < _START:
            return
        with self._open() as db:
            # Read again under the write lock: the worker may have ended, or started, in between.
            row = db.execute(
                "UPDATE runs SET status = 'interrupted', ended = ?, seconds_left = NULL, message = ? "
                "WHERE id = ? AND status = ? RETURNING *",
                (time.time(), "The worker process ended unexpectedly.", values["id"], values["status"]),
            ).fetchone()
            row = row or db.execute("SELECT * FROM runs WHERE id = ?", (values["id"],)).fetchone()
        values.update(dict(row))
