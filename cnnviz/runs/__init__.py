"""Where training runs live: the store, the worker process, the engines, the checkpoints."""

from cnnviz.runs.checkpoints import Card, CheckpointError, load_checkpoint, read_card, read_module, shipped
from cnnviz.runs.database import StoreError
from cnnviz.runs.engine import Engine
from cnnviz.runs.records import Curve, Run, Spec
from cnnviz.runs.store import RunStore

__all__ = [
    "Card",
    "CheckpointError",
    "Curve",
    "Engine",
    "Run",
    "RunStore",
    "Spec",
    "StoreError",
    "load_checkpoint",
    "read_card",
    "read_module",
    "shipped",
]
