"""A worker whose run is trained on a Ray cluster. ``python -m cnnviz.runs.ray_worker RUN_ID``."""

from __future__ import annotations

import sys

from cnnviz.runs.on_ray import train_on_ray
from cnnviz.runs.queue import tend
from cnnviz.runs.store import RunStore
from cnnviz.runs.worker import work

if __name__ == "__main__":
    runs = RunStore()
    try:
        work(runs, sys.argv[1], source=train_on_ray)
    finally:
        tend(runs)
