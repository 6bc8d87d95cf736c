"""The command line: ``python -m cnnviz train | resume | delete | runs | data | checkpoints``."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cnnviz.data import DATASETS, SOURCES, DataError, Dataset, counts, is_available, load_dataset
from cnnviz.layers import ShapeError
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import CodeError, from_json
from cnnviz.networks.network import network_of
from cnnviz.runs import CheckpointError, Run, RunStore, Spec, StoreError, read_card, shipped
from cnnviz.runs.checkpoints import SHIPPED, read_state
from cnnviz.runs.queue import place, tend
from cnnviz.runs.shelf import ship
from cnnviz.runs.worker import Source, work
from cnnviz.training import Epoch, Event, Finished, Step, TrainingConfig, TrainingError, Weights, train
from cnnviz.training.accuracy import accuracy_text
from cnnviz.training.presets import PRESETS, Preset
from cnnviz.training.refusals import fitted, refusal, remarks
from cnnviz.training.settings import SETTINGS, options
from cnnviz.wrong_values import wrong_value

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NO_RESUMING = {
    "finished": "is finished: nothing of it is left to train.",
    "running": "is being trained just now.",
    "queued": "is in the queue already.",
}
_QUOTE = "'"
_NO_DEFAULT = "what the network's layers say"
_GRACE = 20  # seconds for the first process to say what went wrong: torchrun ends all where one has failed


def started_by_torchrun() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _bar(fraction: float, text: str) -> None:
    """A progress bar on a terminal; nothing where the output goes to a file."""
    if sys.stderr.isatty():
        width = 30
        full = round(fraction * width)
        line = f"[{'█' * full}{'·' * (width - full)}] {fraction:4.0%}  {text}"
        print("\r" + line[: shutil.get_terminal_size().columns - 1].ljust(79), end="", file=sys.stderr, flush=True)


def _end_bar() -> None:
    if sys.stderr.isatty():
        print("\r".ljust(80), end="\r", file=sys.stderr, flush=True)


@dataclass
class _Watch:
    config: TrainingConfig

    def __call__(self, event: Event) -> None:
        if isinstance(event, Step):
            loss = "" if event.loss is None else f"loss {event.loss:.3f}  "
            left = "" if math.isnan(event.seconds_left) else f"  {event.seconds_left:,.0f} s left"
            text = f"{loss}{event.images_per_second:,.0f} images/s{left}"
            _bar(event.step / event.total_steps, text)
        elif isinstance(event, Epoch) and event.epoch:
            _end_bar()
            print(
                f"epoch {event.epoch}/{self.config.epochs}  {self.config.measured} loss {event.test_loss:.4f}  "
                f"{self.config.measured} accuracy {event.test_accuracy:.2%}",
                flush=True,
            )
        elif isinstance(event, Finished) and self.config.held_out:
            _end_bar()
            print(f"test accuracy {event.test_accuracy:.2%}", flush=True)


def _train(arguments: argparse.Namespace) -> int:
    preset = PRESETS[arguments.preset] if arguments.preset else Preset("", "", TrainingConfig())
    settings = {
        name: getattr(arguments, name) for name in TrainingConfig.model_fields if getattr(arguments, name) is not None
    }
    architecture_key, dataset = arguments.architecture or preset.architecture, arguments.dataset or preset.dataset
    if not dataset or not (arguments.network or architecture_key):
        raise CodeError("Name a network (--architecture or --network) and a --dataset.")
    spec = Spec(
        network=_network_in(arguments.network) if arguments.network else architecture(str(architecture_key)),
        dataset=dataset,
        config=TrainingConfig(**{**preset.config_for(dataset).model_dump(), **settings}),
        command=shlex.join(["python", "-m", "cnnviz", *arguments.words]),
    )
    network = fitted(spec.network, dataset)  # before there is a run that cannot be
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    config = (
        spec.config.model_copy(update={"device": "auto"}) if started_by_torchrun() else spec.config
    )  # each has its own
    if refused := refusal(network, counts(dataset)[0], config, processes):
        raise CodeError(refused.says)
    if int(os.environ.get("RANK", "0")) == 0:
        for said in remarks(dataset, spec.config):
            print(said.says, file=sys.stderr)
    if arguments.save and not _NAME.fullmatch(arguments.save):
        raise CodeError(f"--save {arguments.save}: name it with letters, digits, - and _.")
    if not is_available(dataset) and _download(dataset):
        return 1
    if started_by_torchrun():
        return _train_together(spec, None, arguments.save, arguments.title, arguments.notes)
    store = RunStore()
    return _work(store, store.create(spec, title=arguments.title, notes=arguments.notes), arguments.save)


def _work(store: RunStore, run: Run, save: str | None, source: Source = train) -> int:
    print(f"run {run.id}")
    with _stopped_by_keyboard(store, run.id) if source is train else nullcontext():
        run = work(store, run.id, _Watch(run.spec.config), source)
    _end_bar()
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


def _train_together(spec: Spec, run_id: str | None, save: str | None, title: str = "", notes: str = "") -> int:
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

            return _work(store, run, save, led)
        dataset = load_dataset(spec.dataset)
        state = read_state(RunStore().folder(run_id)) if run_id else None
        try:
            for _ in train(spec.network, dataset, own, state=state, team=team):
                pass
        except Exception:
            time.sleep(_GRACE)
            raise
        return 0


def _resume(arguments: argparse.Namespace) -> int:
    store = RunStore()
    run = store.find(arguments.run_id)
    if run is None:
        raise CodeError(f"There is no run {arguments.run_id!r}: python -m cnnviz runs lists them.")
    follows = int(os.environ.get("RANK", "0")) > 0  # the first process may have begun already
    if run.would_fail_again and not follows:
        raise CodeError(f"{run.id} would only fail again: {run.message} Train it anew with other settings.")
    if not store.resumable(run) and not follows:
        raise CodeError(f"{run.id} {_NO_RESUMING.get(run.status, 'has nothing left to go on from: train it anew.')}")
    if started_by_torchrun():
        return _train_together(run.spec, run.id, None)
    return _work(store, store.resume(run.id), None)


def _delete(arguments: argparse.Namespace) -> int:
    store = RunStore()
    if store.find(arguments.run_id) is None:
        raise CodeError(f"There is no run {arguments.run_id!r}: python -m cnnviz runs lists them.")
    store.delete(arguments.run_id)
    return 0


def _network_in(file: str) -> Network:
    return network_of(from_json(Path(file).read_bytes()))


def _runs(arguments: argparse.Namespace) -> int:
    store = RunStore()
    runs = store.list()
    rows = [
        {
            "id": run.id,
            "status": run.status,
            "place": place(store, run.id)[0] if run.waiting else None,
            "network": run.spec.network.name,
            "dataset": run.spec.dataset,
            "epochs": run.spec.config.epochs,
            "epochs_done": run.epochs_done,
            "test_accuracy": run.test_accuracy,
            "created": run.created,
            "message": run.message,
        }
        for run in runs
    ]
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return 0
    for run, row in zip(runs, rows, strict=True):
        message = row["message"] if row["place"] is None else f"place {row['place']} in the queue"
        print(
            f"{row['id']:32} {row['status']:12} {row['epochs_done']:3}/{row['epochs']:<4} {run.accuracy:>7}  {message}"
        )
    if not rows:
        print("no runs yet: python -m cnnviz train --architecture lenet5 --dataset digits")
    return 0


def _download(name: str) -> int:
    from cnnviz.data.downloads import download

    source = SOURCES[name]
    print(f"downloading {source.title} ({source.megabytes})")
    try:
        path = download(
            name, lambda fetched, total: _bar(fetched / total, f"{fetched / 1e6:.0f} of {total / 1e6:.0f} MB")
        )
    except DataError as error:
        _end_bar()
        print(error, file=sys.stderr)
        return 1
    _end_bar()
    print(path)
    return 0


def _data(arguments: argparse.Namespace) -> int:
    return _download(arguments.name)


def _checkpoints(_: argparse.Namespace) -> int:
    for name in shipped():
        card = read_card(SHIPPED / name)
        accuracy = "" if card.test_accuracy is None else accuracy_text(card.test_accuracy, card.test_images)
        print(f"{name:24} {card.network.name} on {card.dataset}: {accuracy}\n{'':24} {card.command}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnnviz", description="Train and look after networks.")
    commands = parser.add_subparsers(required=True, metavar="command")

    trainer = commands.add_parser("train", help="train a network; the run shows in the app")
    which = trainer.add_mutually_exclusive_group()
    which.add_argument("--architecture", choices=architectures(), metavar="KEY", help=", ".join(architectures()))
    which.add_argument("--network", metavar="FILE", help="a network as JSON, from the builder")
    trainer.add_argument("--dataset", choices=DATASETS)
    trainer.add_argument(
        "--preset",
        choices=PRESETS,
        help="; ".join(f"{key}: {preset.says}" for key, preset in PRESETS.items()).replace("%", "%%"),
    )
    for name, field in TrainingConfig.model_fields.items():
        option, default = f"--{name.replace('_', '-')}", field.default
        says = f"{SETTINGS[name].text} Default: {_NO_DEFAULT if default is None else default}.".replace("%", "%%")
        if isinstance(default, bool):
            trainer.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=says)
        else:
            kind = float if default is None else type(default)
            choices = options(name) or None
            trainer.add_argument(option, type=kind, choices=choices, default=None, help=says)
    trainer.add_argument("--title", default="", help="what to call the run")
    trainer.add_argument("--notes", default="", help="what to remember of it")
    trainer.add_argument("--save", metavar="NAME", help="also write the weights and their card into checkpoints/")
    trainer.set_defaults(do=_train)

    resume = commands.add_parser("resume", help="go on with a run from where it was stopped")
    resume.add_argument("run_id", metavar="RUN_ID")
    resume.set_defaults(do=_resume)

    delete = commands.add_parser("delete", help="remove a run and its weights for good")
    delete.add_argument("run_id", metavar="RUN_ID")
    delete.set_defaults(do=_delete)

    runs = commands.add_parser("runs", help="list the runs")
    runs.add_argument("--json", action="store_true")
    runs.set_defaults(do=_runs)

    data = commands.add_parser("data", help="datasets").add_subparsers(required=True, metavar="command")
    download = data.add_parser("download", help="fetch a dataset")
    download.add_argument("name", choices=list(SOURCES))
    download.set_defaults(do=_data)

    commands.add_parser("checkpoints", help="list the trained networks that come with the app").set_defaults(
        do=_checkpoints
    )
    return parser


def main(words: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if words is None else words)
    arguments = _parser().parse_args(words)
    arguments.words = words
    try:
        code = int(arguments.do(arguments))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ValidationError as error:
        wrong = wrong_value(error)
        print(f"--{wrong.place.replace('_', '-')} {wrong.given.strip(_QUOTE)}: {wrong.reason}.", file=sys.stderr)
    except (DataError, ShapeError, CodeError, CheckpointError, StoreError, TrainingError, OSError) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    code = main()
    if started_by_torchrun():
        from cnnviz.training.team import leave

        leave(code)
    sys.exit(code)
