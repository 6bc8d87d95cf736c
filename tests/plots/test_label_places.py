"""Words beside points, none on another."""

from itertools import combinations

import numpy as np
import pytest

from cnnviz.plots.label_places import LETTER, LINE, Label, Point, place_labels
from tests.scale import SEED, cases


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """The area that two boxes share, each left, top, right, bottom."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down)


def sides(label: Label) -> tuple[float, float, float, float]:
    return label.box.left, label.box.top, label.box.right, label.box.bottom


@pytest.mark.parametrize("seed", range(cases(200)))
def test_no_label_lies_on_another_on_a_point_or_outside(seed: int) -> None:
    rng = np.random.default_rng(SEED + seed)
    width, height = rng.uniform(200, 1200), rng.uniform(100, 400)
    points = [
        Point(rng.uniform(0, width), rng.uniform(0, height), rng.uniform(2, 32), "x" * int(rng.integers(1, 25)))
        for _ in range(rng.integers(1, 40))
    ]
    labels = place_labels(points, width, height)
    assert len({label.number for label in labels}) == len(labels)
    for one, other in combinations(labels, 2):
        assert overlap(sides(one), sides(other)) == 0
    for label in labels:
        left, top, right, bottom = sides(label)
        assert min(left, top) >= 0
        assert right <= width
        assert bottom <= height
        assert right - left == pytest.approx(LETTER * len(points[label.number].words))
        assert bottom - top == pytest.approx(LINE)
        for at, point in enumerate(points):
            disc = (point.x - point.radius, point.y - point.radius, point.x + point.radius, point.y + point.radius)
            assert at == label.number or overlap((left, top, right, bottom), disc) == 0


def test_a_point_alone_has_its_words_above() -> None:
    (label,) = place_labels([Point(100, 100, 10, "ResNet")], 300, 200)
    assert label.anchor == ("center", "bottom")
    assert label.shift == (0, 15)
    assert label.box.bottom == pytest.approx(85)


@pytest.mark.parametrize(
    ("x", "y", "anchor"),
    [(100, 5, ("center", "top")), (5, 100, ("left", "middle")), (195, 100, ("right", "middle"))],
)
def test_at_an_edge_they_stand_on_the_other_side(x: float, y: float, anchor: tuple[str, str]) -> None:
    (label,) = place_labels([Point(x, y, 4, "ResNet")], 200, 200)
    assert label.anchor == anchor


def test_where_there_is_no_room_there_is_no_label() -> None:
    assert len(place_labels([Point(50, 50, 4, "the same place")] * 9, 400, 400)) <= 4
