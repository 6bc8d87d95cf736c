"""What a network that learns knows by now: its first kernels, its answers, and where it errs."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.components.learning_film import learning_film
from cnnviz.components.linked import linked
from cnnviz.data import class_names
from cnnviz.plots.confusion import confusion_table
from cnnviz.plots.gallery import gallery
from cnnviz.runs import Run, RunStore
from cnnviz.runs.records import Outcome
from cnnviz.runs.results import read_moments
from cnnviz.thinning import thinned
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.address import keep, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.refused import refuse_unreadable
from cnnviz.ui.links.measured_images import hrefs_through
from cnnviz.ui.links.way import follow, is_told, lead_on, way, way_of
from cnnviz.ui.runs.seen_images import SeenImages, seen_images

_MOST_NUMBERS = 150_000  # of all kernels, every two seconds
_MOSTLY = 0.9
_MOST_IMAGES = 28  # of a cell
_MOST_EPOCHS = 60  # to choose from: more make a slow slider
_NEWEST = "newest"


def film(name: str, dataset: str, config: TrainingConfig, store: RunStore, *, live: bool = False) -> bool:
    """Of a run, or of a checkpoint that comes with the app; whether there was one to show."""
    moments = read_moments(name, store)
    if moments is None or not len(moments):
        return False
    if live:  # all of them are sent again and again
        moments = moments.thinned(max(8, _MOST_NUMBERS // max(1, moments.kernels[0].size)))
    lead_on()
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
        links=hrefs_through(name, seen, range(strip)),
        on_follow=follow,
    )
    return True


def run_errors(store: RunStore, run: Run) -> None:
    """The confusion matrix after an epoch, the images of one of its cells, and the surest mistakes."""
    lead_on()
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
    seen = seen_images(run.spec.dataset, run.spec.config)
    _confusion(outcome, run, names, seen)
    _mistakes(outcome, run, names, seen)


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


def _confusion(outcome: Outcome, run: Run, names: tuple[str, ...], seen: SeenImages | None) -> None:
    """The matrix; where it is known which images they are, each count leads to them."""
    if seen is None or outcome.answers is None:
        st.html(confusion_table(outcome.confusion, names))
        return
    said = text("truth"), text("answer")
    chosen = (names.index(said[0]), names.index(said[1])) if set(said) <= set(names) else None
    refuse_unreadable("truth", "a class", not said[0] or said[0] in names)
    refuse_unreadable("answer", "a class", not said[1] or said[1] in names)

    def link(label: int, answer: int) -> str:
        cell = {} if (label, answer) == chosen else {"truth": names[label], "answer": names[answer]}
        return way("train", run=run.id, **cell).href

    is_open = is_told("truth", "answer")
    html = confusion_table(outcome.confusion, names, link if is_open else None, chosen if is_open else None)
    linked(html, key="confusion", on_follow=_choose_cell)
    if chosen is not None:
        numbers = outcome.given(seen.labels, *chosen)
        with place("truth"), place("answer"):
            images = _cell_images(run, seen, numbers, names[chosen[0]], names[chosen[1]])
            linked(images, key="cell", on_follow=follow)


def _choose_cell(href: str) -> None:
    if cell := way_of(href, ("train",)):
        for name in ("truth", "answer"):
            keep(name, cell.settings.get(name, ""))


def _cell_images(run: Run, seen: SeenImages, numbers: list[int], truth: str, answer: str) -> str:
    shown = numbers[:_MOST_IMAGES]
    some = f", the first {len(shown)}" if len(shown) < len(numbers) else ""
    many = f"{len(numbers):,} {run.spec.config.evaluated_on} image{'s' * (len(numbers) != 1)}"
    words = f"{many} of {truth} taken for {answer}{some}:"
    links = hrefs_through(run.id, seen, shown)
    captions = [f"image {seen.places[number]:,}" for number in shown]
    return f"<p>{escape(words)}</p>{_gallery([seen.image(number) for number in shown], captions, links)}"


def _gallery(images: list[NDArray[np.uint8] | None], captions: list[str], links: list[str | None]) -> str:
    said = "<p>Click an image to follow it through the network.</p>" if any(links) else ""
    return f"{gallery(images, captions, links)}{said}"


def _mistakes(outcome: Outcome, run: Run, names: tuple[str, ...], seen: SeenImages | None) -> None:
    st.subheader("The surest mistakes")
    if not outcome.mistakes:
        st.caption(f"There is none: every {run.spec.config.evaluated_on} image is answered right.")
        return
    shown = outcome.mistakes[:14]
    linked(
        _gallery(
            [seen.image(one.image) if seen else None for one in shown],
            [f"{names[one.label]}\ntaken for {names[one.answer]}\n{one.confidence:.1%} sure" for one in shown],
            hrefs_through(run.id, seen, [one.image for one in shown]),
        ),
        key="mistakes",
        on_follow=follow,
    )
