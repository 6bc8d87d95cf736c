"""Seconds an epoch and peak memory, beside Keras and Lightning: ``python benchmarks/epoch_times.py``.

The small architectures on random images of MNIST's and CIFAR-10's number and size, with the same network, batches of 128
and SGD. Ours is the app's loop with all that it tells. Keras is Keras 3 on torch: the exported script and ``model.fit`` on
an array of float32. Lightning is the exported module with a ``DataLoader`` over tensors of float32 that takes a batch at a
time, without logger, checkpoints and progress bar. The two measure no accuracy, ours does. The ratios are
their seconds over ours. Needs ``pip install -r requirements-benchmarks.txt``.

No epoch is trained to its end: an epoch's seconds are those of some seconds of training, after a warm-up, divided by the
share of an epoch done in them. Measuring the test set is left out. Each runs in a process of its own, in turn, with
OpenMP's passive waiting, as our worker has it. Memory is the process' largest resident set, with the data; on CUDA it is
what torch allocated there at most.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.epoch_loops import CLASSES, LOOPS, SIZES
from cnnviz.layers import ShapeError
from cnnviz.networks import Network, architecture, keras_source, torch_source
from cnnviz.networks.torch_source import class_name
from cnnviz.training import devices

SMALL = ("mlp", "tutorial_net", "lenet5_1998", "lenet5", "simplified_alexnet", "simplified_resnet")


def exported(framework: str, key: str, network: Network) -> str:
    """What the process that trains reads: a script that knows nothing of this project; for ours, the key."""
    match framework:
        case "keras":
            return keras_source(network)
        case "lightning":
            return f"{torch_source(network)}\n\nmodel = {class_name(network.name)}()\n"
    return key


def measure(framework: str, source: str, dataset: str, seconds: float, device: str) -> tuple[float, float]:
    """Seconds an epoch and MB, from a process of its own. Raises RuntimeError with the process' last words."""
    program = Path(__file__).with_name("epoch_loops.py").resolve()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "OMP_WAIT_POLICY": "PASSIVE",
            "KERAS_BACKEND": "torch",
            "KERAS_TORCH_DEVICE": device,
            "KERAS_HOME": folder,
        }
        done = subprocess.run(
            [sys.executable, str(program), framework, dataset, str(seconds), device],
            cwd=folder,
            env={**os.environ, **settings},
            input=source,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    epoch, mb = map(float, done.stdout.split()[-2:])
    return epoch, mb


def row(cells: list[str]) -> str:
    return f"{cells[0]:18} {cells[1]:8}" + "".join(f"{cell:>12}" for cell in cells[2:])


def compare(key: str, dataset: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Measure and print one row of the table; its figures."""
    try:
        network = architecture(key).fitted(SIZES[dataset][1], CLASSES)
    except ShapeError as error:
        print(f"{row([key, dataset])}   left out: {error}", flush=True)
        return {}
    found: dict[str, list[tuple[float, float]]] = {framework: [] for framework in LOOPS}
    reasons: dict[str, str] = {}
    for _ in range(arguments.rounds):  # in turn, so that a machine that drifts does not favour one of them
        for framework in LOOPS:
            if framework in reasons:
                continue
            try:
                source = exported(framework, key, network)
                found[framework].append(measure(framework, source, dataset, arguments.seconds, arguments.device))
            except (ShapeError, RuntimeError) as error:
                reasons[framework] = str(error)

    cells = [key, dataset]
    figures: dict[str, float] = {}
    for framework in LOOPS:
        if framework in reasons:
            cells += ["–", "–"]
            continue
        seconds, mb = (statistics.median(values) for values in zip(*found[framework], strict=True))
        cells += [f"{seconds:,.2f} s", f"{mb:,.0f} MB"]
        figures[f"{key}_{dataset}_{framework}_seconds"] = seconds
        figures[f"{key}_{dataset}_{framework}_mb"] = mb
    for framework in ("keras", "lightning"):
        if framework in reasons or "ours" in reasons:
            cells.append("–")
            continue
        pairs = zip(found["ours"], found[framework], strict=True)
        ratio = statistics.median(theirs / mine for (mine, _), (theirs, _) in pairs)
        cells.append(f"{ratio:.2f}")
        figures[f"{key}_{dataset}_ratio_to_{framework}"] = ratio
    print("\n".join([row(cells), *(f"  – {name}: {reason}" for name, reason in reasons.items())]), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default=",".join(SMALL), help="keys of architectures, with commas between them")
    parser.add_argument("--seconds", type=float, default=8, help="of each training in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    if arguments.device == "auto":
        arguments.device = devices()[0]
    heads = ["ours", "", "Keras", "", "Lightning", "", "Keras/ours", "Light./ours"]
    print(row(["an epoch of", "images", *heads]), flush=True)
    figures: dict[str, float] = {}
    for key in arguments.only.split(","):
        for dataset in SIZES:
            figures |= compare(key, dataset, arguments)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
