"""The store of training runs: SQLite in WAL mode, and a folder a run for its weights."""

from __future__ import annotations

import builtins
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cnnviz.paths import home, without_places
from cnnviz.runs.database import StoreError, opened
from cnnviz.runs.queue_order import next_turn
from cnnviz.runs.records import (
    ACTIVE,
    RESUMABLE,
    STATE,
    Curve,
    Outcome,
    Run,
    Spec,
    Status,
    answers_blob,
    outcome_row,
    read_outcome,
    read_signs,
    read_spec,
    signs_text,
)
from cnnviz.runs.stored_curves import Split, read_curve, read_epoch_means, read_mean_accuracy
from cnnviz.training import Signs

LONGEST_TITLE, LONGEST_NOTES = 60, 2_000
_LOCK = "lock"
# When a run was last heard of: nobody knows when its worker died.
_LAST_SIGN = "MAX(COALESCE(started, queued), COALESCE((SELECT MAX(time) FROM metrics WHERE run_id = runs.id), 0))"
_START = 60.0  # seconds that a worker may take to start, on a busy machine, before its run counts as interrupted


class RunStore:
    """All that is known of runs. Any process may open it; nothing in it is lost when a process dies."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else home() / "runs"

    def open(self, durable: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        """The database. Raises StoreError."""
        return opened(self.root / "runs.sqlite", durable)

    # What pages and the command line do

    def create(self, spec: Spec, visitor: str = "", *, title: str = "", notes: str = "", waits: bool = False) -> Run:
        """A queued run with a readable id. One that ``waits`` is launched when the queue comes to it."""
        plain = re.sub(r"\(.*?\)", "", spec.network.name.lower())  # whose it is, or of when
        stem = re.sub(r"[^a-z0-9]+", "", plain) or "net"
        run_id = f"{stem}-{spec.dataset.replace('_', '')}-{secrets.token_hex(2)}"
        now = time.time()
        with self.open() as db:
            db.execute("BEGIN IMMEDIATE")
            while db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
                run_id = f"{run_id}{secrets.token_hex(1)}"
            self.folder(run_id).mkdir(parents=True, exist_ok=True)  # whoever sees the run may launch it
            db.execute(
                "INSERT INTO runs (id, spec, status, created, queued, visitor, turn, launched, title, notes) "
                "VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id, spec.model_dump_json(), now, now, visitor, next_turn(db, visitor),
                    None if waits else now, title[:LONGEST_TITLE], notes[:LONGEST_NOTES],
                ),
            )  # fmt: skip
            db.execute("COMMIT")
        return self.get(run_id)

    def resumable(self, run: Run) -> bool:
        """Whether it can go on, and would not fail at the same place again.

        A first release kept weights alone, from which nothing can go on.
        """
        has_begun = (self.folder(run.id) / STATE).exists() or not run.epochs_done
        return run.status in RESUMABLE and has_begun and not run.would_fail_again

    def resume(self, run_id: str, *, waits: bool = False) -> Run:
        """Queue a run again that is ``resumable``. Any other one is left as it is. Raises KeyError."""
        if not self.resumable(self.get(run_id)):
            return self.get(run_id)
        now = time.time()
        with self.open() as db:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute("SELECT visitor, status FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row and row["status"] in RESUMABLE:  # still
                db.execute(
                    "UPDATE runs SET status = 'queued', stop_requested = 0, message = '', started = NULL, ended = NULL, "
                    "turn = ?, launched = ?, queued = ? WHERE id = ?",
                    (next_turn(db, row["visitor"]), None if waits else now, now, run_id),
                )
            db.execute("COMMIT")
        return self.get(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run and its weights for good. Raises StoreError while a worker has it."""
        try:
            with self.claim(run_id):
                for file in self.folder(run_id).iterdir():  # first: on a full disk the database needs their room
                    if file.name != _LOCK:
                        file.unlink()
                with self.open() as db:
                    db.execute("BEGIN IMMEDIATE")
                    db.execute("DELETE FROM metrics WHERE run_id = ?", (run_id,))
                    db.execute("DELETE FROM outcomes WHERE run_id = ?", (run_id,))
                    db.execute("DELETE FROM signs WHERE run_id = ?", (run_id,))
                    db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
                    db.execute("COMMIT")
        except Timeout:
            raise StoreError(f"{run_id} is being trained: stop it first.") from None
        except OSError as error:
            raise StoreError(f"{run_id} cannot be deleted ({error.strerror}).") from error
        shutil.rmtree(self.folder(run_id), ignore_errors=True)

    def find(self, run_id: str) -> Run | None:
        with self.open() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        return next(self._runs([row] if row else []), None)

    def get(self, run_id: str) -> Run:
        """Raises KeyError."""
        run = self.find(run_id)
        if run is None:
            raise KeyError(run_id)
        return run

    def active(self) -> list[Run]:
        """Those that run or wait, in the order in which they were made."""
        with self.open() as db:
            rows = db.execute(
                "SELECT * FROM runs WHERE status IN ('queued', 'running') ORDER BY created, rowid"
            ).fetchall()
        return [run for run in self._runs(rows) if run.active]

    def list(self) -> list[Run]:
        """All runs, the newest first."""
        with self.open() as db:
            rows = db.execute("SELECT * FROM runs ORDER BY created DESC, rowid DESC").fetchall()
        return list(self._runs(rows))

    def curve(self, run_id: str, split: Split, most: int | None = None) -> Curve:
        """All points, for files; for a picture ``most`` of them, evenly spaced over the steps."""
        with self.open() as db:
            return read_curve(db, run_id, split, most)

    def epoch_means(self, run_id: str, split: Split) -> Curve:
        """A point an epoch: the mean over its steps."""
        with self.open() as db:
            return read_epoch_means(db, run_id, split)

    def train_accuracy(self, run: Run) -> float | None:
        """Of the training images, by the weights at the end of the last epoch that is done.

        Where that was not measured, the mean over that epoch, or over what there is of the first.
        """
        evaluated = self.curve(run.id, "train_eval")
        if run.epochs_done and evaluated.epochs and evaluated.epochs[-1] >= run.epochs_done:
            return evaluated.accuracies[evaluated.epochs.index(run.epochs_done)]
        last = run.epochs_done * run.steps_per_epoch
        after, until = (last - run.steps_per_epoch, last) if run.epochs_done else (-1, run.total_steps)
        with self.open() as db:
            return read_mean_accuracy(db, run.id, "train", after, until)

    def outcomes(self, run_id: str) -> builtins.list[Outcome]:
        """The oldest first."""
        with self.open() as db:
            rows = db.execute("SELECT * FROM outcomes WHERE run_id = ? ORDER BY epoch", (run_id,)).fetchall()
        return [read_outcome(*row[1:]) for row in rows]

    def outcome_epochs(self, run_id: str) -> builtins.list[int]:
        """The epochs after which it is known what the network said of the images measured, 0 among them."""
        with self.open() as db:
            rows = db.execute("SELECT epoch FROM outcomes WHERE run_id = ? ORDER BY epoch", (run_id,)).fetchall()
        return [row[0] for row in rows]

    def outcome(self, run_id: str, epoch: int) -> Outcome | None:
        with self.open() as db:
            row = db.execute("SELECT * FROM outcomes WHERE run_id = ? AND epoch = ?", (run_id, epoch)).fetchone()
        return read_outcome(*row[1:]) if row else None

    def signs(self, run_id: str) -> builtins.list[Signs]:
        """How the network stood before training and after the newest epoch; fewer where that is not known."""
        with self.open() as db:
            rows = db.execute(
                "SELECT signs FROM signs WHERE run_id = :run AND epoch IN (0, (SELECT MAX(epoch) FROM signs WHERE run_id = :run)) "
                "ORDER BY epoch",
                {"run": run_id},
            ).fetchall()
        return [read_signs(row[0]) for row in rows]

    def describe(self, run_id: str, title: str, notes: str) -> bool:
        """Name a run and say something of it, cut where it is too long; its id stays. False where it is gone."""
        with self.open() as db:
            told = (title[:LONGEST_TITLE], notes[:LONGEST_NOTES], run_id)
            return bool(db.execute("UPDATE runs SET title = ?, notes = ? WHERE id = ?", told).rowcount)

    def goes_on(self, run: Run) -> str:
        """From where a run would go on, in a sentence; nothing where it would begin again."""
        if not (self.folder(run.id) / STATE).exists():
            return ""
        if not run.step:
            return "Goes on from the beginning."
        within = run.step - run.epochs_done * run.steps_per_epoch
        return f"Goes on after epoch {run.epochs_done}{f' and {within:,} steps' if within > 0 else ''}."

    def request_stop(self, run_id: str) -> None:
        """A worker honours it within a second; a run that still waits does not begin."""
        with self.open() as db:
            db.execute(
                "UPDATE runs SET status = 'stopped', ended = ?, message = 'Stopped before its turn came.' "
                "WHERE id = ? AND status = 'queued' AND launched IS NULL",
                (time.time(), run_id),
            )
            db.execute("UPDATE runs SET stop_requested = 1 WHERE id = ? AND status IN ('queued', 'running')", (run_id,))

    def folder(self, run_id: str) -> Path:
        return self.root / run_id

    def size(self, run_id: str) -> int:
        """Bytes on the disk of what a run keeps beside its row."""
        total = 0
        for file in self.folder(run_id).glob("*"):
            with suppress(OSError):  # it has just been replaced
                total += file.stat().st_size
        return total

    # What a worker does

    def claim(self, run_id: str, patience: float = 0) -> FileLock:
        """The lock that a worker holds while it lives: the system frees it however the worker ends.

        Raises filelock.Timeout where another worker holds it for longer than ``patience`` seconds.
        """
        self.folder(run_id).mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder(run_id) / _LOCK, timeout=patience)
        lock.acquire()
        return lock

    def start(self, run_id: str, epochs_done: int = 0, step: int = 0) -> None:
        """The run is being trained, from the end of that epoch on: what was measured after it is forgotten."""
        with self.open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", (run_id, step))
            db.execute("DELETE FROM outcomes WHERE run_id = ? AND epoch > ?", (run_id, epochs_done))
            db.execute("DELETE FROM signs WHERE run_id = ? AND epoch > ?", (run_id, epochs_done))
            if not step:
                db.execute("DELETE FROM metrics WHERE run_id = ?", (run_id,))
            db.execute(
                "UPDATE runs SET status = 'running', started = ?, ended = NULL, message = '', step = ?, epochs_done = ? "
                "WHERE id = ?",
                (time.time(), step, epochs_done, run_id),
            )
            db.execute("COMMIT")

    def report(self, run_id: str, **columns: Any) -> bool:
        """Write columns of the run; tells whether someone asked to stop it."""
        return self._update(run_id, **columns)

    def measure(self, run_id: str, split: Split, step: int, epoch: float, loss: float, accuracy: float) -> None:
        with self.open() as db:
            db.execute(
                "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run_id, split, step, epoch, loss, accuracy, time.time()),
            )

    def conclude(self, run_id: str, outcome: Outcome) -> None:
        """What the network said of the images measured."""
        with self.open() as db:
            values = (run_id, *outcome_row(outcome), answers_blob(outcome))
            db.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?)", values)

    def look(self, run_id: str, epoch: int, signs: Signs) -> None:
        """How the network stands after an epoch."""
        with self.open() as db:
            db.execute("INSERT OR REPLACE INTO signs VALUES (?, ?, ?)", (run_id, epoch, signs_text(signs)))

    def finish_epoch(self, run_id: str, epoch: int) -> bool:
        """An epoch is done and its weights are kept; tells whether someone asked to stop."""
        return self._update(run_id, durable=True, epochs_done=epoch)

    def end(self, run_id: str, status: Status, message: str = "") -> None:
        """``message`` is for all who see the run: files in it keep their names only."""
        now = time.time()
        with self.open(durable=True) as db:
            db.execute(
                "UPDATE runs SET status = ?, message = ?, ended = ?, seconds_left = NULL, "
                "seconds = seconds + ? - COALESCE(started, ?) WHERE id = ?",
                (status, without_places(message), now, now, now, run_id),
            )

    def _update(self, run_id: str, durable: bool = False, **columns: Any) -> bool:
        names = ", ".join(f"{name} = ?" for name in columns)
        with self.open(durable) as db:
            row = db.execute(
                f"UPDATE runs SET {names} WHERE id = ? RETURNING stop_requested", (*columns.values(), run_id)
            ).fetchone()
        return bool(row and row[0])

    # What is true of a run whose worker has died

    def _runs(self, rows: Iterable[sqlite3.Row]) -> Iterator[Run]:
        for row in rows:
            values: dict[str, Any] | None = dict(row)
            assert values is not None
            waits = values["status"] == "queued" and values["launched"] is None
            if values["status"] in ACTIVE and not waits and not self._has_worker(values["id"]):
                values = self._mark_interrupted(values)
            if values is None:  # deleted meanwhile
                continue
            with suppress(ValueError):  # of a newer release: not for this one to show
                spec = read_spec(values["spec"])
                yield Run(**{**values, "spec": spec, "stop_requested": bool(values["stop_requested"])})

    def _has_worker(self, run_id: str) -> bool:
        if not self.folder(run_id).exists():
            return False
        try:
            self.claim(run_id).release()
        except (Timeout, OSError):  # where nobody can know, it is not for us to end it
            return True
        return False

    def _mark_interrupted(self, values: dict[str, Any]) -> dict[str, Any] | None:
        now = time.time()
        if values["status"] == "queued" and 0 <= now - values["launched"] < _START:
            return values
        with self.open() as db:
            # Read again under the write lock: the worker may have ended, or started, in between.
            row = db.execute(
                f"UPDATE runs SET status = 'interrupted', ended = {_LAST_SIGN}, seconds_left = NULL, message = ?, "
                f"seconds = seconds + CASE status WHEN 'running' THEN {_LAST_SIGN} - started ELSE 0 END "
                "WHERE id = ? AND status = ? AND launched IS ? RETURNING *",
                ("The worker process ended unexpectedly.", values["id"], values["status"], values["launched"]),
            ).fetchone()
            row = row or db.execute("SELECT * FROM runs WHERE id = ?", (values["id"],)).fetchone()
        return dict(row) if row else None
