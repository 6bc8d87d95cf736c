"""What a model takes the image for."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers.base import Array
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.pickers.model_picker import Model

FEW = 3


def predictions(
    model: Model, probabilities: Array | None, numbers: Array | None, truth: str = "", unlike: str = ""
) -> None:
    """The likeliest classes in one line, by ``probabilities`` ``(classes,)``; where the network has none, by its last ``numbers``.

    These are None too where it ends in maps. ``truth`` is what the image shows, where that is known; ``unlike`` is a
    sentence where it is unlike what the model has learned on. The line stays in view while one scrolls.
    """
    if probabilities is not None and not np.isfinite(probabilities).all():
        st.warning("The outputs are not finite: the weights have diverged.")
        return
    with st.container(key="answer"):
        st.markdown(_by_numbers(model, numbers) if probabilities is None else _answer(model, probabilities, truth))
    if unlike:
        st.markdown(f":orange[:material/warning:] {unlike}")
    if probabilities is not None and len(probabilities) > 1:
        st.caption(no_other_answer(len(probabilities)))


def _answer(model: Model, probabilities: Array, truth: str) -> str:
    order = np.argsort(-probabilities, kind="stable")
    first = int(order[0])
    said = f"It says **{_name(model, first)}** ({percent(probabilities[first])})"
    others = [f"{_name(model, at)} ({percent(probabilities[at])})" for at in order[1:FEW]]
    if truth not in model.card.class_names:
        return ", then ".join([said, *([", ".join(others)] if others else [])]) + "."
    at = model.card.class_names.index(truth)
    if at == first:
        verdict = f":green[**✓**] {said}, and that is right."
    else:
        verdict = f":red[**✗**] {said}; it is **{escaped(truth)}** ({percent(probabilities[at])})."
    return f"{verdict} Then {', '.join(others)}." if others and at == first else verdict


def percent(share: float) -> str:
    """Of a softmax: never 0 % or 100 %, which none gives, though its numbers may be rounded to them."""
    if share < 0.0005:
        return "<0.1%"
    return ">99.9%" if share >= 0.9995 else f"{share:.1%}"


def no_other_answer(classes: int) -> str:
    """What stands once beside an answer."""
    return (
        f"It has no answer “none of these”: whatever it is shown, it names one of its {classes} classes, and on pictures of "
        "other things its certainty means nothing."
    )


def _by_numbers(model: Model, numbers: Array | None) -> str:
    """What can be said of numbers that are no probabilities."""
    last = model.card.network.layers[-1].kind if model.card.network.layers else "nothing"
    if numbers is None:
        return "It ends in maps, not in one number a class: there is no prediction to name."
    if len(numbers) == 1:
        return "It ends in a single number: there are no classes to choose from."
    if not np.isfinite(numbers).all():
        return f"It ends in {last}, and its numbers are not finite: there is no largest one."
    at = int(np.argmax(numbers))
    often = int((numbers == numbers[at]).sum())
    value = f"{numbers[at]:.3g}".replace("-", "−")
    largest = f"the largest is that of **{_name(model, at)}**, {value}"
    if often > 1:
        largest = f"the largest, {value}, is that of {often} classes"
    return f"It ends in {last}: its {len(numbers)} numbers are no probabilities; {largest}."


def _name(model: Model, at: int) -> str:
    names = model.card.class_names
    return escaped(names[at]) if at < len(names) else str(at)
