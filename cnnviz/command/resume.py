"""``cnnviz resume RUN_ID``."""

from __future__ import annotations

import argparse
import os

from cnnviz.command.working import started_by_torchrun, work, work_together
from cnnviz.networks.code import CodeError
from cnnviz.runs import RunStore

_NO_RESUMING = {
    "finished": "is finished: nothing of it is left to train.",
    "running": "is being trained just now.",
    "queued": "is in the queue already.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN_ID")


def do(arguments: argparse.Namespace) -> int:
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
        return work_together(run.spec, run.id, None)
    return work(store, store.resume(run.id), None)
