import multiprocessing
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from filelock import Timeout

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec, StoreError
from cnnviz.runs import store as store_module
from cnnviz.training import TrainingConfig


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
        time.sleep(60)


def test_a_killed_worker_is_seen_at_once(store: RunStore, home: Path) -> None:
    run = store.create(spec())
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    worker = context.Process(target=_hold, args=(str(home), run.id, ready))
    worker.start()
    assert ready.wait(60)
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
    with pytest.raises(StoreError, match=r"^The store of runs in .* set CNNVIZ_HOME to another folder\.$"):
        RunStore().list()


def test_a_run_of_a_newer_release_is_passed_over(store: RunStore) -> None:
    old, new = store.create(spec()), store.create(spec())
    with store.open() as db:
        db.execute("UPDATE runs SET spec = ? WHERE id = ?", ('{"network": "of another kind"}', new.id))
    assert [run.id for run in store.list()] == [old.id]
    assert store.find(new.id) is None
