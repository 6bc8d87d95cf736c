"""What one looks at in a network, as the address has it: a layer, one of its maps, one cell of that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cnnviz.networks.graph import Node

_LOOK = re.compile(
    r"([\w.]{1,200})(?::(\d{1,9})(?::(\d{1,5})\.(\d{1,5})(~-?\d{1,7}(?:\.\d{1,12})?(?:e-\d{1,3})?)?)?)?", re.ASCII
)


@dataclass(frozen=True)
class Focus:
    """``conv2``, ``conv2:7`` or ``conv2:7:3.5``."""

    name: str
    channel: int | None = None
    cell: tuple[int, int] | None = None
    gradient: str = ""
    """``~1`` where the window's gradients are shown for a gradient of 1."""

    def __str__(self) -> str:
        at = f":{self.at}" if self.at else ""
        return self.name if self.channel is None else f"{self.name}:{self.channel}{at}"

    @property
    def at(self) -> str:
        """``"3.5"`` where it is about a cell."""
        return "" if self.cell is None else f"{self.cell[0]}.{self.cell[1]}{self.gradient}"


def focus_of(text: str, nodes: Mapping[str, Node]) -> Focus | None:
    """What the address asks for; None, the whole network, where there is no such layer, and so on level by level."""
    match = _LOOK.fullmatch(text)
    node = nodes.get(match[1]) if match else None
    if match is None or node is None:
        return None
    if match[2] is None or int(match[2]) >= node.channels:
        return Focus(node.name)
    if match[3] is None or not (int(match[3]) < node.map_size[0] and int(match[4]) < node.map_size[1]):
        return Focus(node.name, int(match[2]))
    return Focus(node.name, int(match[2]), (int(match[3]), int(match[4])), match[5] or "")
