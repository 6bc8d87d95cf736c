"""A network as a row of bars."""

import re
from itertools import pairwise

import pytest

from cnnviz.plots.network_drawing import HEIGHT, WIDTH, drawing


def bars(svg: str) -> list[tuple[str, dict[str, float]]]:
    found = re.findall(r'<rect class="(\w+)" ([^/]*)/>', svg)
    return [
        (group, {name: float(value) for name, value in re.findall(r'(\w+)="([\d.]+)"', rest)}) for group, rest in found
    ]


def test_bars_are_as_high_as_the_maps_and_thicker_with_more_channels() -> None:
    svg = drawing([("input", (3, 32, 32)), ("conv", (12, 32, 32)), ("pool", (12, 16, 16)), ("dense", (10,))], "four")
    (_, first), (conv, second), (pool, third), (dense, last) = bars(svg)
    assert (conv, pool, dense) == ("conv", "pool", "dense")
    assert [first["height"], second["height"], third["height"]] == [HEIGHT, HEIGHT, HEIGHT / 2]
    assert second["width"] == third["width"] == pytest.approx(2 * first["width"])  # the square root of four times
    assert last["height"] == HEIGHT
    assert all(one["y"] + one["height"] == HEIGHT for one in (first, second, third, last))
    assert 'aria-label="four"' in svg


@pytest.mark.parametrize("count", [1, 2, 26, 27, 300])
def test_any_number_of_bars_stays_within_the_picture(count: int) -> None:
    found = [bar for _, bar in bars(drawing([("block", (64, 8, 8))] * count, ""))]
    assert len(found) == min(count, 26)
    assert found[0]["x"] >= 0
    assert found[-1]["x"] + found[-1]["width"] <= WIDTH + 0.1
    assert all(a["x"] + a["width"] <= b["x"] + 0.1 for a, b in pairwise(found))


def test_the_smallest_can_be_seen() -> None:
    _, (_, small) = bars(drawing([("input", (1000, 500, 500)), ("conv", (1, 1, 1))], ""))
    assert small["height"] >= 2
    assert small["width"] >= 1.4
