"""What a trained network takes the user's own digit for."""

from __future__ import annotations

import streamlit as st

from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.pickers.feature_map import prediction
from cnnviz.ui.pickers.model_picker import load_model
from cnnviz.ui.pickers.picture import Features, Picture
from cnnviz.ui.pickers.predictions import no_other_answer

READER = "lenet5-mnist"


def recognition(picture: Picture | Features) -> None:
    """One line, where the picture is a digit that the user has drawn or brought."""
    if not isinstance(picture, Picture) or not (picture.is_digit and picture.is_own) or picture.missing:
        return
    try:
        model = load_model(READER)
        name, probability = prediction(model, picture)
    except CheckpointError as error:
        st.caption(escaped(str(error)))
    else:
        st.markdown(f"{READER} reads a **{escaped(name)}** ({probability:.1%} sure).")
        st.caption(no_other_answer(len(model.card.class_names)))
