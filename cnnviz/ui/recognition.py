"""What a trained network takes the user's own digit for."""

from __future__ import annotations

import streamlit as st

from cnnviz.runs import CheckpointError
from cnnviz.ui.feature_map import prediction
from cnnviz.ui.image_picker import Features, Picture
from cnnviz.ui.model_picker import load_model
from cnnviz.ui.plain import plain

READER = "lenet5-mnist"


def recognition(picture: Picture | Features) -> None:
    """One line, where the picture is a digit that the user has drawn."""
    if not isinstance(picture, Picture) or not (picture.is_digit and picture.is_own):
        return
    try:
        name, probability = prediction(load_model(READER), picture)
    except CheckpointError as error:
        st.caption(plain(str(error)))
    else:
        st.markdown(f"{READER} reads a **{plain(name)}** ({probability:.1%} sure).")
