"""Kills workers and apps, and looks at what they leave: ``python -m tests.runs.survivor WHAT SEED`` in a CNNVIZ_HOME.

torch is loaded once; each victim is a fork. Prints its figures as JSON, or ends with an AssertionError.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

torch.set_num_threads(1)  # before anything computes: threads do not survive a fork

from cnnviz.data import load_dataset  # noqa: E402
from cnnviz.runs import RunStore, load_checkpoint, queue  # noqa: E402
from cnnviz.runs import store as store_module  # noqa: E402
from cnnviz.runs.checkpoints import read_state  # noqa: E402
from cnnviz.runs.store import Run  # noqa: E402
from cnnviz.runs.worker import work  # noqa: E402
from cnnviz.training import Checkpoint, Event  # noqa: E402
from tests.runs.cases import Recorder, tiny  # noqa: E402

KILLS = 50
APP_KILLS = 10
EPOCHS = 10
KEPT = {
    "checkpoint.json",
    "checkpoint.safetensors",
    "checkpoint.moments.safetensors",
    "snapshot.safetensors",
    "lock",
}
SHARED = mmap.mmap(-1, 8)  # what a victim tells: how many things it has surely done


def told(number: int | None = None) -> int:
    if number is not None:
        SHARED[:] = number.to_bytes(8, "little")
    return int.from_bytes(SHARED[:], "little")


def victim(act: Callable[[], object], seconds: float | None = None) -> bool:
    """Do it in a fork that is killed after ``seconds``; whether it was."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "a victim ended with a traceback"
    return os.WIFSIGNALED(status)


def dies_at(number: int, home: Path) -> None:
    """This process is killed as it is about to open, rename or remove its ``number``-th file in ``home``."""
    left = number

    def look(event: str, words: tuple[object, ...]) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.remove", "sqlite3.connect") and str(words[0]).startswith(str(home)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def train(run_id: str) -> None:
    def watch(event: Event) -> None:
        if isinstance(event, Checkpoint):  # the worker has kept it before it shows it
            told(event.epoch)

    work(RunStore(), run_id, watch)


class Runs:
    """One run after the other, each compared with one that nobody disturbed."""

    def __init__(self, epochs: int) -> None:
        self.store = RunStore()
        self.spec = tiny(epochs=epochs, batch_size=128)
        self.undisturbed = self.begin()
        began = time.monotonic()
        victim(lambda: train(self.undisturbed.id))
        self.seconds = time.monotonic() - began
        assert told() == epochs
        self.weights, self.curve = self.left_by(self.undisturbed.id)

    def begin(self) -> Run:
        told(0)
        return self.store.create(self.spec)

    def left_by(self, run_id: str) -> tuple[bytes, list[tuple[float, float, float]]]:
        curve = self.store.curve(run_id, "test")
        rows = list(zip(curve.epochs, curve.losses, curve.accuracies, strict=True))
        return (self.store.folder(run_id) / "checkpoint.safetensors").read_bytes(), rows

    def check(self, run_id: str) -> bool:
        """What has to be true after any death; whether the run is done."""
        sound(self.store)
        store_module._START, patience = (
            0.0,
            store_module._START,
        )  # nobody else launches here: without a worker it is dead
        run = self.store.get(run_id)
        store_module._START = patience
        assert run.status in ("interrupted", "finished"), run.status
        assert run.epochs_done >= told(), f"epoch {told()} was finished, the run tells of {run.epochs_done}"
        if run.status != "finished":
            state = read_state(self.store.folder(run_id))
            kept = int(state["epoch"]) if state else 0
            assert kept >= run.epochs_done, f"epoch {run.epochs_done} was finished, but {kept} would be gone on from"
        curve = self.store.curve(run_id, "test")
        rows = list(zip(curve.epochs, curve.losses, curve.accuracies, strict=True))
        if told():
            assert rows[: told() + 1] == self.curve[: told() + 1], "measurements of finished epochs"
        assert 0 <= run.seconds <= time.time() - run.created, f"{run.seconds} s of {time.time() - run.created} s"
        if (self.store.folder(run_id) / "checkpoint.json").exists():
            module, card = load_checkpoint(run_id)
            assert card.epochs_done >= told()
            assert all(tensor.isfinite().all() for tensor in module.state_dict().values())
        if run.status == "finished":
            self.done(run_id)
        return run.status == "finished"

    def done(self, run_id: str) -> None:
        weights, curve = self.left_by(run_id)
        assert weights == self.weights, "other weights than without a kill"
        assert curve == self.curve
        assert self.store.get(run_id).epochs_done == self.spec.config.epochs

    def finish(self, run_id: str) -> None:
        """Go on to the end, and find nothing in the folder that a dead worker has left."""
        self.store.resume(run_id)
        victim(lambda: train(run_id))
        assert self.store.get(run_id).status == "finished"
        self.done(run_id)
        left = {path.name for path in self.store.folder(run_id).iterdir()}
        assert left == KEPT, f"left for good: {sorted(left ^ KEPT)}"


