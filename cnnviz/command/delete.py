"""``cnnviz delete RUN_ID``."""

import argparse

from cnnviz.networks.code import CodeError
from cnnviz.runs import RunStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN_ID")


def do(arguments: argparse.Namespace) -> int:
    store = RunStore()
    if store.find(arguments.run_id) is None:
        raise CodeError(f"There is no run {arguments.run_id!r}: python -m cnnviz runs lists them.")
    store.delete(arguments.run_id)
    return 0
