"""What a model takes the image for."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers.base import Array
from cnnviz.ui.model_picker import Model
from cnnviz.ui.plain import plain

FEW = 3


def predictions(model: Model, probabilities: Array | None) -> None:
    """The likeliest classes in one line; ``probabilities`` ``(classes,)``, None where the network ends in maps."""
    if probabilities is None:
        st.markdown("It does not end in one number a class: there is no prediction to name.")
        return
    if not np.isfinite(probabilities).all():
        st.warning("The outputs are not finite: the weights have diverged.")
        return
    names = model.card.class_names
    order = np.argsort(-probabilities, kind="stable")[:FEW]
    parts = [f"**{plain(names[at]) if at < len(names) else at}** {probabilities[at]:.1%}" for at in order]
    st.markdown(f"It sees {parts[0]} – then {', '.join(parts[1:])}" if len(parts) > 1 else f"It sees {parts[0]}")
    if len(probabilities) > 1:
        st.caption(no_other_answer(len(probabilities)))


def no_other_answer(classes: int) -> str:
    """What stands once beside an answer."""
    return (
        f"It has no answer “none of these”: whatever it is shown, it names one of its {classes} classes, and on pictures of "
        "other things its certainty means nothing."
    )