def sound(store: RunStore) -> None:
    store.list()
    database = sqlite3.connect(store.root / "runs.sqlite")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def kill_workers(dice: random.Random) -> dict[str, int]:
    """At random moments of the whole life, again and again, with a new run where one has come to its end."""
    runs = Runs(EPOCHS)
    kills = finished = 0
    span = 1.6 / EPOCHS * runs.seconds
    run = runs.begin()
    while kills < KILLS:
        before = told()
        kills += victim(lambda: train(run.id), dice.uniform(0, span))  # noqa: B023
        span *= 1.2 if told() == before else 0.85  # a busy machine needs longer for an epoch
        if runs.check(run.id):
            finished += 1
            run = runs.begin()
        else:
            runs.store.resume(run.id)
    runs.finish(runs.begin().id if runs.store.get(run.id).status == "finished" else run.id)
    return {"kills": kills, "finished": finished + 1}


def kill_at_each_file(_: random.Random) -> dict[str, int]:
    """One run for each file that a worker opens, renames or removes in its life, killed just before."""
    runs = Runs(1)
    store, number = runs.store, 0
    while True:
        number += 1
        run = runs.begin()

        def act(run_id: str = run.id, last: int = number) -> None:
            dies_at(last, store.root)
            train(run_id)

        if not victim(act):
            assert runs.check(run.id)
            return {"kills": number - 1}
        if not runs.check(run.id):
            runs.finish(run.id)


def kill_apps(dice: random.Random) -> dict[str, int]:
    """Processes that queue runs and launch them: at random moments, and before each file that they open."""
    store, spec = RunStore(), tiny()
    log = store.root / "launched"

    class Engine:
        def launch(self, run_id: str) -> None:
            with log.open("a") as file:
                file.write(run_id + "\n")
            Recorder(store).end(run_id)

    def act() -> None:
        for number in range(1, 3):
            queue.submit(store, spec, f"visitor {number % 2}")
            told(number)

    def aimed(number: int) -> Iterator[str]:
        def mortal() -> None:
            dies_at(number, store.root)
            act()

        if victim(mortal):
            yield "killed"

    store_module._START = 0.0  # a run that was launched and has no worker is a dead one: nobody else launches here
    queue.chosen_engine = lambda *_: Engine()  # type: ignore[assignment]
    began = time.monotonic()
    victim(act)
    seconds = time.monotonic() - began
    kills = number = before = 0
    while True:
        before, _ = len(store.list()), told(0)
        number += 1
        killed = victim(act, dice.uniform(0, seconds)) if number <= APP_KILLS else any(aimed(number - APP_KILLS))
        kills += killed
        sound(store)
        made = len(store.list()) - before
        assert told() <= made <= told() + 1, f"{told()} runs were queued, {made} are there"
        queue.tend(store)
        assert store.active() == [], "another process has emptied the queue"
        for run in store.list():
            if run.status == "interrupted":  # it died between taking a run and training it
                queue.submit_again(store, run.id)
        assert {run.status for run in store.list()} == {"finished"}
        if number > APP_KILLS and not killed:
            break
    launches = log.read_text().split()
    assert len(launches) - len(set(launches)) <= kills  # launched again only where the launcher had died
    return {"kills": kills, "runs": len(store.list())}


if __name__ == "__main__":
    what, seed = sys.argv[1:]
    load_dataset("digits")
    warm = RunStore()
    work(warm, warm.create(tiny(epochs=1)).id)  # loads what torch and others load late
    acts = {"workers": kill_workers, "files": kill_at_each_file, "apps": kill_apps}
    print(json.dumps(acts[what](random.Random(int(seed)))))
