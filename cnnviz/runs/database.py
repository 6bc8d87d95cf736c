"""The SQLite file under the store: its tables, and how they came to be what they are."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnviz.paths import without_places

_RUNS = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, started REAL, ended REAL,
    step INTEGER NOT NULL DEFAULT 0, total_steps INTEGER NOT NULL DEFAULT 0, epochs_done INTEGER NOT NULL DEFAULT 0,
    images_per_second REAL, seconds_left REAL, test_accuracy REAL, message TEXT NOT NULL DEFAULT '',
    stop_requested INTEGER NOT NULL DEFAULT 0
)"""
_METRICS = """
CREATE TABLE IF NOT EXISTS metrics (
    run_id TEXT NOT NULL, split TEXT NOT NULL, step INTEGER NOT NULL, epoch REAL NOT NULL, loss REAL NOT NULL,
    accuracy REAL NOT NULL, time REAL NOT NULL, PRIMARY KEY (run_id, split, step)
) WITHOUT ROWID"""
# The first one makes what the first release had; each further one brings a store of the release before up to date.
_VERSIONS = (
    (_RUNS, _METRICS),
    (
        "ALTER TABLE runs ADD COLUMN visitor TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN queued REAL NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN launched REAL",
        "ALTER TABLE runs ADD COLUMN seconds REAL NOT NULL DEFAULT 0",
        "UPDATE runs SET launched = created, queued = created",
        "UPDATE runs SET seconds = ended - started WHERE ended IS NOT NULL AND started IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status)",
    ),
    (
        "ALTER TABLE runs ADD COLUMN title TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN notes TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE IF NOT EXISTS outcomes (run_id TEXT NOT NULL, epoch INTEGER NOT NULL, confusion TEXT NOT NULL, "
        "mistakes TEXT NOT NULL, PRIMARY KEY (run_id, epoch)) WITHOUT ROWID",
    ),
    (
        "CREATE TABLE IF NOT EXISTS signs (run_id TEXT NOT NULL, epoch INTEGER NOT NULL, signs TEXT NOT NULL, "
        "PRIMARY KEY (run_id, epoch)) WITHOUT ROWID",
    ),
    ("ALTER TABLE outcomes ADD COLUMN answers BLOB",),
)


class StoreError(RuntimeError):
    """The store cannot be used: one sentence that says why and what would work."""


@contextmanager
def opened(file: Path, durable: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection for one piece of work. ``durable``: what is written is still there after a power cut.

    Raises StoreError.
    """
    connection = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        if connection.execute("PRAGMA user_version").fetchone()[0] < len(_VERSIONS):
            _bring_up_to_date(connection)
        yield connection
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and connection is not None:
            raise  # not ours
        reason = "the disk is full" if _no_room(file.parent, error) else getattr(error, "strerror", None) or error
        raise StoreError(
            f"The store of runs, {file.name}, cannot be used ({without_places(str(reason))}): free it, or set CNNVIZ_HOME to "
            "another folder."
        ) from error
    finally:
        if connection is not None:
            connection.close()


def _no_room(folder: Path, error: Exception) -> bool:
    """SQLite calls it an I/O error where it has no room for its shared memory."""
    try:
        return "disk I/O" in str(error) and shutil.disk_usage(folder).free < 2**16
    except OSError:
        return False


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    _write_ahead(connection)
    connection.execute("BEGIN IMMEDIATE")  # one process does it, the others wait and see that it is done
    try:
        present = connection.execute("PRAGMA user_version").fetchone()[0]
        for statements in _VERSIONS[present:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(_VERSIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite waits for nobody when it changes the mode: others may be looking at the new file just now."""
    give_up = time.monotonic() + 10
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
