"""A worker: trains one run of the store and writes down what happens. ``python -m cnnviz.runs.worker RUN_ID``."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version

from filelock import Timeout

from cnnviz.runs.checkpoints import Card, save_checkpoint, write_weights
from cnnviz.runs.store import Run, RunStore
from cnnviz.training import Checkpoint, Epoch, Event, Snapshot, Step

# torch's threads wait for each other by spinning. Where anything else wants a core, the app and the browser that show the
# run for instance, spinning slows training down many times. OpenMP reads this when torch is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

Watcher = Callable[[Event], None]


def work(store: RunStore, run_id: str, watch: Watcher | None = None) -> Run:
    """Train a run to its end, or until someone asks to stop it; ``watch`` sees every event too.

    What goes wrong is written to the run, in a sentence. Does nothing where another worker has the run.
    """
    try:
        # Before anything slow: it is how the others know that this worker lives. They look by taking it for a moment.
        lock = store.claim(run_id, patience=2)
    except Timeout:
        return store.get(run_id)
    with lock:
        store.start(run_id)
        try:
            _train(store, store.get(run_id), watch)
        except KeyboardInterrupt:
            store.end(run_id, "stopped", "Stopped from the keyboard.")
        except Exception as error:
            traceback.print_exc()
            store.end(run_id, "failed", _sentence(error))
        return store.get(run_id)


def _sentence(error: Exception) -> str:
    from cnnviz.data import DataError
    from cnnviz.layers import ShapeError
    from cnnviz.training.loop import TrainingError

    if isinstance(error, DataError | ShapeError | TrainingError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or 'no more could be written'}."
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0] if first else 'no reason given'}"


def _train(store: RunStore, run: Run, watch: Watcher | None) -> None:
    from cnnviz.data import load_dataset
    from cnnviz.training import devices, train

    spec, folder = run.spec, store.folder(run.id)
    dataset = load_dataset(spec.dataset)
    network = spec.network.fitted(dataset.input_shape, dataset.num_classes)
    began = time.time()

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
            seconds=round(time.time() - began, 1),
            device=devices()[0] if spec.config.device == "auto" else spec.config.device,
            versions={name: version(name) for name in ("torch", "numpy", "safetensors")},
        )

    with closing(train(network, dataset, spec.config)) as events:  # type: ignore[type-var]
        for event in events:
            stop = False
            match event:
                case Step():
                    if event.loss is not None and event.accuracy is not None:
                        store.measure(run.id, "train", event.step, event.epoch, event.loss, event.accuracy)
                    columns = {"step": event.step, "total_steps": event.total_steps, "seconds_left": event.seconds_left}
                    if event.images_per_second:
                        columns["images_per_second"] = event.images_per_second
                    stop = store.report(run.id, **columns)
                case Epoch():
                    store.measure(run.id, "test", event.step, float(event.epoch), event.test_loss, event.test_accuracy)
                    stop = store.report(run.id, test_accuracy=event.test_accuracy)
                case Snapshot():
                    if not event.step:  # the kernels page can open a run as soon as it has begun
                        save_checkpoint(folder / "checkpoint", event.weights, card(0, None))
                    write_weights(folder / "snapshot.safetensors", event.weights)
                case Checkpoint():
                    save_checkpoint(folder / "checkpoint", event.weights, card(event.epoch, event.test_accuracy))
                    write_weights(folder / "snapshot.safetensors", event.weights)
                    stop = store.report(run.id, epochs_done=event.epoch)
            if watch is not None:
                watch(event)
            if stop:
                store.end(run.id, "stopped")
                return
    store.end(run.id, "finished")


if __name__ == "__main__":
    work(RunStore(), sys.argv[1])
