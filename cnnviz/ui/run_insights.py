"""What a network that learns knows by now: its first kernels, its answers, and where it errs."""

from __future__ import annotations

import streamlit as st

from cnnviz.components.learning_film import learning_film
from cnnviz.data import class_names
from cnnviz.plots.confusion import confusion_table
from cnnviz.plots.gallery import gallery
from cnnviz.runs import Run, RunStore
from cnnviz.runs.records import Outcome
from cnnviz.runs.results import read_moments
from cnnviz.ui.seen_images import images_to_test

_SAMPLE = 500  # test images by which the moments are measured
_MOST_NUMBERS = 400_000  # of all kernels, every two seconds
_NEWEST = "newest"


def film(name: str, dataset: str, store: RunStore, *, live: bool = False) -> bool:
    """Of a run, or of a checkpoint that comes with the app; whether there was one to show."""
    moments = read_moments(name, store)
    if moments is None or not len(moments):
        return False
    if live:  # all of them are sent again and again
        moments = moments.thinned(max(8, _MOST_NUMBERS // max(1, moments.kernels[0].size)))
    test, strip = images_to_test(dataset), moments.answers.shape[1]
    learning_film(
        steps=moments.steps,
        epochs=moments.epochs,
        accuracies=moments.accuracies,
        kernels=moments.kernels,
        answers=moments.answers if test else moments.answers[:, :0],
        images=test.images[:strip] if test else None,
        labels=test.labels[:strip].tolist() if test else [],
        class_names=class_names(dataset),
        sample=min(_SAMPLE, len(test)) if test else _SAMPLE,
        live=live,
        title="The first layer's kernels, and what the network says",
        key=f"film_{name}",
    )
    return True


def run_errors(store: RunStore, run: Run) -> None:
    """The confusion matrix after an epoch, and the surest mistakes."""
    outcomes = [one for one in store.outcomes(run.id) if one.epoch]
    if not outcomes:
        return
    names = class_names(run.spec.dataset)
    st.subheader("What it takes for what")
    chosen = _pick_epoch([one.epoch for one in outcomes]) if len(outcomes) > 1 else None
    outcome = next((one for one in outcomes if one.epoch == chosen), outcomes[-1])
    st.caption(f"All {int(outcome.confusion.sum()):,} test images, after epoch {outcome.epoch}.")
    st.html(confusion_table(outcome.confusion, names))
    _mistakes(outcome, run.spec.dataset, names)


def _pick_epoch(epochs: list[int]) -> int | None:
    """None: the newest."""
    chosen = st.select_slider(
        "After epoch",
        [*epochs, _NEWEST],
        _NEWEST,
        key="outcome_epoch",
        help="What it took for what after each epoch; newest follows the training.",
    )
    return chosen if isinstance(chosen, int) else None


def _mistakes(outcome: Outcome, dataset: str, names: tuple[str, ...]) -> None:
    st.subheader("The surest mistakes")
    if not outcome.mistakes:
        st.caption("There is none: every test image is answered right.")
        return
    test = images_to_test(dataset)
    shown = outcome.mistakes[:14]
    st.html(
        gallery(
            [test.images[one.image] if test and one.image < len(test) else None for one in shown],
            [f"{names[one.label]}\ntaken for {names[one.answer]}\n{one.confidence:.1%} sure" for one in shown],
        )
    )
