"""A curve read as a whole, in part and by epochs, beside plain Python over the same points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.runs import Curve, RunStore
from cnnviz.runs.stored_curves import Split

PARTS = tuple(Curve.__dataclass_fields__)
Point = tuple[int, float, float, float, float]


def write(store: RunStore, points: list[Point], run_id: str = "mine", split: Split = "train") -> None:
    with store.open() as db:
        db.execute("BEGIN")
        db.execute("DELETE FROM metrics WHERE run_id = ? AND split = ?", (run_id, split))
        db.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)", [(run_id, split, *one) for one in points])
        db.execute("COMMIT")


def points_of(curve: Curve) -> list[Point]:
    return list(zip(*(getattr(curve, part) for part in PARTS), strict=True))


def evenly(steps: list[int], most: int) -> list[int]:
    """By looking at all of them."""
    if len(steps) <= most:
        return steps
    wanted = [steps[0] + number * (steps[-1] - steps[0]) // (most - 1) for number in range(most)]
    return sorted({min(step for step in steps if step >= one) for one in wanted})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """With another run and another split, whose points are nobody's business."""
    store = RunStore(tmp_path_factory.mktemp("runs"))
    others: list[Point] = [(step, step / 7, -1.0, -1.0, 0.0) for step in range(-5, 400)]
    write(store, others, "another")
    write(store, others, split="test")
    yield store
    assert points_of(store.curve("mine", "test")) == others


STEPS = st.lists(st.integers(0, 10**8) | st.integers(0, 50), unique=True, max_size=60)


@settings(deadline=None, max_examples=100)
@given(STEPS, st.integers(2, 70))
def test_some_points_are_the_ends_and_those_evenly_between(store: RunStore, steps: list[int], most: int) -> None:
    points: list[Point] = [(step, step / 9, 1 / (step + 1), step % 7 / 7, 1e9 + step) for step in sorted(steps)]
    write(store, points)
    assert points_of(store.curve("mine", "train")) == points
    found = store.curve("mine", "train", most)
    assert found.steps == evenly(sorted(steps), most)
    assert len(found.steps) <= most
    assert set(points_of(found)) <= set(points)
    assert found.steps[:1] + found.steps[-1:] == sorted(steps)[:1] + sorted(steps)[-1:]


def test_a_long_curve_keeps_as_many_points_as_asked(store: RunStore) -> None:
    write(store, [(3 * step, step / 50, 0.5, 0.5, 0.0) for step in range(1, 5_001)])
    found = store.curve("mine", "train", 250)
    assert (len(found.steps), found.steps[0], found.steps[-1]) == (250, 3, 15_000)
    gaps = [after - before for before, after in zip(found.steps, found.steps[1:], strict=False)]
    assert max(gaps) - min(gaps) <= 3
    assert len(store.curve("mine", "train").steps) == 5_000


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 9), st.floats(0, 1)), max_size=40), st.sampled_from([1, 4, 7])
)
def test_a_point_an_epoch_is_the_mean_over_its_steps(
    store: RunStore, measured: list[tuple[int, float, float]], per_epoch: int
) -> None:
    points: list[Point] = sorted(
        {step: (step, step / per_epoch, loss, accuracy, 1e9 + step) for step, loss, accuracy in measured}.values()
    )
    write(store, points)
    found = store.epoch_means("mine", "train")
    epochs = sorted({math.ceil(epoch) for _, epoch, *_ in points})
    assert found.epochs == epochs
    assert all(type(epoch) is float for epoch in found.epochs)
    for number, epoch in enumerate(epochs):
        own = [one for one in points if epoch - 1 < one[1] <= epoch]
        assert found.steps[number] == own[-1][0]
        assert found.times[number] == own[-1][4]
        before = [0, *(one[0] for one in points)]
        weights = [max(1, one[0] - before[points.index(one)]) for one in own]
        for part, column in ((found.losses, 2), (found.accuracies, 3)):
            assert part[number] == pytest.approx(fmean((one[column] for one in own), weights))


def test_of_what_is_not_there_nothing_is_read(store: RunStore) -> None:
    none = Curve([], [], [], [], [])
    assert store.curve("nothing", "train") == store.curve("nothing", "train", 9) == none
    assert store.epoch_means("nothing", "test") == none
