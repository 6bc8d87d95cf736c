"""A network at a glance: a column of small maps for each layer, what feeds which, and ways to look closer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.components.assets import heard, packed, register
from cnnviz.layers import Reach
from cnnviz.plots import ScaleName

_mount = register("network_map")

ScaleOf = Literal["layer", "map", "network"]


@dataclass(frozen=True)
class Feed:
    """A map that another one is made of."""

    column: int
    channel: int
    share: float
    """0 to 1, of all that the other one is made of."""


def together(feeds: Sequence[Sequence[Feed]]) -> NDArray[np.float32]:
    """As one array ``(maps, most, 3)`` of column, channel and share; column −1 where there is none.

    Overviews are kept, and Python looks through every object that it has after each run of a page.
    """
    made = np.full((len(feeds), max(map(len, feeds), default=0), 3), -1, np.float32)
    for slot, parts in enumerate(feeds):
        for at, feed in enumerate(parts):
            made[slot, at] = feed.column, feed.channel, feed.share
    return made


@dataclass(frozen=True)
class Column:
    """One layer."""

    name: str
    title: str
    subtitle: str
    column: int
    lane: int
    inputs: tuple[int, ...]
    """The columns that it reads, by their numbers in the list."""
    size: tuple[int, int]
    """(height, width) of its maps."""
    total: int
    """How many maps it has."""
    channels: Sequence[int]
    """The ones that are shown."""
    thumbnails: NDArray[np.uint8]
    """``(shown, h, w)``: 0 is the map's lowest value, 254 its highest, 255 not finite."""
    low: NDArray[np.float32]
    """The lowest value of each shown map, ``(shown,)``."""
    high: NDArray[np.float32]
    odd: Sequence[int]
    """How many values of each shown map are NaN or infinite."""
    span: tuple[float, float]
    """The lowest and the highest value of the whole layer."""
    scale: ScaleName = "activations"
    made: NDArray[np.float32] = field(default_factory=lambda: together([]))
    """``together`` of what ``feeds`` gives."""
    names: Sequence[str] = ()
    """Of all its units, where they have names: the classes."""
    joins: str = ""
    """Where paths meet: ``"+"`` or ``"&"``."""
    reach: Reach | None = None
    colour: tuple[Sequence[float], Sequence[float]] | None = None
    """Where the maps are the red, green and blue of one picture: the means and the standard deviations that undo how the
    network reads it, so that it can be shown in its colours."""
    also: str = ""
    """What else has a say in each map, in words that end a sentence."""

    @property
    def feeds(self) -> list[list[Feed]]:
        """For each shown map the strongest of what it is made of."""
        return [
            [Feed(int(column), int(channel), float(share)) for column, channel, share in parts if column >= 0]
            for parts in self.made.tolist()
        ]


def network_map(
    columns: Sequence[Column],
    *,
    network: str,
    scale_of: ScaleOf = "layer",
    on_look: Callable[[str], None],
    key: str = "network_map",
) -> None:
    """Draw the network; the first column is its input.

    ``on_look`` gets ``"conv1"`` when the user asks for all maps of a layer, and ``"conv1:3"`` for one of them. What is
    ``network`` keeps its zoom and its place when it is drawn again.
    """
    starts = _starts(columns)
    thumbnails = np.concatenate([column.thumbnails.ravel() for column in columns])
    spec = {
        "network": network,
        "scaleOf": scale_of,
        "thumbnails": base64.b64encode(thumbnails.tobytes()).decode(),
        "columns": [_column(column, starts) for column in columns],
    }
    reaches = list({id(column.reach): column.reach for column in columns if column.reach is not None}.values())
    data = packed(spec, low=_joined(columns, "low"), high=_joined(columns, "high"), fields=_fields(reaches))

    def looked() -> None:
        if look := heard(key, "look"):
            on_look(str(look["at"]))

    _mount(data=data, key=key, width="stretch", height="content", on_look_change=looked)


def _joined(columns: Sequence[Column], name: str) -> NDArray[np.float32]:
    return np.concatenate([getattr(column, name) for column in columns])


def _fields(reaches: Sequence[Reach]) -> NDArray[np.float32]:
    """First and last row of the input for each row of cells, then the same for columns."""
    parts = [(reach.rows.first, reach.rows.last, reach.cols.first, reach.cols.last) for reach in reaches]
    return np.concatenate([np.zeros(0), *(part for four in parts for part in four)]).astype(np.float32)


def _starts(columns: Sequence[Column]) -> dict[int, int]:
    """Where each reach begins among all fields, by its identity: layers that act cell by cell share one."""
    starts, at = {}, 0
    for column in columns:
        if column.reach is not None and id(column.reach) not in starts:
            starts[id(column.reach)] = at
            at += 2 * (len(column.reach.rows.first) + len(column.reach.cols.first))
    return starts


def _column(column: Column, starts: dict[int, int]) -> dict[str, Any]:
    return {
        "name": column.name,
        "title": column.title,
        "subtitle": column.subtitle,
        "column": column.column,
        "lane": column.lane,
        "inputs": column.inputs,
        "size": column.size,
        "total": column.total,
        "channels": [int(channel) for channel in column.channels],
        "thumbnail": column.thumbnails.shape[1:],
        "odd": [int(odd) for odd in column.odd],
        "span": [float(f"{end:.7g}") for end in column.span],
        "table": column.scale,
        "feeds": [[(feed.column, feed.channel, round(feed.share, 4)) for feed in feeds] for feeds in column.feeds],
        "names": list(column.names),
        "joins": column.joins,
        **({"also": column.also} if column.also else {}),
        **({"colour": [list(numbers) for numbers in column.colour]} if column.colour else {}),
        "field": None
        if column.reach is None
        else [starts[id(column.reach)], len(column.reach.rows.first), len(column.reach.cols.first)],
    }
