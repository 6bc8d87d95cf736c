"""Fair turns, with visitors that do anything: the queue itself, with a database in memory and workers that do nothing."""

import itertools
import os
import sqlite3
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.runs import RunStore
from cnnviz.runs.database import _VERSIONS
from cnnviz.runs.queue import tend
from tests.runs.cases import Recorder, tiny


class Simulation(RunStore):
    """A store in memory with workers that live for as long as they are told to."""

    def __init__(self) -> None:
        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        for statement in itertools.chain(*_VERSIONS):
            self.db.execute(statement)
        self.engine = Recorder(self)
        self.owner: dict[str, str] = {}
        self.trains: list[str] = []
        self.ended: list[str] = []
        self.newcomers: list[tuple[str, int]] = []
        """The runs of those who had none in the queue, with how many had been launched when they came."""

    def open(self, durable: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        return nullcontext(self.db)

    def _has_worker(self, run_id: str) -> bool:
        return run_id in self.trains

    def ask(self, visitor: str, resumed: str | None = None) -> None:
        newcomer = visitor not in {run.visitor for run in self.active()}
        if resumed:
            self.ended.remove(resumed)
        run = self.resume(resumed, waits=True) if resumed else self.create(tiny(), visitor, waits=True)
        self.owner[run.id] = visitor
        if newcomer:
            self.newcomers.append((run.id, len(self.engine.launched)))
        self.tend()

    def tend(self) -> None:
        for run_id in tend(self, self.engine):
            self.trains.append(run_id)
            self.start(run_id)

    def stop(self, number: int) -> None:
        """One that trains ends, and nobody has looked at the queue yet."""
        if self.trains:
            run_id = self.trains.pop(number % len(self.trains))
            self.ended.append(run_id)
            self.end(run_id, "stopped")

    def check(self) -> None:
        """Let all end, and count who went before each that came with nothing in the queue."""
        self.tend()
        while self.trains:
            self.stop(0)
            self.tend()
        assert self.active() == []
        launched = self.engine.launched
        for run_id, before in self.newcomers:
            ahead = [self.owner[other] for other in launched[before : launched.index(run_id, before)]]
            assert len(ahead) == len(set(ahead)), f"{run_id} waited for the runs of {ahead}"


def simulated(workers: int) -> Simulation:
    os.environ["CNNVIZ_WORKERS"] = str(workers)
    return Simulation()


@pytest.fixture
def workers_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_WORKERS", "1")  # undone after the test, whatever it sets


MOVES = st.lists(st.tuples(st.sampled_from("aaaabcd---"), st.integers(0, 9)), min_size=10, max_size=80)


@pytest.mark.usefixtures("workers_as_before")
@given(moves=MOVES, workers=st.integers(1, 3))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_waits_for_more_than_one_run_of_each_other_visitor(moves: list[tuple[str, int]], workers: int) -> None:
    """Visitors ask, and "-" ends one that trains."""
    now = simulated(workers)
    for visitor, number in moves:
        if visitor == "-":
            now.stop(number)
            now.tend()
        else:
            now.ask(visitor)
    now.check()
    for visitor in "abcd":
        own = [run_id for run_id in now.owner if now.owner[run_id] == visitor]
        assert [run_id for run_id in now.engine.launched if now.owner[run_id] == visitor] == own


@pytest.mark.usefixtures("workers_as_before")
@given(moves=MOVES, workers=st.integers(1, 3))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_where_they_resume_old_runs(moves: list[tuple[str, int]], workers: int) -> None:
    """A visitor who asks resumes an old run, where there is one and the number is even."""
    now = simulated(workers)
    for visitor, number in moves:
        if visitor == "-":
            now.stop(number)
            now.tend()
        else:
            old = [run_id for run_id in now.ended if now.owner[run_id] == visitor]
            now.ask(visitor, old[number % len(old)] if old and number % 2 == 0 else None)
    now.check()


@pytest.mark.usefixtures("workers_as_before")
@given(moves=MOVES, workers=st.integers(1, 3))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_where_the_next_one_to_come_finds_a_place_that_a_death_has_left(
    moves: list[tuple[str, int]], workers: int
) -> None:
    now = simulated(workers)
    for visitor, number in moves:
        if visitor == "-":
            now.stop(number)  # nobody tends the queue
        else:
            now.ask(visitor)
    now.check()


@pytest.mark.usefixtures("workers_as_before")
def test_nor_where_a_run_of_long_ago_still_trains_beside_a_place_that_a_death_has_left() -> None:
    now = simulated(2)
    now.ask("ann")  # trains all the time
    for _ in range(6):
        now.ask("bob")
    for _ in range(5):
        now.stop(1)
        now.tend()
    now.ask("eve")
    now.stop(1)  # nobody tends the queue
    now.ask("dan")
    now.ask("dan")
    now.stop(1)
    now.check()
