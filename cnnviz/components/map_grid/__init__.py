"""A grid of maps, or of kernels in colour, crisp, with one legend; one of them may be chosen by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnviz.components.assets import packed, register
from cnnviz.layers.base import Array
from cnnviz.plots import ScaleName, scale_for

SHARE = 0.99
"""Of the values of several maps lies within the colours, so that a few large ones do not grey out the rest."""

_mount = register("map_grid")


def map_grid(
    maps: Array,
    *,
    key: str,
    label: str,
    quantity: str,
    scale: ScaleName,
    columns: int,
    cell: int | None = None,
    chosen: int | None = None,
    on_choose: Callable[[], None] | None = None,
    item: str = "map",
    numbers: Sequence[int] = (),
    labels: Sequence[str] = (),
    heads: tuple[Sequence[str], Sequence[str]] | None = None,
    smallest: int = 0,
) -> None:
    """Draw ``(N, h, w)`` maps in rows of ``columns``, all on one scale; ``item`` is what one of them is
    called, and ``numbers`` are theirs where they are not counted from 0. ``(N, 3, h, w)`` are drawn in colour.

    ``labels`` stand above the maps, one each; ``heads`` beside their rows and above their columns. A map is at least
    ``smallest`` CSS pixels wide, and where that does not fit, one scrolls.

    ``cell`` is the width of a value in CSS pixels; by default as large as the room allows. Where ``on_choose`` is given
    it is called when the user picks a map, whose number is then ``heard(key, "chosen")``.
    """
    s = scale_for(maps, scale, share=SHARE if len(maps) > 1 else 1.0)
    spec = {
        "shape": (len(maps), *maps.shape[-2:]),
        "inColour": maps.ndim == 4,
        "columns": columns,
        "cell": cell,
        "label": label,
        "quantity": quantity,
        "scale": {"table": s.name, "low": s.low, "high": s.high},
        "chosen": chosen,
        "choosable": on_choose is not None,
        "item": item,
        "numbers": [int(number) for number in numbers],
        "labels": list(labels),
        "heads": None if heads is None else [list(names) for names in heads],
        "smallest": smallest,
    }
    callbacks = {} if on_choose is None else {"on_chosen_change": on_choose}
    _mount(data=packed(spec, maps=maps), key=key, width="stretch", height="content", **callbacks)
