"""Comparisons of networks that come with the app, one click each, and what each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from cnnviz.networks.layer_text import amount
from cnnviz.runs import RunStore, shipped
from cnnviz.runs.differences import gap
from cnnviz.runs.results import Result
from cnnviz.training.accuracy import percent
from cnnviz.ui.compare.chosen_results import KEY, choose, read_all
from cnnviz.ui.frame.address import texts
from cnnviz.ui.frame.markdown import escaped

_OPENED = "compare_opened"  # forgotten on another page
_OWN = "Each had the settings that suit it: “What differs” lists them."


@dataclass(frozen=True)
class Ready:
    title: str
    names: tuple[str, ...]
    says: Callable[[Sequence[Result]], str]
    """A sentence with the figures of the results ``names``."""


def _dense_or_convolutional(results: Sequence[Result]) -> str:
    dense, *others = results
    convolutional = ", ".join(f"the {one.network.name} {_test(one)}" for one in others)
    return (
        f"Without convolutions a network gets {_train(dense)} of its training images right, by heart, and {_test(dense)} of "
        f"new ones. With convolutions, of new ones: {convolutional}. {_OWN}"
    )


def _overfitting(results: Sequence[Result]) -> str:
    plain_one, helped = results
    gaps = " to ".join(
        "–" if points is None else f"{100 * points:.0f}".replace("-", "−") for points in map(gap, results)
    )
    return (
        f"One network twice. Its images as they are: {_train(plain_one)} of them right in the end, {_test(plain_one)} of new "
        f"ones. Changed images and dropout: {_train(helped)} and {_test(helped)}. The gap goes from {gaps} points."
    )


def _deeper(results: Sequence[Result]) -> str:
    networks = (f"{one.network.name} with {amount(one.network.num_params)} parameters {_test(one)}" for one in results)
    return f"What more layers bring on new images: {', '.join(networks)}. {_OWN}"


def _train(result: Result) -> str:
    return "–" if result.train_accuracy is None else f"{result.train_accuracy:.1%}"


def _test(result: Result) -> str:
    return "–" if result.test_accuracy is None else percent(result.test_accuracy, result.test_images)


READY = (
    Ready(
        "Fully connected or convolutional",
        ("mlp-cifar10", "tutorial_net-cifar10", "lenet5-cifar10"),
        _dense_or_convolutional,
    ),
    Ready("Overfitting, and what helps", ("lenet5_plain-cifar10", "lenet5-cifar10"), _overfitting),
    Ready(
        "Deeper",
        ("tutorial_net-cifar10", "lenet5-cifar10", "simplified_alexnet-cifar10", "simplified_resnet-cifar10"),
        _deeper,
    ),
)


def ready_comparisons(store: RunStore) -> bool:
    """A button for each whose networks are all there, and its sentence; whether there is any.

    A page whose address compares nothing opens on the first of them.
    """
    there = set(shipped())
    offered = [
        (ready, results) for ready in READY if there.issuperset(ready.names) and (results := _read(ready, store))
    ]
    if not offered:
        return False
    is_new = not st.session_state.get(_OPENED)
    st.session_state[_OPENED] = True
    if is_new and not texts(KEY):
        choose(offered[0][0].names)
    for column, (ready, results) in zip(st.columns(len(offered), gap="large"), offered, strict=True):
        with column:
            st.button(
                ready.title,
                key=f"ready_{READY.index(ready)}",
                on_click=choose,
                args=(ready.names,),
                icon=":material/compare_arrows:",
            )
            st.caption(escaped(ready.says(results)))
    return True


def _read(ready: Ready, store: RunStore) -> list[Result]:
    """None of them where one is damaged, which is said."""
    results = read_all(ready.names, store)
    return results if len(results) == len(ready.names) else []
