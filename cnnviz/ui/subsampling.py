"""Keep every so many pixels: is the object still there, and where does it go wrong?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.layers.base import Array
from cnnviz.layers.invariance import blurred, change, rolled, subsampled
from cnnviz.plots import ScaleName
from cnnviz.runs import CheckpointError
from cnnviz.ui.address import slide
from cnnviz.ui.feature_map import prediction
from cnnviz.ui.image_picker import Features, Picture
from cnnviz.ui.map_row import Tile, map_row
from cnnviz.ui.model_picker import Model, load_model
from cnnviz.ui.recognition import READER


def subsampling_view(picture: Picture | Features, channel: int) -> None:
    """The maps of ``channel`` are shown; the numbers are of all channels."""
    step = slide("Keep every so many pixels", range(2, 9), 2, key="step", help="In each row and each column.")
    x = picture.values
    scale: ScaleName = "pixels" if picture.are_pixels else "activations"
    soft = blurred(x, (step, step))
    rows = {"as it is": x, "blurred first": soft}
    st.markdown(
        "\n".join(
            f"- **{name.capitalize()}**: when the input is shifted by one pixel, what is kept changes by "
            f"**{_jump(values, step):.0%}** of its length."
            for name, values in rows.items()
        )
    )
    for name, values in rows.items():
        first, second = (
            subsampled(values, (step, step))[channel],
            subsampled(rolled(values, 0, -1), (step, step))[channel],
        )
        map_row(
            [
                Tile("Input" if values is x else "Input, blurred", values[channel], "Input", scale),
                Tile(f"Every {_ordinal(step)} pixel, {name}", first, "Kept", scale),
                Tile("The same, one pixel further right", second, "Kept", scale),
                Tile("Difference", second - first, "Difference"),
            ],
            key=f"subsampled_{name}",
        )
    st.caption(
        "Subsampling does not change the object, as long as nothing in it is finer than two of the pixels that are kept. "
        "Stripes of one pixel at every second pixel are all or nothing: aliasing. The blur takes out what is too fine."
    )
    if isinstance(picture, Picture) and picture.is_digit:
        _read(picture, step)


def _jump(values: Array, step: int) -> float:
    kept = subsampled(values, (step, step))
    return change(kept, subsampled(rolled(values, 0, -1), (step, step)))


def _ordinal(n: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(n, f"{n}th")


def _read(picture: Picture, step: int) -> None:
    """Whether the digit reader still sees the same, in what was kept, enlarged again."""
    try:
        model = load_model(READER)
    except CheckpointError as error:
        st.caption(str(error))
        return
    versions = {
        "the image": picture.values,
        f"every {_ordinal(step)} pixel, enlarged again": _enlarged(picture.values, step),
        "the same, blurred first": _enlarged(blurred(picture.values, (step, step)), step),
    }
    rows = "\n".join(f"| {name} | {_reading(model, picture, values)} |" for name, values in versions.items())
    st.markdown(f"Does it change the object? {READER} reads:\n\n| | |\n|:--|:--|\n{rows}")


def _enlarged(x: Array, step: int) -> Array:
    """Subsampled, and each value as large as what it stands for."""
    kept = subsampled(x, (step, step))
    return kept.repeat(step, 1).repeat(step, 2)[:, : x.shape[1], : x.shape[2]]


def _reading(model: Model, picture: Picture, values: Array) -> str:
    pixels = np.round(values * 255).clip(0, 255).astype(np.uint8)
    name, probability = prediction(model, Picture(pixels, picture.title))
    return f"a **{name}**, {probability:.1%} sure"
