"""What one sees of a training run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import streamlit as st

from cnnviz.components.live_curves import live_curves
from cnnviz.plots import learning_curves
from cnnviz.plots.curves import MOST_POINTS, Curves, rate_curve
from cnnviz.plots.theme import EVALUATED
from cnnviz.runs import Curve, Run, RunStore, StoreError
from cnnviz.runs.differences import duration
from cnnviz.runs.queue import busy, place
from cnnviz.runs.stored_curves import Split
from cnnviz.training.schedules import factor, rates
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.runs.diagnosis import say_diagnosis, what_curves_are
from cnnviz.ui.training.setting_controls import tells_learning, tells_rate

_WORDS = {
    "queued": "Starting …",
    "running": "Training",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "failed": "Failed",
    "finished": "Finished",
}

_FAILED = "It cannot be trained with these settings. Why would tell what this exercise hides."

_BARE = {"displayModeBar": False}  # it would lie on the legend


@contextmanager
def store_errors() -> Iterator[None]:
    """What the store cannot do is said in the page, which goes on below."""
    try:
        yield
    except StoreError as error:
        st.error(escaped(str(error)))


def run_view(store: RunStore, run: Run, enlarged: bool = False) -> None:
    """Status, progress, figures and curves of a run, as the store has them now; ``enlarged`` by the projector."""
    if run.waiting:
        _waiting(store, run)
        return
    _status(run, store.goes_on(run))
    splits: tuple[Split, ...] = ("train", "train_eval", "test")
    measured = {split: store.curve(run.id, split, MOST_POINTS) for split in splits}
    if not any(curve.steps for curve in measured.values()) and not run.active:
        return  # it never began: empty charts would say nothing
    _figures(run, measured["test"])
    if run.epochs_done and run.status != "failed":  # whose message has cause and advice
        say_diagnosis(store, run)
    curves = {
        "train": measured["train"],
        EVALUATED: measured["train_eval"],
        run.spec.config.evaluated_on: measured["test"],
    }
    if not curves[EVALUATED].steps:  # of an older release
        del curves[EVALUATED]
    _curves(run, curves, enlarged)
    if not tells_learning():
        st.caption(what_curves_are(run, EVALUATED in curves))


def _status(run: Run, goes_on: str) -> None:
    epochs = run.spec.config.epochs
    words = f"{_WORDS[run.status]} · epoch {min(run.epochs_done + run.active, epochs)}"
    if not tells("epochs"):
        words += f" of {epochs}"
    if run.stop_requested and run.active:
        words = "Stopping …"
    st.progress(run.progress, words)
    if run.status == "failed":
        st.error(_FAILED if tells_learning() and run.would_fail_again else escaped(run.message))
    elif run.status == "stopped":
        learned = "What it has learned is kept." if run.step else "It has learned nothing yet."
        kept = f"{learned} {goes_on.replace('Goes on', 'Resume goes on')}" if goes_on else ""
        if said := f"{run.message} {kept}".strip():
            st.info(escaped(said))
    elif run.status == "interrupted":
        learned = (
            f"What it had learned by epoch {run.epochs_done} is kept." if run.epochs_done else "No epoch was finished."
        )
        st.warning(escaped(f"{run.message} {learned}"))


def _figures(run: Run, measured: Curve) -> None:
    speed = "–" if run.images_per_second is None else f"{run.images_per_second:,.0f}"
    untrained = "" if run.epochs_done or run.active else ", before training"
    accuracies = [(f"Test accuracy{untrained}", run.accuracy or "–")]
    if run.spec.config.held_out:
        last = f"{measured.accuracies[-1]:.2%}" if measured.accuracies else "–"
        accuracies = [("Held-out accuracy", last), *(accuracies if run.accuracy else [])]
    left = ("Time left", _time(run.seconds_left)) if run.active else ("Time taken", _time(run.seconds or None))
    rate = run.spec.config.learning_rate * factor(run.spec.config, run.step, run.steps_per_epoch)
    facts = [
        *accuracies,
        ("Images per second", speed),
        left,
        *[("Learning rate", f"{rate:.2g}")] * (run.active and not tells_rate()),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value in facts:
            st.metric(label, value, width="content")


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def _curves(run: Run, measured: dict[str, Curve], enlarged: bool) -> None:
    epochs = run.spec.config.epochs
    if not run.active:  # what a stopped run has not come to is no part of its curve
        epochs = min(epochs, max(1, ceil(run.step / max(1, run.steps_per_epoch))))
    losses = {name: (curve.epochs, curve.losses) for name, curve in measured.items()}
    accuracies = {name: (curve.epochs, curve.accuracies) for name, curve in measured.items()}
    schedule = rates(run.spec.config, run.steps_per_epoch) if run.total_steps else []  # not known yet
    if run.active or enlarged:  # Plotly loses its size in an enlarged page
        drawn = [] if tells_rate() else schedule
        live_curves(losses, accuracies, epochs, drawn, run.step / run.steps_per_epoch)
        return
    loss, share, *rate = st.columns([5, 5, 3] if schedule and not tells_rate() else [5, 5])
    loss.plotly_chart(
        learning_curves(losses, "Loss", epochs),
        key="loss",
        config=_BARE,
        alt=f"Loss over the epochs{_last(losses, '{:.3f}')}",
    )
    share.plotly_chart(
        learning_curves(accuracies, "Accuracy", epochs, percent=True),
        key="accuracy",
        config=_BARE,
        alt=f"Accuracy over the epochs{_last(accuracies, '{:.1%}')}",
    )
    for place_of_rate in rate:
        place_of_rate.plotly_chart(
            rate_curve(schedule, "Learning rate", 320),
            key="rate",
            config=_BARE,
            alt=f"Learning rate over the epochs, {run.spec.config.schedule}, at most {run.spec.config.learning_rate:g}",
        )


def _waiting(store: RunStore, run: Run) -> None:
    """Its place, and on whom it waits."""
    where, length = place(store, run.id)
    if not where:  # its turn has come just now
        st.progress(0.0, _WORDS["queued"])
        return
    st.progress(0.0, f"Place {where} of {length} in the queue")
    turn = f"{_runs(where - 1).lower()} before this one" if where > 1 else "this one is next"
    st.info(f"{_runs(busy(store))} being trained now, and {turn}. It begins by itself; you may close the page.")


def _runs(number: int) -> str:
    return "One run is" if number == 1 else f"{number or 'No'} runs are"


def _last(curves: Curves, form: str) -> str:
    return "".join(f", {name} now {form.format(values[-1])}" for name, (_, values) in curves.items() if values)
