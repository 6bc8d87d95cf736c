"""A worker: trains one run of the store and writes down what happens. ``python -m cnnviz.runs.worker RUN_ID``."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Protocol

from filelock import Timeout

from cnnviz.data import DataError, Dataset
from cnnviz.layers import ShapeError
from cnnviz.networks import Network
from cnnviz.runs.checkpoints import Card, CheckpointError, read_state, save_checkpoint, write_card, write_weights
from cnnviz.runs.database import StoreError
from cnnviz.runs.moments import add_moment, begun, cut_moments, moments_file, write_moments
from cnnviz.runs.queue import tend
from cnnviz.runs.records import STATE, Outcome, Run, Status
from cnnviz.runs.speed import Speed
from cnnviz.runs.store import RunStore
from cnnviz.training import (
    Checkpoint,
    Epoch,
    Event,
    Finished,
    Kept,
    Moment,
    Snapshot,
    Started,
    Step,
    Stop,
    TrainingConfig,
    TrainingError,
    Weights,
    train,
)

# torch's threads wait for each other by spinning. Where anything else wants a core, the app and the browser that show the
# run for instance, spinning slows training down many times. OpenMP reads this when torch is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_EXPECTED = (DataError, ShapeError, TrainingError, CheckpointError, StoreError)  # their texts are made for users
_RESERVE_BYTES = 2**20  # more than the last words of a run need: the store's pages and its log

Watcher = Callable[[Event], None]


class EventSource(Protocol):
    """Where the events come from: ``cnnviz.training.train``, or the same on another machine."""

    def __call__(
        self, network: Network, dataset: Dataset, config: TrainingConfig, *, state: Weights | None = None
    ) -> Iterator[Event]: ...


def work(store: RunStore, run_id: str, watch: Watcher | None = None, source: EventSource = train) -> Run:
    """Train a run to its end, or until someone asks to stop it; ``watch`` sees every event too.

    A run that was stopped goes on from there. What goes wrong is written to the run, in a sentence. Does nothing where
    another worker has the run. Raises KeyError where there is no such run.
    """
    try:
        # Before anything slow: it is how the others know that this worker lives. They look by taking it for a moment.
        lock = store.claim(run_id, patience=2)
    except Timeout:
        return store.get(run_id)
    with lock:
        run = store.find(run_id)
        if run is None:
            shutil.rmtree(store.folder(run_id), ignore_errors=True)
            raise KeyError(run_id)
        if not run.active:  # another worker was faster
            return run
        reserve = store.folder(run_id) / ".reserve"
        try:
            for partial in store.folder(run_id).glob(".*"):  # of a worker that was killed while it wrote
                partial.unlink()
            reserve.write_bytes(os.urandom(_RESERVE_BYTES))  # zeros would take no place on some disks
            _train(store, run, watch, source)
        except KeyboardInterrupt:
            store.end(run_id, "stopped", "Stopped from the keyboard.")
        except Exception as error:
            if not isinstance(error, _EXPECTED):
                traceback.print_exc()
            reserve.unlink(missing_ok=True)  # on a full disk it makes room for these words
            store.end(run_id, "failed", _sentence(error))
        finally:
            with suppress(OSError):
                reserve.unlink(missing_ok=True)
        return store.get(run_id)


def _sentence(error: Exception) -> str:
    if "disk is full" in str(error) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: make room and resume. What was written before is kept."
    if isinstance(error, _EXPECTED):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or 'no more could be written'}."
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0] if first else 'no reason given'}"


def _train(store: RunStore, run: Run, watch: Watcher | None, source: EventSource) -> None:
    from cnnviz.data import load_dataset
    from cnnviz.training.loop import network_for

    spec, folder = run.spec, store.folder(run.id)
    dataset = load_dataset(spec.dataset)
    network = network_for(spec.network, dataset, spec.config)
    state = read_state(folder)
    begun_at = (int(state["epoch"]), int(state["step"])) if state else (0, 0)
    store.start(run.id, *begun_at)
    cut_moments(folder / "checkpoint", begun_at[1])
    moments_file(folder / "now").unlink(missing_ok=True)
    speed = Speed(begun_at[1])
    began, device, epochs_done = time.monotonic(), spec.config.device, run.epochs_done
    ending: tuple[Status, str] = "finished", ""

    def card(epochs_done: int, accuracy: float | None) -> Card:
        return Card(
            name=run.id,
            network=network,
            dataset=dataset.name,
            class_names=dataset.class_names,
            mean=dataset.mean,
            std=dataset.std,
            config=spec.config,
            epochs_done=epochs_done,
            test_accuracy=accuracy,
            test_images=len(dataset.test),
            command=spec.command,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(run.seconds + time.monotonic() - began, 1),
            device=device,
            versions={name: version(name) for name in ("torch", "numpy", "safetensors")},
        )

    def tested(event: Epoch | Checkpoint) -> float | None:
        return None if spec.config.held_out else event.test_accuracy

    stop = False
    with closing(source(network, dataset, spec.config, state=state)) as events:  # type: ignore[type-var]
        for event in events:
            match event:
                case Started():
                    device, began = event.device, time.monotonic()  # what came before is waiting
                case Step():
                    if event.loss is not None and event.accuracy is not None:
                        store.measure(run.id, "train", event.step, event.epoch, event.loss, event.accuracy)
                    columns = {"step": event.step, "total_steps": event.total_steps, "seconds_left": event.seconds_left}
                    if event.images_per_second:
                        columns["images_per_second"] = speed.now(event, spec.config.batch_size)
                    stop |= store.report(run.id, **columns)
                case Epoch():
                    store.measure(run.id, "test", event.step, float(event.epoch), event.test_loss, event.test_accuracy)
                    store.conclude(run.id, Outcome(event.epoch, event.confusion, event.mistakes, event.answers))
                    if (signs := event.signs) is not None:
                        if isfinite(signs.loss):
                            place = event.step, float(event.epoch)
                            store.measure(run.id, "train_eval", *place, signs.loss, signs.accuracy)
                        store.look(run.id, event.epoch, signs)
                    stop |= store.report(run.id, test_accuracy=tested(event))
                case Snapshot():
                    if not event.step:  # the kernels page can open a run as soon as it has begun
                        save_checkpoint(folder / "checkpoint", event.weights, card(0, None))
                    write_weights(folder / "snapshot.safetensors", event.weights)
                    write_moments(folder / "now", begun(Moment(event.step, event.epoch, event.glance)))
                case Moment():
                    add_moment(folder / "checkpoint", event)
                case Checkpoint():
                    save_checkpoint(folder / "checkpoint", event.weights, card(event.epoch, tested(event)))
                    write_weights(folder / "snapshot.safetensors", event.weights)
                    write_weights(folder / STATE, event.state)
                    stop |= store.finish_epoch(run.id, event.epoch)
                    epochs_done = event.epoch
                case Finished() if spec.config.held_out:  # only now have the test images been seen
                    write_card(folder / "checkpoint", card(event.epochs, event.test_accuracy))
                    store.report(run.id, test_accuracy=event.test_accuracy)
            if watch is not None:
                watch(event)
            late = spec.minutes and time.monotonic() - began > spec.minutes * 60 and epochs_done < spec.config.epochs
            if (stop or late) and not isinstance(event, Epoch):  # what it has measured is kept a moment later
                ending = "stopped", "" if stop else _time_is_up(spec.minutes)
                if (kept := _rest(events)) is not None:
                    _keep(folder, kept, None if epochs_done else card(0, None))
                    store.report(run.id, step=kept.step)
                break
    moments_file(folder / "now").unlink(missing_ok=True)  # newer than the weights that are kept
    store.end(run.id, *ending)  # not before the source is closed: who resumes finds nobody in the way
    if ending[0] == "finished":
        (folder / STATE).unlink(missing_ok=True)  # nothing is left to do


def _rest(events: Iterator[Event]) -> Kept | None:
    """What was learned since the last event that was kept; None where the source cannot tell, as on another machine."""
    if not isinstance(events, Generator):
        return None
    try:
        last = events.throw(Stop())
    except (Stop, StopIteration):
        return None
    return last if isinstance(last, Kept) else None


def _keep(folder: Path, kept: Kept, card: Card | None) -> None:
    """To go on from there. The weights that are shown are those of the last epoch that is done, where there is one."""
    if card is not None:
        save_checkpoint(folder / "checkpoint", kept.weights, card)
        if kept.step:
            add_moment(folder / "checkpoint", Moment(kept.step, kept.epoch, kept.glance))
    write_weights(folder / "snapshot.safetensors", kept.weights)
    write_weights(folder / STATE, kept.state)


def _time_is_up(minutes: int) -> str:
    return f"Stopped after {minutes} minutes, the longest that a run may train here at a stretch."


def _give_way() -> None:
    """The app and the browser go first, or every control would answer late; training takes all that they leave.

    Linux shares the processors between sessions before it looks at what is nice within one.
    """
    with suppress(OSError, AttributeError):  # other systems
        os.nice(10)
        Path("/proc/self/autogroup").write_text("10")


if __name__ == "__main__":
    _give_way()  # before torch starts its threads: they inherit it
    runs = RunStore()
    try:
        work(runs, sys.argv[1])
    finally:  # its run may be gone: whoever waits does not mind
        tend(runs)
