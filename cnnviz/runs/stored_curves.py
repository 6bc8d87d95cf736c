"""Reads what was measured of a run: every point of it, as many as a picture needs, or the means of its epochs."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Literal

from cnnviz.runs.records import Curve

Split = Literal["train", "train_eval", "test"]
"""``train`` is the running mean while the network learns; ``train_eval`` some training images by the weights that are tested."""

_ALL = "SELECT step, epoch, loss, accuracy, time FROM metrics WHERE run_id = :run AND split = :split ORDER BY step"
_ENDS = """
SELECT (SELECT MIN(step) FROM metrics WHERE run_id = :run AND split = :split),
       (SELECT MAX(step) FROM metrics WHERE run_id = :run AND split = :split)"""  # apart: each is one look into the index
# For each of the evenly spaced steps the next one that was measured: hours of training cost no more than minutes.
_SOME = """
WITH RECURSIVE places(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM places WHERE number < :most - 1),
wanted(step) AS (
    SELECT DISTINCT (SELECT MIN(step) FROM metrics WHERE run_id = :run AND split = :split
                     AND step >= :first + number * (:last - :first) / (:most - 1)) FROM places
)
SELECT step, epoch, loss, accuracy, time FROM wanted JOIN metrics USING (step)
WHERE run_id = :run AND split = :split ORDER BY step"""
# A point is the mean of the steps since the one before, as many as the machine has just made in a quarter of a second.
_WEIGHED = """
WITH weighed AS (SELECT step, epoch, loss, accuracy, time,
                 MAX(1, step - LAG(step, 1, MAX(0, :after)) OVER (ORDER BY step)) AS steps
                 FROM metrics WHERE run_id = :run AND split = :split AND step > :after)
"""
_MEAN = f"{_WEIGHED} SELECT SUM(steps * accuracy) / SUM(steps) FROM weighed WHERE step <= :until"
# SQLite is often built without CEIL
_MEANS = f"""{_WEIGHED}
SELECT MAX(step), CAST(epoch AS INTEGER) + (epoch > CAST(epoch AS INTEGER)) AS number,
       SUM(steps * loss) / SUM(steps), SUM(steps * accuracy) / SUM(steps), MAX(time)
FROM weighed GROUP BY number ORDER BY number"""


def read_curve(db: sqlite3.Connection, run_id: str, split: Split, most: int | None = None) -> Curve:
    """All points; of more than ``most`` (2 or more) the first, the last, and others evenly spaced over the steps."""
    of_run = {"run": run_id, "split": split}
    if most is None or not db.execute(f"{_ALL} LIMIT 1 OFFSET :most", of_run | {"most": most}).fetchone():
        return _curve(db, _ALL, of_run)
    first, last = db.execute(_ENDS, of_run).fetchone()
    return _curve(db, _SOME, of_run | {"most": most, "first": first, "last": last})


def read_epoch_means(db: sqlite3.Connection, run_id: str, split: Split) -> Curve:
    """A point an epoch, the mean of its own points, each for as many steps as it stands for.

    Its own are those after the end of the epoch before, up to its own end.
    """
    means = _curve(db, _MEANS, {"run": run_id, "split": split, "after": -1})
    return Curve(means.steps, [float(epoch) for epoch in means.epochs], means.losses, means.accuracies, means.times)


def read_mean_accuracy(db: sqlite3.Connection, run_id: str, split: Split, after: int, until: int) -> float | None:
    """Over the steps ``after`` < step <= ``until``; None where nothing was measured in them."""
    of_run = {"run": run_id, "split": split, "after": after, "until": until}
    mean: float | None = db.execute(_MEAN, of_run).fetchone()[0]
    return mean


def _curve(db: sqlite3.Connection, query: str, values: Mapping[str, str | int]) -> Curve:
    columns = zip(*map(tuple, db.execute(query, values)), strict=True)  # a row's own look-ups are slow
    return Curve(*([list(column) for column in columns] or ([], [], [], [], [])))
