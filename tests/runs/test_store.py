import multiprocessing
import signal
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec, StoreError
from cnnviz.runs import store as store_module
from cnnviz.runs.records import Outcome
from cnnviz.training import Mistake, TrainingConfig


def spec(dataset: str = "digits") -> Spec:
    return Spec(network=architecture("lenet5"), dataset=dataset, config=TrainingConfig(epochs=2), command="train it")


@pytest.fixture
def store() -> RunStore:
    return RunStore()


def test_a_run_comes_back_as_it_was_created(store: RunStore) -> None:
    run = store.create(spec())
    assert run.status == "queued"
    assert run.id.startswith("lenet5-digits-")
    assert store.get(run.id) == run
    assert RunStore().get(run.id).spec == spec()


def test_runs_are_listed_newest_first_and_ids_differ(store: RunStore) -> None:
    ids = [store.create(spec()).id for _ in range(5)]
    assert len(set(ids)) == 5
    assert [run.id for run in store.list()] == ids[::-1]


def test_unknown_runs(store: RunStore) -> None:
    assert store.find("nothing") is None
    with pytest.raises(KeyError):
        store.get("'; DROP TABLE runs; --")
    assert store.list() == []


def test_the_store_is_in_the_data_folder_and_in_wal_mode(store: RunStore, home: Path) -> None:
    store.create(spec())
    database = sqlite3.connect(home / "runs" / "runs.sqlite")
    assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    database.close()


def test_curves_come_back_in_order_of_steps(store: RunStore) -> None:
    run = store.create(spec())
    for step in (20, 10, 30):
        store.measure(run.id, "train", step, step / 10, 1 / step, step / 100)
    store.measure(run.id, "test", 10, 1.0, 0.5, 0.9)
    curve = store.curve(run.id, "train")
    assert curve.epochs == [1.0, 2.0, 3.0]
    assert curve.accuracies == [0.1, 0.2, 0.3]
    assert store.curve(run.id, "test").losses == [0.5]
    assert store.curve("nothing", "test").epochs == []


def test_stop_is_a_request_that_the_worker_reads_with_its_next_report(store: RunStore) -> None:
    run = store.create(spec())
    with store.claim(run.id):
        store.start(run.id)
        assert store.report(run.id, step=1) is False
        store.request_stop(run.id)
        assert store.report(run.id, step=2) is True
        assert store.get(run.id).stop_requested


def test_a_running_run_without_a_worker_is_interrupted(store: RunStore) -> None:
    run = store.create(spec())
    lock = store.claim(run.id)
    store.start(run.id)
    store.report(run.id, epochs_done=1)
    assert store.get(run.id).status == "running"
    lock.release()
    now = store.get(run.id)
    assert (now.status, now.epochs_done) == ("interrupted", 1)
    assert now.ended is not None
    assert store.list()[0].status == "interrupted"


def test_a_run_that_ended_stays_as_it_ended(store: RunStore) -> None:
    run = store.create(spec())
    with store.claim(run.id):
        store.start(run.id)
        store.end(run.id, "finished")
    assert store.get(run.id).status == "finished"


