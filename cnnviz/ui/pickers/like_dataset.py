"""A picture that the user brings, made like those that a network has learned on, as a drawing is."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Images
from cnnviz.data.images import to_grey
from cnnviz.data.ink import DIGIT, FORMS, LOOKED_AT, Form, Ink, find_ink, is_formed, prepared
from cnnviz.ui.frame.address import switch
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.pickers.picture import Picture

_SHOWN = 112
_SEEN = 8  # levels of 255 between the darkest and the lightest


def like_dataset(picture: Picture, learned_on: str | None) -> Picture:
    """Offered for networks that learned on light ink on black, and without a network for whoever wants a digit.

    ``learned_on`` names the network's dataset; None where a page has no network.
    """
    if not picture.missing and int(np.ptp(picture.pixels)) < _SEEN:
        picture = replace(picture, missing="This picture is of one colour: there is nothing on it.")
    elif picture.missing:
        return picture
    if learned_on is not None and learned_on not in FORMS:
        return picture
    form = DIGIT if learned_on is None else FORMS[learned_on]
    name = "Fashion-MNIST" if learned_on == "fashion_mnist" else "MNIST"
    wanted = switch(
        "like_dataset",
        label=f"Like {name}'s images",
        default=learned_on is not None,
        help=f"Light ink on black, cropped to the ink, fitted into {form.inner}×{form.inner} pixels, its centre "
        f"{'of mass ' * form.by_mass}in the middle of 28×28.",
    )
    whole = picture.pixels if picture.finer is None else picture.finer(LOOKED_AT, LOOKED_AT)
    if picture.missing:
        return picture
    with place("like_dataset"):
        if not wanted:
            _say_unlike(whole, learned_on, name)
            return picture
        if is_formed(whole, form):
            st.caption(f"It has the form of {name}'s images: nothing was changed.")
            return replace(picture, pixels=to_grey(whole), finer=None, is_digit=form is DIGIT, is_own=True)
        made = _prepared(_digest(whole), form, whole)
        if made is None:
            st.warning(
                f"No ink stands out from a plain ground, so it cannot be made like {name}'s images: it stays as it is."
            )
            return picture
        pixels, ink = made
        st.caption(f"Made like {name}'s images: {_done(ink, form)}.")
        large = np.repeat(np.repeat(pixels[0], _SHOWN // 28, 0), _SHOWN // 28, 1)
        st.image(large, caption="What is read", width=_SHOWN, output_format="PNG")
    return replace(picture, pixels=pixels, finer=None, is_digit=form is DIGIT, is_own=True)


def _digest(pixels: Images) -> str:
    shape = ",".join(map(str, pixels.shape))
    return f"{shape} {hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=16).hexdigest()}"


@st.cache_resource(max_entries=32, show_spinner=False)
def _prepared(digest: str, form: Form, _pixels: Images) -> tuple[Images, Ink] | None:
    return prepared(_pixels, form)


@st.cache_resource(max_entries=32, show_spinner=False)
def _ink(digest: str, _pixels: Images) -> Ink | None:
    return find_ink(_pixels)


def _done(ink: Ink, form: Form) -> str:
    first = "inverted, for it is dark on light, " if ink.on_light else ""
    flat = "" if ink.is_clean else "its ground made black, "
    middle = "centred by its mass" if form.by_mass else "centred"
    return f"{first}{flat}cropped to the ink, fitted into {form.inner}×{form.inner} pixels, {middle}"


def _say_unlike(whole: Images, learned_on: str | None, name: str) -> None:
    if learned_on is None or is_formed(whole, FORMS[learned_on]):
        return
    ink = _ink(_digest(whole), whole)
    what = "is dark on light" if ink is not None and ink.on_light else "is not cropped and centred like them"
    st.warning(
        f"The network has learned on {name}'s images, light on black. This picture {what}: expect wrong answers."
    )
