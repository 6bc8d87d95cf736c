"""Shift a picture or paint single pixels of it, and see what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from cnnviz.components.pixel_editor import pixel_editor
from cnnviz.data.changes import are_within, clean, painted, shift_pixels
from cnnviz.data.dataset import Images
from cnnviz.ui.frame.address import keep, slide, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.refused import has_come, refuse_unreadable
from cnnviz.ui.pickers.picture import Picture

FURTHEST = 16
"""The largest shift, in pixels."""


def change_picture(picture: Picture) -> Picture:
    """Controls that shift and paint; the picture as it is then, under its own title.

    What was painted is a place and a value: it stays where it is when the picture moves or another one is chosen.
    """
    with st.container(horizontal=True):
        right = _shift("right", picture.pixels.shape[2])
        down = _shift("down", picture.pixels.shape[1])
    moved = shift_pixels(picture.pixels, right, down)
    asked = text("pixels")
    edits = clean(asked)
    is_whole = edits.count("_") == asked.count("_") and bool(edits)
    refuse_unreadable(
        "pixels", "the painted pixels", is_whole and (not has_come("pixels") or are_within(edits, *moved.shape[1:]))
    )
    with place("pixels"):
        pixel_editor(moved, edits, on_change=lambda new: keep("pixels", new))
    pixels = painted(moved, edits)
    missing = picture.missing if picture.pixels.any() or not pixels.any() else ""  # an empty sheet was painted on
    return replace(picture, pixels=pixels, finer=_finer(picture, right, down, edits), missing=missing)


def _finer(picture: Picture, right: int, down: int, edits: str) -> Callable[[int, int], Images] | None:
    """The same changes to the picture with all its detail: a pixel here is several there."""
    finer, (_, height, width) = picture.finer, picture.pixels.shape
    if finer is None:
        return None

    def changed(most_high: int, most_wide: int) -> Images:
        fine = finer(most_high, most_wide)
        by = round(right * fine.shape[2] / width), round(down * fine.shape[1] / height)
        return painted(shift_pixels(fine, *by), edits, (height, width))

    return changed


def opens_changed() -> bool:
    """Whether the address changed the picture when the page was opened: later on the user opens and closes the controls."""
    return bool(st.session_state.setdefault("opens_changed", any(map(text, ("right", "down", "pixels")))))


def _shift(name: str, size: int) -> int:
    """So far that one row or column of the picture is left."""
    most = min(FURTHEST, size - 1)
    return int(slide(name, range(-most, most + 1)))
