"""A store of the first release, and many processes that open it at once."""

import multiprocessing
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from cnnviz.runs import RunStore, StoreError
from cnnviz.runs.database import _VERSIONS, opened
from tests.runs.cases import tiny

NOW_KNOWN = {"visitor", "turn", "launched", "seconds"}


@pytest.fixture
def old(home: Path) -> Path:
    """A store as the first release left it: a finished run, one that was stopped, one that waits for its worker."""
    file = home / "runs" / "runs.sqlite"
    file.parent.mkdir()
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    for statement in _VERSIONS[0]:
        db.execute(statement)
    db.execute("PRAGMA user_version=1")
    spec = tiny(epochs=2).model_dump_json()
    for number, (status, started, ended) in enumerate(
        [("finished", 100.0, 160.5), ("stopped", 200.0, 230.0), ("queued", None, None)]
    ):
        db.execute(
            "INSERT INTO runs (id, spec, status, created, started, ended, epochs_done, message) "
            "VALUES (?, ?, ?, ?, ?, ?, 1, 'as it was')",
            (f"old-{number}", spec, status, 100.0 * (number + 1), started, ended),
        )
        db.execute("INSERT INTO metrics VALUES (?, 'test', 6, 1.0, 0.5, 0.9, 150.0)", (f"old-{number}",))
    db.close()
    return file


def columns(file: Path) -> set[str]:
    db = sqlite3.connect(file)
    try:
        return {row[1] for row in db.execute("PRAGMA table_info(runs)")}
    finally:
        db.close()


def test_the_first_release_knew_less(old: Path) -> None:
    assert not columns(old) & NOW_KNOWN


def test_an_old_store_keeps_its_rows(old: Path) -> None:
    store = RunStore()
    third, second, first = store.list()
    assert columns(old) >= NOW_KNOWN
    assert [run.id for run in (first, second, third)] == ["old-0", "old-1", "old-2"]
    assert (first.status, first.message, first.epochs_done, first.seconds) == ("finished", "as it was", 1, 60.5)
    assert (second.status, second.seconds, second.visitor, second.turn) == ("stopped", 30.0, "", 0)
    assert first.spec == tiny(epochs=2)
    assert third.status == "interrupted"  # it had a worker then; it is long gone
    assert store.curve("old-1", "test").accuracies == [0.9]


def test_an_old_run_keeps_its_weights_and_new_ones_come_beside_it(old: Path) -> None:
    store = RunStore()
    assert store.resume("old-1", waits=True).status == "stopped"  # nothing was kept to go on from
    run = store.create(tiny(), "ann")
    assert [each.id for each in store.active()] == [run.id]
    assert store.get(run.id).visitor == "ann"


def test_a_store_is_brought_up_to_date_once(old: Path) -> None:
    RunStore().list()
    with opened(old) as db:
        db.execute("UPDATE runs SET launched = 5, seconds = 7 WHERE id = 'old-0'")
    run = RunStore().get("old-0")
    assert (run.launched, run.seconds) == (5, 7)


def _open(
    homes: Sequence[Path], start: "multiprocessing.synchronize.Barrier", found: "multiprocessing.queues.Queue[object]"
) -> None:
    for home in homes:
        start.wait(60)
        try:
            found.put(len(RunStore(home).list()))
        except StoreError as error:
            found.put(str(error))


@pytest.mark.parametrize("present", [True, False])
def test_many_processes_bring_it_up_to_date_at_once(old: Path, tmp_path: Path, present: bool) -> None:
    """The same with a store that is not there yet; several times over, because it is a matter of moments."""
    homes = [tmp_path / f"store {i}" for i in range(40)]
    for home in homes:
        home.mkdir()
        if present:
            shutil.copy(old, home)
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    start, found = context.Barrier(6), context.Queue()
    processes = [context.Process(target=_open, args=(homes, start, found)) for _ in range(6)]
    for process in processes:
        process.start()
    assert {found.get(timeout=60) for _ in range(6 * len(homes))} == {3 if present else 0}
    for process in processes:
        process.join()
    assert all(columns(home / "runs.sqlite") >= NOW_KNOWN for home in homes)


def test_an_update_that_breaks_off_leaves_the_store_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*_VERSIONS, ("ALTER TABLE runs ADD COLUMN more TEXT", "this is no SQL"))
    monkeypatch.setattr("cnnviz.runs.database._VERSIONS", broken)
    with pytest.raises(StoreError, match="syntax error"):
        RunStore().list()
    assert not columns(old) & {*NOW_KNOWN, "more"}
    monkeypatch.undo()
    assert len(RunStore(old.parent).list()) == 3


def test_what_fails_in_the_middle_of_a_piece_of_work_is_undone(home: Path) -> None:
    store = RunStore()
    run = store.create(tiny())

    def break_off() -> None:
        with store.open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM runs")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert store.get(run.id) == run
