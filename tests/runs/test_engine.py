"""Where workers run: which engine is chosen, and real processes that hand the queue on."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnviz.paths import PROJECT
from cnnviz.runs import Engine, RunStore, StoreError, load_checkpoint
from cnnviz.runs import engine as engine_module
from cnnviz.runs.engine import LOCAL, ON_RAY, chosen_engine
from cnnviz.runs.queue import submit
from tests.runs.cases import tiny


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """The words and the variables of each process that would be started."""
    calls: list[tuple[tuple[str, ...], dict[str, str]]] = []

    def start(*words: str, log: Path, environment: dict[str, str] | None = None) -> None:
        calls.append((words, dict(environment or {})))

    monkeypatch.setattr(engine_module, "start_detached", start)
    return calls


@pytest.mark.parametrize("said", [None, "", "local"])
def test_local_processes_are_the_default(monkeypatch: pytest.MonkeyPatch, said: str | None) -> None:
    monkeypatch.delenv("CNNVIZ_ENGINE", raising=False)
    if said is not None:
        monkeypatch.setenv("CNNVIZ_ENGINE", said)
    assert chosen_engine(RunStore()).worker == LOCAL


@pytest.mark.parametrize("nonsense", ["cloud", "Local ", "x" * 1_000])
def test_an_unknown_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch, nonsense: str) -> None:
    monkeypatch.setenv("CNNVIZ_ENGINE", nonsense)
    with pytest.raises(StoreError) as error:
        chosen_engine(RunStore())
    assert str(error.value) == f"CNNVIZ_ENGINE is {nonsense[:40]!r}: set it to local or ray."
    store = RunStore()
    with pytest.raises(StoreError):
        submit(store, tiny())
    assert store.active() == []  # no run is left behind that holds a place and never begins


@pytest.mark.parametrize("installed", [True, False])
def test_ray_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: (installed or None) if name == "ray" else find(name, *rest)
    )
    monkeypatch.setenv("CNNVIZ_ENGINE", "ray")
    if installed:
        assert chosen_engine(RunStore()).worker == ON_RAY
    else:
        with pytest.raises(StoreError, match=r"^CNNVIZ_ENGINE is ray, but Ray is not installed: pip install .*\.$"):
            chosen_engine(RunStore())


@pytest.mark.parametrize(
    ("cores", "workers", "threads"), [(8, 1, None), (8, 2, "4"), (8, 3, "2"), (2, 4, "1"), (None, 2, "1")]
)
def test_workers_share_the_cores(
    monkeypatch: pytest.MonkeyPatch,
    started: list[tuple[tuple[str, ...], dict[str, str]]],
    cores: int | None,
    workers: int,
    threads: str | None,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    store = RunStore()
    run = store.create(tiny())
    chosen_engine(store, workers).launch(run.id)
    assert started == [(("cnnviz.runs.worker", run.id), {"OMP_NUM_THREADS": threads} if threads else {})]


def _wait(until: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_worker_that_ends_launches_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNNVIZ_ENGINE", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    store = RunStore()
    first, second = submit(store, tiny(epochs=1), "ann"), submit(store, tiny(epochs=1), "bob")
    assert (first.waiting, second.waiting) == (False, True)
    rows: list[tuple[str, ...]] = []

    def both_done() -> bool:
        with store.open() as db:  # plain rows: nobody but the worker may touch the queue
            rows[:] = [tuple(row) for row in db.execute("SELECT status, message FROM runs ORDER BY rowid")]
        return all(status not in ("queued", "running") for status, _ in rows)

    _wait(both_done)
    assert rows == [("finished", ""), ("finished", "")]
    one, two = store.get(first.id), store.get(second.id)
    assert one.ended is not None
    assert two.launched is not None
    assert two.launched >= one.ended
    assert load_checkpoint(two.id)[1].epochs_done == 1
    assert (store.folder(two.id) / "worker.log").exists()


def test_a_worker_whose_run_is_gone_still_hands_the_queue_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was deleted between its launch and its start."""
    monkeypatch.delenv("CNNVIZ_ENGINE", raising=False)
    store = RunStore()
    waits = store.create(tiny(epochs=1), waits=True)
    subprocess.run([sys.executable, "-m", "cnnviz.runs.worker", "gone"], cwd=PROJECT, capture_output=True)
    assert not store.get(waits.id).waiting
    _wait(lambda: store.get(waits.id).status == "finished")


def test_a_worker_outlives_who_launched_it() -> None:
    store = RunStore()
    run = store.create(tiny(epochs=1))
    Engine(store, threads=1).launch(run.id)
    pids: list[int] = []

    def seen() -> bool:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if run.id in (process / "cmdline").read_text().split("\0"):
                    pids.append(int(process.name))
            except OSError:  # it has ended meanwhile
                continue
        return bool(pids) or not Path("/proc/self").exists()

    _wait(seen)
    for pid in pids:
        assert os.getsid(pid) != os.getsid(0)  # a signal to the app's group does not reach it
    _wait(lambda: store.get(run.id).status == "finished")
