"""Whose turn it is: first come, first served for one visitor, in turn between visitors.

Each run gets a number when it is queued, and the smallest goes first, the older where two are equal. A visitor's runs get
numbers one apart, and nobody begins below the runs that have begun: start-time fair queueing (Goyal, Vin and Cheng, 1996).
So one who queues ten runs waits with the second until everybody else has had one, and a newcomer never waits for more than one
run of each of the others.
"""

from __future__ import annotations

import sqlite3

_ACTIVE = "status IN ('queued', 'running')"


def next_turn(db: sqlite3.Connection, visitor: str) -> int:
    """The number of a run that ``visitor`` queues now."""
    begun = db.execute("SELECT MAX(turn) FROM runs WHERE launched IS NOT NULL").fetchone()[0]  # ended ones too
    if begun is None:  # nobody ever trained: the queue's first is the next to begin
        begun = db.execute(f"SELECT MIN(turn) FROM runs WHERE {_ACTIVE}").fetchone()[0] or 0
    own = db.execute(f"SELECT MAX(turn) FROM runs WHERE {_ACTIVE} AND visitor = ?", (visitor,)).fetchone()[0]
    return int(begun if own is None else max(begun, own + 1))


def waiting(db: sqlite3.Connection) -> list[str]:
    """The ids of the runs that wait, the next one first."""
    rows = db.execute(
        "SELECT id FROM runs WHERE status = 'queued' AND launched IS NULL ORDER BY turn, queued, rowid"
    ).fetchall()
    return [row[0] for row in rows]
