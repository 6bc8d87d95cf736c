"""``cnnviz runs``: a line, or with ``--json`` an object, a run."""

import argparse
import json

from cnnviz.runs import RunStore
from cnnviz.runs.queue import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def do(arguments: argparse.Namespace) -> int:
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
