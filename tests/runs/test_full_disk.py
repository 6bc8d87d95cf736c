"""A disk without room: what was written stays, the run says so, and goes on when there is room again."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnnviz.layers import Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.paths import PROJECT
from cnnviz.runs import RunStore, Spec, StoreError, checkpoints, load_checkpoint, moments
from cnnviz.runs.checkpoints import read_state
from cnnviz.runs.worker import work
from cnnviz.training import Checkpoint, Event, TrainingConfig
from tests.runs.cases import tiny

FULL = "The disk is full: make room and resume. What was written before is kept."


def _fill(file: Path, leave: int = 0) -> None:
    """Take all of the disk but ``leave`` bytes."""
    with file.open("wb", buffering=0) as ballast:
        for size in (2**16, 2**12, 1):
            try:
                while ballast.write(bytes(size)):
                    pass
            except OSError:
                continue
        ballast.truncate(max(0, ballast.tell() - leave))


def train_on_a_small_disk(*rooms: int) -> None:
    """In a CNNVIZ_HOME of 5 MB: fill it after the second epoch, make room when the run has failed, and go on."""
    print(json.dumps([_train_beside_ballast(room) for room in rooms]))


def _train_beside_ballast(room: int) -> dict[str, object]:
    store = RunStore()
    # 130 kB of weights, and three times as much of state with Adam's
    network = Network(
        name="Wide",
        input_shape=(1, 28, 28),
        layers=[Flatten(), Linear(out_features=40), ReLU(), Linear(out_features=10)],
    )
    config = TrainingConfig(epochs=4, batch_size=256, device="cpu")
    run = store.create(Spec(network=network, dataset="digits", config=config))
    ballast = store.root / "ballast"

    def watch(event: Event) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 2:
            _fill(ballast, room)

    run = work(store, run.id, watch)
    state = read_state(store.folder(run.id))
    told = {
        "failed": [run.status, run.message, run.epochs_done],
        "state": int(state["epoch"]) if state else None,
        "measured": store.curve(run.id, "test").epochs[:3],
        "card": load_checkpoint(run.id)[1].epochs_done,
        "partial": [path.name for path in store.folder(run.id).glob(".*")],
    }
    ballast.unlink()
    store.resume(run.id)
    run = work(store, run.id)
    told["resumed"] = [run.status, run.message, run.epochs_done]
    told["curve"] = store.curve(run.id, "test").epochs
    store.delete(run.id)
    return told


def open_on_a_full_disk() -> None:
    _fill(Path(os.environ["CNNVIZ_HOME"]) / "ballast")
    try:
        print(json.dumps([run.id for run in RunStore().list()]))
    except StoreError as error:
        print(json.dumps(str(error)))


def _on_five_megabytes(home: Path, call: str) -> Any:
    """What the call prints, run with a disk of its own; None where the system lends nobody a disk."""
    mount = 'mount -t tmpfs -o size=5m none "$CNNVIZ_HOME"'
    environment = {**os.environ, "CNNVIZ_HOME": str(home), "OMP_NUM_THREADS": "1"}
    unshare = shutil.which("unshare")
    if (
        not unshare
        or subprocess.run([unshare, "-rm", "sh", "-c", mount], env=environment, capture_output=True).returncode
    ):
        return None
    words = f"import tests.runs.test_full_disk as disk; disk.{call}"
    done = subprocess.run(
        [unshare, "-rm", "sh", "-c", f'{mount} && exec "$0" -c "$1"', sys.executable, words],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_run_on_a_disk_that_is_really_full(home: Path) -> None:
    """With no room at all, with too little for the weights, and with too little for the state that follows them."""
    told = _on_five_megabytes(home, "train_on_a_small_disk(0, 100_000, 300_000)")
    for room in told or ():  # a system without such disks has the tests below
        assert room["failed"] == ["failed", FULL, 2]
        assert room["state"] == 2
        assert room["measured"] == [0.0, 1.0, 2.0]
        assert room["card"] in (2, 3)  # the weights of the third epoch may have found room
        assert room["partial"] == []
        assert room["resumed"] == ["finished", "", 4]
        assert room["curve"] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_store_that_a_full_disk_has_no_room_for(home: Path) -> None:
    said = _on_five_megabytes(home, "open_on_a_full_disk()")
    assert said is None or ("cannot be used" in said and "disk is full" in said), said


@pytest.mark.parametrize("kept", ["checkpoint.safetensors", "checkpoint.json", "state.safetensors"])
def test_a_file_that_does_not_fit(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    store = RunStore()
    undisturbed = work(store, store.create(tiny(epochs=3)).id)
    run = store.create(tiny(epochs=3))
    full = False

    def watch(event: Event) -> None:
        nonlocal full
        full = full or (isinstance(event, Checkpoint) and event.epoch == 2)

    replace, sync, name = checkpoints.replace_file, os.fsync, ""

    def replacing(path: Path, content: bytes) -> None:
        nonlocal name
        name = path.name
        replace(path, content)

    def fsync(descriptor: int) -> None:
        if full and name == kept:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    for module in (checkpoints, moments):
        monkeypatch.setattr(module, "replace_file", replacing)
    monkeypatch.setattr("os.fsync", fsync)
    run = work(store, run.id, watch)
    assert (run.status, run.message, run.epochs_done) == ("failed", FULL, 2)
    state = read_state(store.folder(run.id))
    assert state is not None
    assert int(state["epoch"]) == 2
    assert load_checkpoint(run.id)[1].epochs_done == (3 if kept == "state.safetensors" else 2)

    full = False
    store.resume(run.id)
    assert work(store, run.id).status == "finished"
    weights = [(store.folder(each) / "checkpoint.safetensors").read_bytes() for each in (run.id, undisturbed.id)]
    assert weights[0] == weights[1]


def test_a_database_that_may_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    run = store.create(tiny(epochs=3))
    measure = RunStore.measure

    def full(self: RunStore, run_id: str, split: str, step: int, epoch: float, loss: float, accuracy: float) -> None:
        if split == "test" and epoch == 2:
            with self.open() as db:
                db.execute("PRAGMA max_page_count = 1")  # as many as there are
                db.execute(
                    "INSERT INTO runs (id, spec, status, created) VALUES ('big', zeroblob(1000000), 'failed', 0)"
                )
        measure(self, run_id, split, step, epoch, loss, accuracy)  # type: ignore[arg-type]

    monkeypatch.setattr(RunStore, "measure", full)
    run = work(store, run.id)
    assert (run.status, run.message, run.epochs_done) == ("failed", FULL, 1)
    assert store.curve(run.id, "test").epochs == [0.0, 1.0]
    monkeypatch.undo()


def test_room_is_kept_for_the_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run trains, a megabyte lies there that its end can have."""
    store = RunStore()
    run = store.create(tiny(epochs=1))
    reserves = []

    def watch(event: Event) -> None:
        reserves.append((store.folder(run.id) / ".reserve").stat().st_size)
        if isinstance(event, Checkpoint):
            raise sqlite3.OperationalError("database or disk is full")

    assert work(store, run.id, watch).message == FULL
    assert set(reserves) == {2**20}
    assert not (store.folder(run.id) / ".reserve").exists()
