"""Workers as the app starts them: real processes."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from cnnviz.networks import architecture
from cnnviz.runs import LocalEngine, Run, RunStore, Spec, load_checkpoint
from cnnviz.runs.worker import work
from cnnviz.training import Epoch, TrainingConfig


def spec(dataset: str = "digits", **settings: object) -> Spec:
    return Spec(network=architecture("lenet5"), dataset=dataset, config=TrainingConfig(**settings))


def wait(store: RunStore, run_id: str, until: Callable[[Run], bool], seconds: float = 90) -> Run:
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


def test_stop_is_honoured_within_a_second_and_a_killed_worker_is_seen() -> None:
    store = RunStore()
    engine = LocalEngine(store)
    stopped, killed = store.create(spec(epochs=1000)), store.create(spec(epochs=1000))
    engine.launch(stopped.id)
    wait(store, stopped.id, lambda run: run.epochs_done >= 1)
    store.request_stop(stopped.id)
    asked = time.monotonic()
    wait(store, stopped.id, lambda run: run.status == "stopped")
    assert time.monotonic() - asked < 1.5  # a second, and what the two tests beside this one take of the machine

    engine.launch(killed.id)
    run = wait(store, killed.id, lambda run: run.epochs_done >= 1)
    os.kill(worker_pid(killed.id), signal.SIGKILL)
    wait(store, killed.id, lambda run: run.status == "interrupted", seconds=5)
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


def test_a_look_at_the_run_does_not_keep_its_worker_out() -> None:
    store = RunStore()
    run = store.create(spec(epochs=1))
    looking = threading.Event()

    def look() -> None:
        with store.claim(run.id):
            looking.set()
            time.sleep(0.5)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait()
    assert work(store, run.id).status == "finished"
    thread.join()
