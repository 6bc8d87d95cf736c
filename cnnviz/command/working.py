"""A run that is trained in this process, or in all that ``torchrun`` has started."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from cnnviz.command.bar import bar, end_bar
from cnnviz.data import Dataset, load_dataset
from cnnviz.networks import Network
from cnnviz.runs import Run, RunStore, Spec
from cnnviz.runs.checkpoints import read_state
from cnnviz.runs.queue import tend
from cnnviz.runs.shipping import ship
from cnnviz.runs.worker import EventSource
from cnnviz.runs.worker import work as worked
from cnnviz.training import Epoch, Event, Finished, Step, TrainingConfig, Weights, train

_GRACE = 20  # seconds for the first process to say what went wrong: torchrun ends all where one has failed


@dataclass
class Watch:
    config: TrainingConfig

    def __call__(self, event: Event) -> None:
        if isinstance(event, Step):
            loss = "" if event.loss is None else f"loss {event.loss:.3f}  "
            left = "" if math.isnan(event.seconds_left) else f"  {event.seconds_left:,.0f} s left"
            text = f"{loss}{event.images_per_second:,.0f} images/s{left}"
            bar(event.step / event.total_steps, text)
        elif isinstance(event, Epoch) and event.epoch:
            end_bar()
            print(
                f"epoch {event.epoch}/{self.config.epochs}  {self.config.evaluated_on} loss {event.test_loss:.4f}  "
                f"{self.config.evaluated_on} accuracy {event.test_accuracy:.2%}",
                flush=True,
            )
        elif isinstance(event, Finished) and self.config.held_out:
            end_bar()
            print(f"test accuracy {event.test_accuracy:.2%}", flush=True)


def work(store: RunStore, run: Run, save: str | None, source: EventSource = train) -> int:
    print(f"run {run.id}")
    with _stopped_by_keyboard(store, run.id) if source is train else nullcontext():
        run = worked(store, run.id, Watch(run.spec.config), source)
    end_bar()
    print(f"{run.status}{': ' + run.message if run.message else ''}")
    if save and run.status == "finished":
        print(f"saved as {ship(store, run.id, save)}.safetensors")
    if source is train:  # what torchrun has set is not for others
        tend(store)
    return 0 if run.status == "finished" else 1


@contextmanager
def _stopped_by_keyboard(store: RunStore, run_id: str) -> Iterator[None]:
    """The first Ctrl+C asks the run to stop, so that what it has learned is kept; the second ends the process."""

    def ask(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nStopping. Ctrl+C again leaves at once.", file=sys.stderr)
        store.request_stop(run_id)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def work_together(spec: Spec, run_id: str | None, save: str | None, title: str = "", notes: str = "") -> int:
    """One run in all processes that ``torchrun`` has started: the first one keeps the books."""
    from cnnviz.training.team import joined

    with joined(spec.config.device) as (team, device):
        own = spec.config.model_copy(update={"device": device})
        if team.leads:
            store = RunStore()
            run = store.create(spec, title=title, notes=notes) if run_id is None else store.resume(run_id)

            def led(
                network: Network, dataset: Dataset, config: TrainingConfig, *, state: Weights | None = None
            ) -> Iterator[Event]:
                return train(network, dataset, own, state=state, team=team)

            return work(store, run, save, led)
        dataset = load_dataset(spec.dataset)
        state = read_state(RunStore().folder(run_id)) if run_id else None
        try:
            for _ in train(spec.network, dataset, own, state=state, team=team):
                pass
        except Exception:
            time.sleep(_GRACE)
            raise
        return 0
