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
from cnnviz.thinning import thinned
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.runs.seen_images import seen_images

_MOST_NUMBERS = 150_000  # of all kernels, every two seconds
_MOSTLY = 0.9
_MOST_EPOCHS = 60  # to choose from: more make a slow slider
_NEWEST = "newest"


def film(name: str, dataset: str, config: TrainingConfig, store: RunStore, *, live: bool = False) -> bool:
    """Of a run, or of a checkpoint that comes with the app; whether there was one to show."""
    moments = read_moments(name, store)
    if moments is None or not len(moments):
        return False
    if live:  # all of them are sent again and again
        moments = moments.thinned(max(8, _MOST_NUMBERS // max(1, moments.kernels[0].size)))
    seen = seen_images(dataset, config)
    strip = min(moments.answers.shape[1], len(seen) if seen else 0)
    shown = seen.first(strip) if seen else None
    learning_film(
        steps=moments.steps,
        epochs=moments.epochs,
        accuracies=moments.accuracies,
        kernels=moments.kernels,
        answers=moments.answers[:, :strip],
        images=shown.images if shown else None,
        labels=shown.labels.tolist() if shown else [],
        class_names=class_names(dataset),
        sample=int(moments.samples.max(initial=0)),
        of=config.evaluated_on,
        live=live,
        title="The first layer's kernels, and what the network says",
        key=f"film_{name}",
    )
    return True


def run_errors(store: RunStore, run: Run) -> None:
    """The confusion matrix after an epoch, and the surest mistakes."""
    epochs = [epoch for epoch in store.outcome_epochs(run.id) if epoch]
    if not epochs:
        return
    st.subheader("What it takes for what")
    outcome = store.outcome(run.id, (_pick_epoch(epochs) if len(epochs) > 1 else None) or epochs[-1])
    if outcome is None:  # the run began anew just now
        return
    names = class_names(run.spec.dataset)
    st.caption(
        f"All {int(outcome.confusion.sum()):,} {run.spec.config.evaluated_on} images, after epoch {outcome.epoch}."
    )
    answers = outcome.confusion.sum(0)
    if answers.max() > _MOSTLY * answers.sum():
        st.info(
            escaped(
                f"It answers {names[int(answers.argmax())]} to nearly everything: it has learned no difference yet."
            )
        )
    st.html(confusion_table(outcome.confusion, names))
    _mistakes(outcome, run, names)


def _pick_epoch(epochs: list[int]) -> int | None:
    """None: the newest."""
    epochs = [epochs[i] for i in thinned(len(epochs), _MOST_EPOCHS)]
    chosen = st.select_slider(
        "After epoch",
        [*epochs, _NEWEST],
        _NEWEST,
        key="outcome_epoch",
        help="What it took for what after each epoch; newest follows the training.",
    )
    return chosen if isinstance(chosen, int) else None


def _mistakes(outcome: Outcome, run: Run, names: tuple[str, ...]) -> None:
    st.subheader("The surest mistakes")
    if not outcome.mistakes:
        st.caption(f"There is none: every {run.spec.config.evaluated_on} image is answered right.")
        return
    seen = seen_images(run.spec.dataset, run.spec.config)
    shown = outcome.mistakes[:14]
    st.html(
        gallery(
            [seen.image(one.image) if seen else None for one in shown],
            [f"{names[one.label]}\ntaken for {names[one.answer]}\n{one.confidence:.1%} sure" for one in shown],
        )
    )
