"""Keep every so many pixels: is the object still there, and where does it go wrong?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers.base import Array
from cnnviz.layers.invariance import blurred, change, enlarged, rolled, subsampled
from cnnviz.plots import ScaleName
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.address import slide
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.layer_lab.properties.map_row import Tile, map_row
from cnnviz.ui.pickers.feature_map import prediction
from cnnviz.ui.pickers.model_picker import Model, load_model
from cnnviz.ui.pickers.picture import Features, Picture
from cnnviz.ui.pickers.predictions import no_other_answer
from cnnviz.ui.pickers.recognition import READER


def subsampling_view(picture: Picture | Features, channel: int) -> None:
    """The maps of ``channel`` are shown; the numbers are of all channels."""
    step = slide("step")
    x = picture.values
    scale: ScaleName = "pixels" if picture.are_pixels else "activations"
    rows = []
    for name, values in (("as it is", x), ("blurred first", blurred(x, (step, step)))):
        kept, next_ = (subsampled(moved, (step, step)) for moved in (values, rolled(values, 0, -1)))
        rows.append((name, values, kept, next_))
    st.markdown(
        "\n".join(
            f"- **{name.capitalize()}**: when the input is shifted by one pixel, what is kept changes by "
            f"**{change(kept, next_):.0%}**."
            for name, _, kept, next_ in rows
        )
    )
    for name, values, kept, next_ in rows:
        map_row(
            [
                Tile("Input" if values is x else "Input, blurred", values[channel], "Input", scale),
                Tile(f"Every {_ordinal(step)} pixel, {name}", kept[channel], "Kept", scale),
                Tile("One pixel further right", next_[channel], "Kept", scale),
                Tile("Difference", next_[channel] - kept[channel], "Difference"),
            ],
            key=f"subsampled_{name}",
        )
    st.caption(
        "Subsampling does not change the object, as long as nothing in it is finer than two of the pixels that are kept. "
        "Stripes of one pixel at every second pixel are all or nothing: aliasing. The blur takes out what is too fine."
    )
    if isinstance(picture, Picture) and picture.is_digit and not picture.missing:
        _read(picture, step)


def _ordinal(n: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(n, f"{n}th")


def _read(picture: Picture, step: int) -> None:
    """Whether the digit reader still sees the same, in what was kept, enlarged again."""
    try:
        model = load_model(READER)
    except CheckpointError as error:
        st.caption(escaped(str(error)))
        return
    size = (picture.values.shape[1], picture.values.shape[2])
    versions = {"the image": picture.values}
    for name, values in (
        (f"every {_ordinal(step)} pixel, enlarged again", picture.values),
        ("the same, blurred first", blurred(picture.values, (step, step))),
    ):
        versions[name] = enlarged(subsampled(values, (step, step)), (step, step), size)
    rows = "\n".join(f"| {name} | {_reading(model, picture, values)} |" for name, values in versions.items())
    st.markdown(f"Does it change the object?\n\n| | {READER} reads |\n|:--|:--|\n{rows}")
    if not picture.is_own:  # beside the answer for one's own digit it is said already
        st.caption(no_other_answer(len(model.card.class_names)))


def _reading(model: Model, picture: Picture, values: Array) -> str:
    pixels = np.round(values * 255).clip(0, 255).astype(np.uint8)
    name, probability = prediction(model, Picture(pixels, picture.title))
    return f"**{escaped(name)}**, {probability:.1%} sure"
