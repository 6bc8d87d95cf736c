"""What the store does to a run that goes on, and to one that nobody wants any more."""

import pytest

from cnnviz.runs import RunStore, StoreError
from cnnviz.runs.records import ended_early
from cnnviz.runs.worker import work
from tests.runs.cases import tiny


@pytest.fixture
def store() -> RunStore:
    return RunStore()


def measured(store: RunStore, run_id: str, *steps: int) -> None:
    for step in steps:
        store.measure(run_id, "train", step, step / 10, 0.5, 0.5)
        if step % 10 == 0:
            store.measure(run_id, "test", step, step / 10, 0.5, 0.5)


@pytest.mark.parametrize("status", ["stopped", "failed", "interrupted"])
def test_a_run_that_ended_before_its_time_can_be_queued_again(store: RunStore, status: str) -> None:
    run = store.create(tiny())
    with store.claim(run.id):
        store.start(run.id)
        store.request_stop(run.id)
        if status != "interrupted":
            store.end(run.id, status, "for a reason")  # type: ignore[arg-type]
    assert store.get(run.id).status == status
    assert store.resumable(store.get(run.id))
    again = store.resume(run.id)
    assert (again.status, again.message, again.ended, again.stop_requested) == ("queued", "", None, False)
    assert again.launched is not None
    assert again.launched > (run.launched or 0)


def test_other_runs_are_left_alone_by_resume(store: RunStore) -> None:
    finished, running, queued = (store.create(tiny()).id for _ in range(3))
    with store.claim(finished):
        store.start(finished)
        store.end(finished, "finished")
    with store.claim(running):
        store.start(running)
        for run_id in (finished, running, queued):
            before = store.get(run_id)
            assert store.resume(run_id) == store.get(run_id) == before
    with pytest.raises(KeyError):
        store.resume("nothing")


def test_a_run_that_goes_on_forgets_what_came_after_its_last_epoch(store: RunStore) -> None:
    run, other = store.create(tiny()), store.create(tiny())
    measured(store, other.id, 0, 5, 10, 15)
    with store.claim(run.id):
        store.start(run.id)
        measured(store, run.id, 0, 5, 10, 15, 20, 25)
        store.start(run.id, epochs_done=1, step=10)
        now = store.get(run.id)
        assert (now.status, now.epochs_done, now.step) == ("running", 1, 10)
        assert store.curve(run.id, "train").steps == [0, 5, 10]
        assert store.curve(run.id, "test").steps == [0, 10]
        measured(store, run.id, 10, 17, 20)  # the same step again is the same point
        assert store.curve(run.id, "train").steps == [0, 5, 10, 17, 20]
        store.start(run.id)  # no epoch was finished: all anew
        assert store.curve(run.id, "train").steps == store.curve(run.id, "test").steps == []
    assert store.curve(other.id, "train").steps == [0, 5, 10, 15]


