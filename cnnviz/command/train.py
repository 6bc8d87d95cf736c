"""``cnnviz train``: every training setting is an option."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from cnnviz.command.data import fetch
from cnnviz.command.working import started_by_torchrun, work, work_together
from cnnviz.data import DATASETS, counts, is_available
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import CodeError, from_json
from cnnviz.networks.network import network_of
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS, Preset
from cnnviz.training.refusals import fitted, refusal, remarks
from cnnviz.training.settings import SETTINGS, options

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NO_DEFAULT = "what the network's layers say"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--architecture", choices=architectures(), metavar="KEY", help=", ".join(architectures()))
    which.add_argument("--network", metavar="FILE", help="a network as JSON, from the builder")
    parser.add_argument("--dataset", choices=DATASETS)
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        help="; ".join(f"{key}: {preset.says}" for key, preset in PRESETS.items()).replace("%", "%%"),
    )
    for name, field in TrainingConfig.model_fields.items():
        option, default = f"--{name.replace('_', '-')}", field.default
        says = f"{SETTINGS[name].text} Default: {_NO_DEFAULT if default is None else default}.".replace("%", "%%")
        if isinstance(default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=says)
        else:
            kind = float if default is None else type(default)
            choices = options(name) or None
            parser.add_argument(option, type=kind, choices=choices, default=None, help=says)
    parser.add_argument("--title", default="", help="what to call the run")
    parser.add_argument("--notes", default="", help="what to remember of it")
    parser.add_argument("--save", metavar="NAME", help="also write the weights and their card into checkpoints/")


def do(arguments: argparse.Namespace) -> int:
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
    if not is_available(dataset) and fetch(dataset):
        return 1
    if started_by_torchrun():
        return work_together(spec, None, arguments.save, arguments.title, arguments.notes)
    store = RunStore()
    return work(store, store.create(spec, title=arguments.title, notes=arguments.notes), arguments.save)


def _network_in(file: str) -> Network:
    return network_of(from_json(Path(file).read_bytes()))
