"""Whose turn it is, and that no run is launched twice or by too many at once."""

import itertools
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cnnviz.runs import RunStore
from cnnviz.runs import store as store_module
from cnnviz.runs.queue import place, submit, submit_again, tend, worker_count
from cnnviz.runs.queue_order import waiting
from tests.runs.cases import Recorder, tiny


class Room:
    """A store, an engine whose workers do nothing but live, and the runs that they have."""

    def __init__(self) -> None:
        self.store = RunStore()
        self.engine = Recorder(self.store)
        self.alive: dict[str, ExitStack] = {}

    def ask(self, visitor: str = "") -> str:
        run = self.store.create(tiny(), visitor, waits=True)
        self.tend()
        return run.id

    def again(self, run_id: str) -> None:
        self.store.resume(run_id, waits=True)
        self.tend()

    def tend(self) -> None:
        for run_id in tend(self.store, self.engine):
            self.alive[run_id] = ExitStack()
            self.alive[run_id].enter_context(self.store.claim(run_id))
            self.store.start(run_id)

    def end(self, run_id: str, status: store_module.Status = "finished") -> None:
        self.store.end(run_id, status)
        self.die(run_id)
        self.tend()

    def die(self, run_id: str) -> None:
        self.alive.pop(run_id).close()

    @property
    def order(self) -> list[str]:
        with self.store.open() as db:
            return waiting(db)


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    for run_id in list(room.alive):
        room.die(run_id)


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ``submit`` launches."""
    engine = Recorder(RunStore())
    monkeypatch.setattr("cnnviz.runs.queue.chosen_engine", lambda *_: engine)
    return engine.launched


def test_the_first_is_launched_at_once_and_the_second_waits(launches: list[str]) -> None:
    store = RunStore()
    first, second = submit(store, tiny()), submit(store, tiny())
    assert launches == [first.id]
    assert (first.waiting, first.status, second.waiting, second.status) == (False, "queued", True, "queued")
    assert (place(store, first.id), place(store, second.id)) == ((0, 1), (1, 1))
    assert place(store, "nothing") == (0, 1)


def test_a_visitor_is_served_in_order(room: Room) -> None:
    runs = [room.ask("ann") for _ in range(5)]
    for run_id in runs:
        assert list(room.alive) == [run_id]
        room.end(run_id)
    assert room.engine.launched == runs


def test_ten_of_one_visitor_do_not_delay_the_first_of_another(room: Room) -> None:
    many = [room.ask("ann") for _ in range(10)]
    one = room.ask("bob")
    assert room.order == [one, *many[1:]]
    assert place(room.store, one) == (1, 10)
    another = room.ask("bob")
    third = room.ask("eve")
    assert room.order == [one, third, many[1], another, *many[2:]]


def test_a_resumed_run_goes_behind_its_visitors_others(room: Room) -> None:
    first, second, third = (room.ask("ann") for _ in range(3))
    other = room.ask("bob")
    room.end(first, "stopped")
    assert room.engine.launched[-1] == other
    room.again(first)
    assert room.order == [second, third, first]


def test_a_newcomer_is_not_kept_waiting_by_those_who_resume_old_runs(room: Room) -> None:
    """Two who resume in turn what was stopped, as a limit of minutes makes them do."""
    room.ask("ann")
    room.ask("bob")
    newcomer = None
    for _ in range(3):
        (trains,) = room.alive
        room.end(trains, "stopped")
        newcomer = newcomer or room.ask("eve")
        room.again(trains)
    assert newcomer in room.engine.launched


def test_a_waiting_run_that_is_stopped_leaves_the_queue(room: Room) -> None:
    first, second, third = (room.ask() for _ in range(3))
    room.store.request_stop(second)
    run = room.store.get(second)
    assert (run.status, run.message) == ("stopped", "Stopped before its turn came.")
    assert run.ended is not None
    assert room.order == [third]
    room.end(first)
    assert room.engine.launched == [first, third]
    room.again(second)
    assert not room.store.get(second).stop_requested
    assert room.order == [second]


def test_a_dead_worker_gives_its_place_back(room: Room) -> None:
    first, second = room.ask(), room.ask()
    room.tend()
    assert room.engine.launched == [first]
    room.die(first)
    room.tend()
    assert room.engine.launched == [first, second]
    assert room.store.get(first).status == "interrupted"


def test_a_worker_that_never_came_gives_its_place_back(launches: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    first, second = submit(store, tiny()), submit(store, tiny())
    tend(store)
    assert launches == [first.id]  # it may still be starting
    monkeypatch.setattr(store_module, "_START", 0.0)
    assert tend(store, Recorder(store)) == [second.id]
    assert store.get(first.id).message == "The worker process ended unexpectedly."
    monkeypatch.setattr(store_module, "_START", 60.0)
    assert submit_again(store, first.id).waiting


def test_a_run_that_waits_is_not_taken_for_a_dead_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_START", 0.0)
    room.ask()
    second = room.ask()
    assert room.store.get(second).waiting
    assert [run.id for run in room.store.active()][1] == second


def test_two_workers(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_WORKERS", "2")
    runs = [room.ask() for _ in range(4)]
    assert list(room.alive) == runs[:2]
    room.end(runs[1])
    assert list(room.alive) == [runs[0], runs[2]]


@pytest.mark.parametrize(("said", "count"), [("3", 3), ("0", 1), ("-2", 1), ("many", 1), ("", 1)])
def test_how_many_workers(monkeypatch: pytest.MonkeyPatch, said: str, count: int) -> None:
    monkeypatch.setenv("CNNVIZ_WORKERS", said)
    assert worker_count() == count


def test_resuming_leaves_what_has_not_ended_as_it_is(launches: list[str]) -> None:
    store = RunStore()
    _, second = submit(store, tiny()), submit(store, tiny())
    assert submit_again(store, second.id) == store.get(second.id) == second


def _serve(home: str, seed: int, start: "multiprocessing.synchronize.Barrier", log: str) -> None:
    """An app of its own: asks for runs and tends the queue; its workers live for a moment."""
    os.environ.update(CNNVIZ_HOME=home, CNNVIZ_WORKERS="2")
    store, dice = RunStore(), random.Random(seed)
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    threads = []

    class Brief:
        def launch(self, run_id: str) -> None:
            def live() -> None:
                with store.claim(run_id, patience=5):
                    os.write(file, f"+ {run_id}\n".encode())
                    store.start(run_id)
                    time.sleep(dice.uniform(0, 0.02))
                    os.write(file, f"- {run_id}\n".encode())
                    store.end(run_id, "finished")

            threads.append(threading.Thread(target=live))
            threads[-1].start()

    engine = Brief()
    start.wait(600)
    for number in range(10):
        store.create(tiny(), f"{seed} {number % 3}", waits=True)
        tend(store, engine)
    while store.active():
        tend(store, engine)
        time.sleep(0.005)
    for thread in threads:
        thread.join()


def test_two_apps_share_a_queue(tmp_path: Path, home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    log.touch()
    start = context.Barrier(2)
    apps = [context.Process(target=_serve, args=(str(home), seed, start, str(log))) for seed in (1, 2)]
    for app in apps:
        app.start()
    for app in apps:
        app.join(600)
        assert app.exitcode == 0
    runs = RunStore().list()
    assert len(runs) == 20
    assert {run.status for run in runs} == {"finished"}
    lines = [line.split() for line in log.read_text().splitlines()]
    assert sorted(name for sign, name in lines if sign == "+") == sorted(run.id for run in runs)
    at_once = list(itertools.accumulate(1 if sign == "+" else -1 for sign, _ in lines))
    assert max(at_once) == 2


def test_threads_of_one_app_launch_a_run_once() -> None:
    store = RunStore()
    runs = [store.create(tiny(), f"visitor {i}", waits=True) for i in range(6)]
    engine = Recorder(store)
    threads = [threading.Thread(target=tend, args=(RunStore(), engine)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.launched == [runs[0].id]


def test_a_worker_that_cannot_be_started_frees_its_place() -> None:
    store = RunStore()

    class Broken:
        def launch(self, run_id: str) -> None:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    first, second = (store.create(tiny(), waits=True) for _ in range(2))
    assert tend(store, Broken()) == []
    for run in (first, second):
        now = store.get(run.id)
        assert (now.status, now.message) == (
            "failed",
            "No worker process could be started (Resource temporarily unavailable).",
        )
