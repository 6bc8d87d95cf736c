"""The place that the address looks at: one that the layer has, or a sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from cnnviz.components.window_explorer.places import is_place, is_place_in, same_place
from cnnviz.layers import Shape
from cnnviz.layers.window import LocalLayer
from cnnviz.ui.frame.address import keep
from cnnviz.ui.frame.browser_history import came_by_history
from cnnviz.ui.frame.refused import has_come, refuse, refuse_unreadable

_FOLLOWED = "followed_place"


@dataclass(frozen=True)
class _Followed:
    chosen: str
    """The place that somebody has chosen, of the layer that there was then: there and back, one is where one was."""
    layer: LocalLayer
    input_shape: Shape
    at: str
    """Where it is now."""


def follow_place(at: str, layer: LocalLayer, input_shape: Shape) -> tuple[str, bool]:
    """The place of the address, taken along where the layer or its input has changed, and whether it was taken along."""
    known: _Followed | None = st.session_state.get(_FOLLOWED)
    if known is None or known.at != at or came_by_history():
        if not is_place(at) or "." not in at or not is_place_in(at, layer.output_shape(input_shape)):
            return at, False
        known = _Followed(at, layer, input_shape, at)
    now = same_place(known.chosen, known.layer, known.input_shape, layer, input_shape)
    st.session_state[_FOLLOWED] = replace(known, at=now)
    if now != at:
        keep("at", now)
    return now, now != known.chosen


def refuse_place(at: str, output_shape: Shape | None) -> None:
    """Say so where ``at`` is no place, or none in an output of ``(C, H, W)``."""
    refuse_unreadable("at", "the place to look at", is_place(at))
    if has_come("at") and output_shape and is_place(at) and not is_place_in(at, output_shape):
        refuse(
            "at",
            f"The address looks at {at}, which this layer's output does not have: it is the nearest that there is.",
        )