def test_seconds_add_up_over_the_sittings(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1_000.0
    monkeypatch.setattr("cnnviz.runs.store.time.time", lambda: clock)
    run = store.create(tiny())
    lock = store.claim(run.id)
    clock += 5  # torch is being loaded
    store.start(run.id)
    clock += 60
    store.end(run.id, "stopped")
    lock.release()
    assert store.get(run.id).seconds == 60
    clock += 3_600  # nobody trains
    store.resume(run.id)
    lock = store.claim(run.id)
    store.start(run.id, 1, 10)
    clock += 30
    store.measure(run.id, "train", 11, 1.1, 0.5, 0.5)
    lock.release()  # it died
    clock += 50_000  # and nobody looked
    assert store.get(run.id).seconds == 90
    assert store.get(run.id).ended == clock - 50_000
    clock += 3_600
    store.resume(run.id)
    clock += 30  # its worker never came
    assert store.get(run.id).status == "interrupted"
    assert store.get(run.id).seconds == 90


def test_a_sitting_that_fails_before_it_begins_takes_no_seconds(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its data or what was kept of it cannot be read any more."""
    clock = 1_000.0
    monkeypatch.setattr("cnnviz.runs.store.time.time", lambda: clock)
    run = store.create(tiny())
    with store.claim(run.id):
        store.start(run.id)
        clock += 60
        store.end(run.id, "stopped")
    clock += 3_600
    store.resume(run.id)
    with store.claim(run.id):
        store.end(run.id, "failed", "There is no such data.")
    assert store.get(run.id).seconds == 60


def test_a_deleted_run_is_gone_with_its_folder(store: RunStore) -> None:
    run, other = store.create(tiny()), store.create(tiny())
    measured(store, run.id, 0, 10)
    measured(store, other.id, 0, 10)
    (store.folder(run.id) / "checkpoint.safetensors").write_bytes(b"weights")
    store.delete(run.id)
    assert store.find(run.id) is None
    assert [each.id for each in store.list()] == [other.id]
    assert store.curve(run.id, "test").steps == []
    assert not store.folder(run.id).exists()
    assert store.curve(other.id, "test").steps == [0, 10]
    store.delete(run.id)  # twice does no harm
    assert not store.folder(run.id).exists()


def test_a_run_is_not_deleted_under_its_worker(store: RunStore) -> None:
    run = store.create(tiny())
    with store.claim(run.id):
        store.start(run.id)
        with pytest.raises(StoreError, match=rf"^{run.id} is being trained: stop it first\.$"):
            store.delete(run.id)
        assert store.get(run.id).status == "running"
    store.delete(run.id)
    assert store.find(run.id) is None


def test_the_size_of_a_run_is_what_its_folder_holds(store: RunStore) -> None:
    run = store.create(tiny(), waits=True)
    assert store.size(run.id) == 0
    (store.folder(run.id) / "checkpoint.safetensors").write_bytes(bytes(1_000))
    (store.folder(run.id) / ".state.safetensors.17").write_bytes(bytes(500))  # half written takes room too
    assert store.size(run.id) == 1_500
    assert store.size("nothing") == 0


def test_active_runs_come_in_the_order_in_which_they_were_made(store: RunStore) -> None:
    first, second, third = (store.create(tiny(), waits=waits).id for waits in (True, False, True))
    store.request_stop(third)
    assert [run.id for run in store.active()] == [first, second]


@pytest.mark.parametrize("has_learned", [False, True])
def test_a_run_whose_settings_were_at_fault_is_not_offered_again(
    store: RunStore, has_learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the words that training itself finds, and because it fails again when it is made to go on."""
    schedule = {"warmup_epochs": 60.0} if has_learned else {}  # the first epochs go well
    rate = {
        "learning_rate": 10.0,
        "optimizer": "sgd",
        "momentum": 0.99,
        "weight_decay": 10.0,
        "epochs": 20,
        "batch_size": 256,
    }
    run = work(store, store.create(tiny(**rate, **schedule)).id)
    assert run.status == "failed"
    assert bool(run.epochs_done) == has_learned
    assert run.would_fail_again
    assert not store.resumable(run)
    assert store.resume(run.id) == store.get(run.id) == run
    with monkeypatch.context() as without:
        without.setattr("cnnviz.runs.records.Run.would_fail_again", False)
        again = work(store, store.resume(run.id).id)
    assert (again.status, again.epochs_done) == ("failed", run.epochs_done)
    first, second = (told.partition(". ")[2] for told in (run.message, again.message))
    assert first == second != ""  # when a loss is looked at is a matter of time


@pytest.mark.parametrize(
    "message", ["", "The disk is full: make room and resume.", "The worker process ended unexpectedly.", "OSError: x"]
)
def test_what_ended_by_chance_is_offered_again(store: RunStore, message: str) -> None:
    run = store.create(tiny())
    with store.claim(run.id):
        store.start(run.id)
        store.end(run.id, "failed", message)
    assert store.resumable(store.get(run.id))


def test_how_a_run_ended_early() -> None:
    assert ended_early("failed", 0, 10) == "failed before its first epoch was done"
    assert ended_early("stopped", 2, 10) == "was stopped after epoch 2 of 10"
    assert not any(ended_early(status, 2, 10) for status in ("finished", "running", "queued"))
