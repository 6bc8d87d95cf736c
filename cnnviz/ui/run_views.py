"""What one sees of a training run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnnviz.components.live_curves import live_curves
from cnnviz.plots import learning_curves
from cnnviz.plots.curves import Curves
from cnnviz.runs import Run, RunStore, StoreError
from cnnviz.runs.queue import place
from cnnviz.ui.plain import plain

_WORDS = {
    "queued": "Starting …",
    "running": "Training",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "failed": "Failed",
    "finished": "Finished",
}


@contextmanager
def store_errors() -> Iterator[None]:
    """What the store cannot do is said in the page, which goes on below."""
    try:
        yield
    except StoreError as error:
        st.error(plain(str(error)))


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def run_view(store: RunStore, run: Run) -> None:
    """Status, progress, figures and curves of a run, as the store has them now."""
    epochs = run.spec.config.epochs
    if run.waiting:
        _waiting(store, run)
        return
    words = f"{_WORDS[run.status]} · epoch {min(run.epochs_done + run.active, epochs)} of {epochs}"
    if run.stop_requested and run.active:
        words = "Stopping …"
    st.progress(run.progress, words)
    if run.status == "failed":
        st.error(plain(run.message))
    elif run.status == "stopped" and run.message:
        st.info(plain(run.message))
    elif run.status == "interrupted":
        learned = (
            f"What it had learned by epoch {run.epochs_done} is kept." if run.epochs_done else "No epoch was finished."
        )
        st.warning(f"{run.message} {learned}")
    speed = "–" if run.images_per_second is None else f"{run.images_per_second:,.0f}"
    accuracy = "–" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
    spent = run.seconds or None
    left = ("Time left", _duration(run.seconds_left)) if run.active else ("Time taken", _duration(spent))
    facts = (("Test accuracy", accuracy), ("Images per second", speed), left)
    with st.container(horizontal=True, gap="large"):
        for label, value in facts:
            st.metric(label, value, width="content")
    measured = {split: store.curve(run.id, split) for split in ("train", "test")}
    losses = {name: (curve.epochs, curve.losses) for name, curve in measured.items()}
    accuracies = {name: (curve.epochs, curve.accuracies) for name, curve in measured.items()}
    if run.active:
        live_curves(losses, accuracies, epochs)
        return
    loss, share = st.columns(2)
    loss.plotly_chart(
        learning_curves(losses, "Loss", epochs), key="loss", alt=f"Loss over the epochs{_last(losses, '{:.3f}')}"
    )
    share.plotly_chart(
        learning_curves(accuracies, "Accuracy", epochs, percent=True),
        key="accuracy",
        alt=f"Accuracy over the epochs{_last(accuracies, '{:.1%}')}",
    )


def _waiting(store: RunStore, run: Run) -> None:
    """Its place, and on whom it waits."""
    where, length = place(store, run.id)
    if not where:  # its turn has come just now
        st.progress(0.0, _WORDS["queued"])
        return
    training = sum(not other.waiting for other in store.active())
    st.progress(0.0, f"Place {where} of {length} in the queue")
    st.info(
        f"{_runs(training)} being trained now, and {_runs(where - 1).lower()} before this one. "
        "It begins by itself; you may close the page."
    )


def _runs(number: int) -> str:
    return "One run is" if number == 1 else f"{number or 'No'} runs are"


def _last(curves: Curves, form: str) -> str:
    return "".join(f", {name} now {form.format(values[-1])}" for name, (_, values) in curves.items() if values)
