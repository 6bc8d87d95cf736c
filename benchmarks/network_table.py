"""How long a network's table takes, and what it allocates: ``python benchmarks/network_table.py``."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from benchmarks.report import report
from cnnviz.networks import LayerRow, Network, analyze, architecture, table
from cnnviz.networks.architectures import KNOWN
from cnnviz.networks.table import _table

LARGE = "vgg16"
DEEP = "efficientnet_b7"


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """Of the fastest."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def in_layers(key: str) -> list[LayerRow]:
    """Made and computed anew, as for the first visitor."""
    _table.cache_clear()
    return table(KNOWN[key].make())


def through_torch(network: Network) -> None:
    with torch.device("meta"):
        module = network.module()
    analyze(module, network.input_shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    through_torch(architecture("lenet5"))  # torch loads some of itself when it first computes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "table_vgg16_s": seconds(lambda: in_layers(LARGE)),
        "table_efficientnet_b7_s": seconds(lambda: in_layers(DEEP)),
        "analyze_vgg16_s": seconds(lambda: through_torch(architecture(LARGE))),
        "analyze_efficientnet_b7_s": seconds(lambda: through_torch(architecture(DEEP))),
        "all_tables_s": seconds(lambda: [in_layers(key) for key in KNOWN], 1),
    }
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024  # from kB
    figures["memory_grown_mb"] = grown
    report(
        [
            (name.removesuffix("_s").removesuffix("_mb").replace("_", " "), figure, "MB" if "mb" in name else "s")
            for name, figure in figures.items()
        ],
        figures,
        arguments.json,
    )


if __name__ == "__main__":
    main()
