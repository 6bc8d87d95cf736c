"""What a model takes the image for."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers.base import Array
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.pickers.model_picker import Model

FEW = 3


def predictions(model: Model, probabilities: Array | None, numbers: Array | None) -> None:
    """The likeliest classes in one line, by ``probabilities`` ``(classes,)``; where the network has none, by its last ``numbers``.

    These are None too where it ends in maps.
    """
    if probabilities is None:
        st.markdown(_by_numbers(model, numbers))
        return
    if not np.isfinite(probabilities).all():
        st.warning("The outputs are not finite: the weights have diverged.")
        return
    order = np.argsort(-probabilities, kind="stable")[:FEW]
    parts = [f"**{_name(model, at)}** {probabilities[at]:.1%}" for at in order]
    st.markdown(f"It sees {parts[0]} – then {', '.join(parts[1:])}" if len(parts) > 1 else f"It sees {parts[0]}")
    if len(probabilities) > 1:
        st.caption(no_other_answer(len(probabilities)))


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
