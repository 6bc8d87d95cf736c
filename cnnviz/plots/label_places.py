"""Words beside points so that none lies on another; where there is no room, none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LETTER, LINE = 7.6, 18.0
"""Pixels, of letters 14 pixels high: the mean of a long word, on the safe side."""
_GAP = 5.0


@dataclass(frozen=True)
class Point:
    """Of a figure, in pixels from its upper left corner."""

    x: float
    y: float
    radius: float
    words: str


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Label:
    number: int
    """Of its point."""
    anchor: tuple[str, str]
    """Which of its own points lies at ``shift``: ``("left", "middle")``, as Plotly names them."""
    shift: tuple[float, float]
    """From the point, in pixels to the right and up."""
    box: Box


def place_labels(points: Sequence[Point], width: float, height: float) -> list[Label]:
    """Above each point if there is room, else below, to the right or to the left; the first points first."""
    discs = [Box(p.x - p.radius, p.y - p.radius, p.x + p.radius, p.y + p.radius) for p in points]
    labels: list[Label] = []
    for number, point in enumerate(points):
        others = [*(disc for at, disc in enumerate(discs) if at != number), *(label.box for label in labels)]
        for label in _candidates(number, point):
            box = label.box
            within = box.left >= 0 and box.top >= 0 and box.right <= width and box.bottom <= height
            if within and not any(box.meets(other) for other in others):
                labels.append(label)
                break
    return labels


def _candidates(number: int, point: Point) -> list[Label]:
    wide, away = LETTER * len(point.words), point.radius + _GAP
    found = []
    for across, up in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        x = point.x + across * (away + wide / 2)
        y = point.y - up * (away + LINE / 2)
        anchor = (
            {0: "center", 1: "left", -1: "right"}[across],
            {0: "middle", 1: "bottom", -1: "top"}[up],
        )
        box = Box(x - wide / 2, y - LINE / 2, x + wide / 2, y + LINE / 2)
        found.append(Label(number, anchor, (across * away, up * away), box))
    return found