def test_a_queued_run_waits_for_its_worker_but_not_for_ever(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(spec())
    assert store.get(run.id).status == "queued"
    monkeypatch.setattr(store_module, "_START", 0.0)
    assert store.get(run.id).status == "interrupted"


def test_two_workers_cannot_have_the_same_run(store: RunStore) -> None:
    run = store.create(spec())
    with store.claim(run.id), pytest.raises(Timeout):
        store.claim(run.id)


def _hold(home: str, run_id: str, ready: "multiprocessing.synchronize.Event") -> None:
    import os

    os.environ["CNNVIZ_HOME"] = home
    store = RunStore()
    with store.claim(run_id):
        store.start(run_id)
        ready.set()
        signal.pause()


def test_a_killed_worker_is_seen_at_once(store: RunStore, home: Path) -> None:
    run = store.create(spec())
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    worker = context.Process(target=_hold, args=(str(home), run.id, ready), daemon=True)
    worker.start()
    assert ready.wait(600)
    assert store.get(run.id).status == "running"
    worker.kill()
    worker.join()
    assert store.get(run.id).status == "interrupted"


def test_many_threads_write_at_once(store: RunStore) -> None:
    run = store.create(spec())

    def write(first: int) -> None:
        for step in range(first, first + 25):
            RunStore().measure(run.id, "train", step, step, 0.0, 0.0)

    threads = [threading.Thread(target=write, args=(25 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.curve(run.id, "train").epochs == list(range(100))


@pytest.mark.parametrize("trouble", ["a file where the folder should be", "no database"])
def test_a_store_that_cannot_be_used_is_one_sentence(home: Path, trouble: str) -> None:
    if trouble == "no database":
        (home / "runs").mkdir()
        (home / "runs" / "runs.sqlite").write_bytes(b"this is no database" * 100)
    else:
        (home / "runs").write_text("")
    with pytest.raises(StoreError, match=r"^The store of runs, .* set CNNVIZ_HOME to another folder\.$") as found:
        RunStore().list()
    assert str(home) not in str(found.value)


def test_the_words_of_a_failure_name_files_and_not_where_they_are(home: Path, store: RunStore) -> None:
    run = store.create(spec())
    store.end(run.id, "failed", f"Input/output error: {home / 'runs' / run.id / 'state.safetensors'}.")
    assert store.get(run.id).message == "Input/output error: state.safetensors."


def test_a_run_of_a_newer_release_is_passed_over(store: RunStore) -> None:
    old, new = store.create(spec()), store.create(spec())
    with store.open() as db:
        db.execute("UPDATE runs SET spec = ? WHERE id = ?", ('{"network": "of another kind"}', new.id))
    assert [run.id for run in store.list()] == [old.id]
    assert store.find(new.id) is None


# What networks said of the test images, and what their owners say of them


def said(epoch: int) -> Outcome:
    """One that can be told from the others."""
    answers = np.array([epoch, 1], np.uint8) if epoch else None
    return Outcome(epoch, np.array([[epoch, 2], [3, 10**9]]), (Mistake(epoch, 0, 1, 0.5),), answers)


def told(store: RunStore, run_id: str) -> list[tuple[int, int]]:
    """Epochs, and the first counts."""
    return [(one.epoch, int(one.confusion[0, 0])) for one in store.outcomes(run_id)]


def test_outcomes_come_back_by_epoch(store: RunStore) -> None:
    run, other = store.create(spec()), store.create(spec())
    assert store.outcomes(run.id) == store.outcomes("nothing") == []
    for epoch in (10, 0, 2, 9):
        store.conclude(run.id, said(epoch))
    store.conclude(other.id, said(1))
    found = store.outcomes(run.id)
    assert [one.epoch for one in found] == [0, 2, 9, 10]
    for one in found:
        np.testing.assert_array_equal(one.confusion, said(one.epoch).confusion)
        assert one.mistakes == said(one.epoch).mistakes
        np.testing.assert_array_equal(one.answers, said(one.epoch).answers)
    assert store.outcome_epochs(run.id) == [0, 2, 9, 10]
    newest = store.outcome(run.id, 10)
    assert newest is not None
    assert newest.mistakes == said(10).mistakes
    assert store.outcome(run.id, 3) is None
    assert store.outcome_epochs("nothing") == []
    assert told(RunStore(), other.id) == [(1, 1)]


def test_an_epoch_that_is_measured_again_has_one_outcome(store: RunStore) -> None:
    run = store.create(spec())
    store.conclude(run.id, said(1))
    store.conclude(run.id, replace(said(5), epoch=1))
    assert told(store, run.id) == [(1, 5)]


def test_a_run_that_goes_on_forgets_the_outcomes_after_its_last_epoch(store: RunStore) -> None:
    run, other = store.create(spec()), store.create(spec())
    for one in (run, other):
        for epoch in range(5):
            store.conclude(one.id, said(epoch))
    with store.claim(run.id):
        store.start(run.id, epochs_done=2, step=46)
        assert [one.epoch for one in store.outcomes(run.id)] == [0, 1, 2]
        store.start(run.id)  # no epoch was finished
        assert all(one.epoch == 0 for one in store.outcomes(run.id))
    assert [one.epoch for one in store.outcomes(other.id)] == [0, 1, 2, 3, 4]


def test_outcomes_go_with_their_run(store: RunStore) -> None:
    run, other = store.create(spec(), waits=True), store.create(spec(), waits=True)
    for one in (run, other):
        store.conclude(one.id, said(3))
    store.delete(run.id)
    assert store.outcomes(run.id) == []
    assert told(store, other.id) == [(3, 3)]


def test_a_run_can_be_named_and_keeps_its_id(store: RunStore) -> None:
    run, other = store.create(spec()), store.create(spec())
    assert (run.title, run.notes, run.name) == ("", "", run.id)
    store.describe(run.id, "With 'quotes' – and ümlauts", "two\nlines; DROP TABLE runs")
    now = RunStore().get(run.id)
    assert (now.id, now.name) == (run.id, "With 'quotes' – and ümlauts")
    assert now.notes == "two\nlines; DROP TABLE runs"
    assert replace(now, title="", notes="") == run
    assert store.get(other.id) == other
    with store.claim(run.id):
        store.start(run.id)
        store.end(run.id, "stopped")
    assert store.resume(run.id).name == now.name
    store.describe(run.id, "", "")
    assert store.get(run.id).name == run.id
    store.describe("nothing", "a", "b")  # it is gone
    assert store.find("nothing") is None
