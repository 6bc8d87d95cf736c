"""The place that the address looks at: one that the layer has, or a sentence."""

from __future__ import annotations

from cnnviz.components.window_explorer import is_place, is_place_in
from cnnviz.layers import Shape
from cnnviz.ui.frame.refused import has_come, refuse, refuse_unreadable


def refuse_place(at: str, output_shape: Shape | None) -> None:
    """Say so where ``at`` is no place, or none in an output of ``(C, H, W)``.

    After a change of the layer the view takes the place along by itself; until it has, the address is behind.
    """
    refuse_unreadable("at", "the place to look at", is_place(at))
    if has_come("at") and output_shape and is_place(at) and not is_place_in(at, output_shape):
        refuse(
            "at",
            f"The address looks at {at}, which this layer's output does not have: it is the nearest that there is.",
        )
