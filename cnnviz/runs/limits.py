"""What a visitor may ask of the machine: nothing is limited on one's own, all of it where others use the app too."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnnviz.networks import Network
from cnnviz.runs.database import StoreError
from cnnviz.runs.hosting import check_hosting, hosting
from cnnviz.runs.store import RunStore
from cnnviz.training import TrainingConfig

_HOSTED = {
    "epochs": 30,
    "batch_size": 512,
    "parameters": 5_000_000,
    "runs": 2,
    "disk_mb": 200,
    "minutes": 15,
    "waiting": 50,
    "total_disk_mb": 5_000,
}


class LimitError(RuntimeError):
    """More than a visitor may ask for: one sentence that says what is allowed."""


class Limits(BaseModel):
    """The most of each; 0 is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(0, ge=0)
    batch_size: int = Field(0, ge=0)
    parameters: int = Field(0, ge=0)
    runs: int = Field(0, ge=0)
    """A visitor's, that train or wait."""
    disk_mb: int = Field(0, ge=0)
    """Of all that a visitor's runs keep, in 10⁶ bytes."""
    minutes: int = Field(0, ge=0)
    """That a run trains at a stretch."""
    waiting: int = Field(0, ge=0)
    """Runs of all visitors in the queue."""
    total_disk_mb: int = Field(0, ge=0)
    """Of all runs of all visitors."""


def limits() -> Limits:
    """``CNNVIZ_HOSTED`` sets those of a demo or a class; ``CNNVIZ_MAX_EPOCHS``, ``CNNVIZ_MAX_BATCH_SIZE``, … set one of them.

    Raises StoreError where one is no number, and where nobody knows for whom the app runs.
    """
    check_hosting()
    values: dict[str, object] = {} if hosting() == "own" else dict(_HOSTED)
    for name in Limits.model_fields:
        if said := os.environ.get(f"CNNVIZ_MAX_{name.upper()}"):
            values[name] = said
    try:
        return Limits.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise StoreError(f"CNNVIZ_MAX_{name.upper()} is {values[name]!r}: set it to a whole number.") from None


def check_settings(network: Network, config: TrainingConfig) -> None:
    """Whether a run may be as large as that. Raises LimitError, which names all that is too much."""
    allowed = limits()
    wanted = (
        ("epochs", config.epochs, allowed.epochs),
        ("images a batch", config.batch_size, allowed.batch_size),
        ("parameters", network.num_params, allowed.parameters),
    )
    if above := [(f"{asked:,} {name}", f"{most:,}") for name, asked, most in wanted if most and asked > most]:
        asked_for, allowed_are = (_listed(words) for words in zip(*above, strict=True))
        raise LimitError(f"{asked_for} are more than a run may have here: {allowed_are}.")


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def check_visitor(store: RunStore, visitor: str) -> None:
    """Whether a visitor may start another run. Raises LimitError."""
    allowed, store = limits(), RunStore(store.root)  # all runs, whatever the visitor sees of them
    if allowed.waiting and sum(run.waiting for run in store.active()) >= allowed.waiting:
        raise LimitError(f"The queue is full ({allowed.waiting:,}): come back in a while.")
    runs = store.list() if allowed.runs or allowed.disk_mb or allowed.total_disk_mb else []
    own = [run for run in runs if run.visitor == visitor]
    if allowed.runs and sum(run.active for run in own) >= allowed.runs:
        what = "one run" if allowed.runs == 1 else f"{allowed.runs} runs"
        raise LimitError(f"You may have {what} at once here: wait for one of yours to end, or stop it.")
    used = sum(store.size(run.id) for run in own) / 1e6 if allowed.disk_mb else 0
    if allowed.disk_mb and used > allowed.disk_mb:
        raise LimitError(
            f"Your runs take {used:,.0f} MB of {allowed.disk_mb:,} MB: delete one that you no longer need."
        )
    if allowed.total_disk_mb and sum(store.size(run.id) for run in runs) / 1e6 > allowed.total_disk_mb:
        raise LimitError("All runs together fill the place that there is for them here: come back in a while.")
