"""Drawings of what a setting does."""

import re
from xml.etree import ElementTree

import pytest

from cnnviz.plots.setting_drawings import DRAWN, setting_drawing

TAKEN = 'fill="#f5c542"'


@pytest.mark.parametrize(("name", "cells"), [("kernel_size", 35), ("stride", 35), ("padding", 36), ("dilation", 35)])
def test_one_window_of_three_by_three_is_filled(name: str, cells: int) -> None:
    svg = setting_drawing(name)
    ElementTree.fromstring(svg)
    assert svg.count(TAKEN) == 9
    assert svg.count('width="13"') == cells


def test_the_next_window_lies_two_cells_on() -> None:
    windows = re.findall(r'<rect x="(\d+)" y="13" width="39"', setting_drawing("stride"))
    assert [int(x) for x in windows] == [0, 26]


def test_a_dilated_window_skips_every_other_cell() -> None:
    places = re.findall(rf'<rect x="(\d+)" y="(\d+)" [^>]*{TAKEN}', setting_drawing("dilation"))
    assert {(int(x) // 13, int(y) // 13) for x, y in places} == {(x, y) for x in (1, 3, 5) for y in (0, 2, 4)}


def test_the_cells_of_padding_lie_around() -> None:
    dashed = re.findall(r'<rect x="(\d+)" y="(\d+)" [^>]*stroke-dasharray="2 2"', setting_drawing("padding"))
    assert len(dashed) == 20  # of 6×6 around 4×4
    assert all({int(x), int(y)} & {0, 65} for x, y in dashed)


def test_what_has_no_drawing_has_none() -> None:
    assert set(DRAWN) == {"kernel_size", "stride", "padding", "dilation"}
    with pytest.raises(KeyError):
        setting_drawing("groups")
