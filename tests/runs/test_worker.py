"""Workers as the app starts them: real processes."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from cnnviz.data import load_dataset
from cnnviz.networks import architecture
from cnnviz.runs import Engine, Run, RunStore, Spec, StoreError, load_checkpoint
from cnnviz.runs.results import read_moments
from cnnviz.runs.worker import work
from cnnviz.training import Checkpoint, Epoch, Event, Step, TrainingConfig, TrainingError, reporting
from cnnviz.training.loop import network_for
from tests.runs.cases import tiny


def spec(dataset: str = "digits", **settings: object) -> Spec:
    return Spec(network=architecture("lenet5"), dataset=dataset, config=TrainingConfig(**settings))


def wait(store: RunStore, run_id: str, until: Callable[[Run], bool], seconds: float = 600) -> Run:
    end = time.monotonic() + seconds
    while not until(run := store.get(run_id)):
        assert time.monotonic() < end, f"still {run}"
        time.sleep(0.05)
    return run


def worker_pid(run_id: str) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            words = (process / "cmdline").read_text().split("\0")
            if "cnnviz.runs.worker" in words and run_id in words:
                return int(process.name)
    raise AssertionError("no worker process")


def test_a_run_is_trained_to_its_end_and_its_weights_are_kept() -> None:
    store = RunStore()
    run = store.create(spec(epochs=2))
    seen = []
    run = work(store, run.id, seen.append)
    assert (run.status, run.epochs_done, run.step) == ("finished", 2, 46)
    assert run.test_accuracy is not None
    assert run.test_accuracy > 0.8
    assert store.curve(run.id, "test").epochs == [0.0, 1.0, 2.0]
    assert store.curve(run.id, "train").epochs[-1] == 2.0
    module, card = load_checkpoint(run.id)
    assert card.test_accuracy == run.test_accuracy == [e for e in seen if isinstance(e, Epoch)][-1].test_accuracy
    assert card.test_images == 355
    assert module(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_where_images_are_held_out_the_test_images_are_seen_once_at_the_end() -> None:
    store = RunStore()
    run = store.create(spec(epochs=2, held_out=142))
    known = []
    run = work(store, run.id, lambda event: known.append(store.get(run.id).test_accuracy))
    assert (run.status, run.step) == ("finished", 2 * 21)  # of 1,300 images
    assert set(known[:-1]) == {None}
    module, card = load_checkpoint(run.id)
    data = load_dataset("digits").test
    with torch.inference_mode():
        answers = module(torch.stack([torch.from_numpy(card.standardised(image)) for image in data.images])).argmax(1)
    assert card.test_accuracy == run.test_accuracy == pytest.approx((answers.numpy() == data.labels).mean())
    assert card.test_images == 355
    outcome = store.outcome(run.id, 2)
    assert outcome is not None
    assert outcome.confusion.sum() == 142
    assert store.curve(run.id, "test").accuracies[-1] == pytest.approx(outcome.confusion.trace() / 142)


def test_what_goes_wrong_is_written_to_the_run() -> None:
    store = RunStore()
    run = work(store, store.create(spec(dataset="no_such_data")).id)
    assert run.status == "failed"
    assert run.message.startswith("There is no dataset 'no_such_data'")


def test_a_run_that_another_worker_has_is_left_alone() -> None:
    store = RunStore()
    run = store.create(spec())
    with store.claim(run.id):
        assert work(store, run.id).status == "queued"


def test_stop_is_honoured_within_an_epoch_and_a_killed_worker_is_seen() -> None:
    store = RunStore()
    engine = Engine(store)
    stopped, killed = store.create(spec("shapes", batch_size=1)), store.create(spec(epochs=1000))
    engine.launch(stopped.id)
    wait(store, stopped.id, lambda run: run.step > 0)
    store.request_stop(stopped.id)
    run = wait(store, stopped.id, lambda run: run.status == "stopped")
    assert run.epochs_done == 0

    engine.launch(killed.id)
    run = wait(store, killed.id, lambda run: run.epochs_done >= 1)
    os.kill(worker_pid(killed.id), signal.SIGKILL)
    wait(store, killed.id, lambda run: run.status == "interrupted")
    _, card = load_checkpoint(killed.id)
    assert card.epochs_done >= run.epochs_done


@pytest.mark.parametrize("snapshot", ["snapshot.safetensors", "checkpoint.safetensors"])
def test_both_kinds_of_weights_are_there_from_the_start(snapshot: str) -> None:
    store = RunStore()
    run = store.create(spec(epochs=1))
    seen: list[bool] = []
    work(
        store,
        run.id,
        lambda event: seen.append((store.folder(run.id) / snapshot).exists()) if isinstance(event, Epoch) else None,
    )
    assert seen[-1]


def test_a_look_at_the_run_does_not_keep_its_worker_out(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    run = store.create(spec(epochs=1))
    look, sleep = store.claim(run.id), time.sleep

    def waits(seconds: float) -> None:
        look.release()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", waits)
    assert work(store, run.id).status == "finished"
    assert not look.is_locked


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed"])
def test_a_run_goes_on_after_its_last_finished_epoch(status: str) -> None:
    """Stopped, killed or failed in its third epoch, it ends as one that nobody disturbed."""
    store = RunStore()
    undisturbed = work(store, store.create(tiny(epochs=4)).id)
    run = store.create(tiny(epochs=4))

    def disturb(event: Event) -> None:
        if isinstance(event, Step) and event.step > 12:
            if status == "interrupted":
                raise SystemExit  # as a kill: nothing is written to the store
            if status == "failed":
                raise OSError(5, "Input/output error", "disk")
            store.request_stop(run.id)

    with suppress(SystemExit):
        work(store, run.id, disturb)
    before = store.get(run.id)
    assert before.status == status
    assert before.epochs_done in (
        (2, 3) if status == "stopped" else (2,)
    )  # an epoch that is measured is kept before the stop
    assert store.curve(run.id, "train").steps[-1] > 12
    store.resume(run.id)
    seen: list[Event] = []
    after = work(store, run.id, seen.append)
    assert (after.status, after.message, after.epochs_done, after.step) == ("finished", "", 4, 24)
    assert [event.epoch for event in seen if isinstance(event, Checkpoint)] == [3, 4][before.epochs_done - 2 :]
    assert after.seconds > before.seconds > 0
    for split in ("train", "test"):
        curve = store.curve(run.id, split)
        assert curve.steps == sorted(set(curve.steps))
    test, expected = store.curve(run.id, "test"), store.curve(undisturbed.id, "test")
    assert (test.epochs, test.losses, test.accuracies) == (expected.epochs, expected.losses, expected.accuracies)
    weights = [(store.folder(each) / "checkpoint.safetensors").read_bytes() for each in (run.id, undisturbed.id)]
    assert weights[0] == weights[1]
    assert load_checkpoint(run.id)[1].seconds >= round(before.seconds, 1)


def test_a_finished_run_leaves_no_state_behind() -> None:
    store = RunStore()
    run = store.create(tiny(epochs=1))
    there: list[bool] = []
    state = store.folder(run.id) / "state.safetensors"
    work(store, run.id, lambda event: there.append(state.exists()) if isinstance(event, Checkpoint) else None)
    assert there == [True]
    assert not state.exists()


def test_damaged_state_is_said_in_a_sentence() -> None:
    store = RunStore()
    run = store.create(tiny(epochs=2))
    work(store, run.id, lambda event: store.request_stop(run.id))
    (store.folder(run.id) / "state.safetensors").write_bytes(b"half of it")
    store.resume(run.id)
    run = work(store, run.id)
    assert run.status == "failed"
    assert run.message == f"state.safetensors of {run.id} is damaged: it cannot go on, start it anew."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device", "/x"), "The disk is full: make room and resume. What was written before is kept."),
        (OSError(13, "Permission denied", "/x"), "Permission denied: /x."),
        (OSError(13, "Permission denied"), "Permission denied: no more could be written."),
        (ValueError("first line\nsecond line"), "ValueError: first line"),
        (ValueError(), "ValueError: no reason given"),
        (TrainingError("Try less."), "Try less."),
        (StoreError("Free it."), "Free it."),
    ],
)  # fmt: skip
def test_each_failure_is_one_sentence(error: Exception, sentence: str) -> None:
    store = RunStore()

    def fail(event: Event) -> None:
        raise error

    run = work(store, store.create(tiny()).id, fail)
    assert (run.status, run.message) == ("failed", sentence)
    assert store.resumable(run)


def test_the_keyboard_stops_a_run() -> None:
    store = RunStore()

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    run = work(store, store.create(tiny()).id, interrupt)
    assert (run.status, run.message) == ("stopped", "Stopped from the keyboard.")


def test_what_a_killed_worker_had_half_written_is_cleared_away() -> None:
    store = RunStore()
    run = store.create(tiny(epochs=1))
    for name in (".checkpoint.safetensors.17", ".reserve"):
        (store.folder(run.id) / name).write_bytes(b"half of it")
    assert work(store, run.id).status == "finished"
    assert list(store.folder(run.id).glob(".*")) == []


def test_no_run_no_folder() -> None:
    store = RunStore()
    with pytest.raises(KeyError):
        work(store, "nothing")
    assert not store.folder("nothing").exists()


def test_a_second_worker_leaves_a_finished_run_as_it_is() -> None:
    store = RunStore()
    run = work(store, store.create(tiny()).id)
    curve = store.curve(run.id, "train")
    assert work(store, run.id) == run
    assert store.curve(run.id, "train") == curve


def test_a_worker_whose_run_was_deleted_leaves_nothing_behind() -> None:
    store = RunStore()
    with pytest.raises(KeyError):
        work(store, "gone")
    assert not store.folder("gone").exists()


def test_a_stop_within_the_first_epoch_keeps_what_was_learned_and_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    store = RunStore()
    what = spec(epochs=2, dropout=0.2, crop_padding=2, device="cpu")
    run, whole = store.create(what), store.create(what)

    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.step == 5:
            store.request_stop(run.id)

    stopped = work(store, run.id, stop)
    assert (stopped.status, stopped.epochs_done, stopped.step, stopped.message) == ("stopped", 0, 6, "")
    assert store.goes_on(stopped) == "Goes on after epoch 0 and 6 steps."
    module, card = load_checkpoint(run.id)
    assert (card.epochs_done, card.test_accuracy) == (0, None)
    untrained = load_checkpoint_of_step_0(store, what)
    assert any(not torch.equal(a, b) for a, b in zip(module.parameters(), untrained, strict=True))
    moments = read_moments(run.id, store)
    assert moments is not None
    assert moments.steps[-1] == 6

    store.resume(run.id)
    assert store.curve(run.id, "train").steps == [1, 2, 3, 4, 5, 6]
    finished = work(store, run.id)
    assert (finished.status, finished.epochs_done, finished.step) == ("finished", 2, 46)
    assert store.curve(run.id, "train").steps == list(range(1, 47))
    assert store.curve(run.id, "train_eval").epochs == store.curve(run.id, "test").epochs == [0.0, 1.0, 2.0]
    work(store, whole.id)
    (ours, _), (theirs, _) = load_checkpoint(run.id), load_checkpoint(whole.id)
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def load_checkpoint_of_step_0(store: RunStore, what: Spec) -> list[torch.Tensor]:
    torch.manual_seed(what.config.seed)
    return list(network_for(what.network, load_dataset(what.dataset), what.config).module().parameters())


def test_a_stop_in_a_later_epoch_keeps_the_last_epochs_weights_and_goes_on_within_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    store = RunStore()
    run = store.create(spec(epochs=2, device="cpu"))

    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.step == 30:
            store.request_stop(run.id)

    stopped = work(store, run.id, stop)
    assert (stopped.status, stopped.epochs_done, stopped.step) == ("stopped", 1, 31)
    card = load_checkpoint(run.id)[1]
    assert (card.epochs_done, card.test_accuracy) == (1, stopped.test_accuracy)
    store.resume(run.id)
    events: list[Event] = []
    finished = work(store, run.id, events.append)
    assert (finished.status, finished.epochs_done) == ("finished", 2)
    assert min(event.step for event in events if isinstance(event, Step) and event.loss is not None) == 32


def test_signs_of_the_start_and_of_the_newest_epoch_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    run = store.create(tiny(epochs=3))
    events: list[Event] = []
    work(store, run.id, events.append)
    told = [event.signs for event in events if isinstance(event, Epoch)]
    assert store.signs(run.id) == [told[0], told[-1]]
    assert store.curve(run.id, "train_eval").accuracies == [signs.accuracy for signs in told if signs]
    assert store.train_accuracy(store.get(run.id)) == told[-1].accuracy  # type: ignore[union-attr]
    store.delete(run.id)
    assert store.signs(run.id) == []
