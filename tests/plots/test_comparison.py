import math

import numpy as np
import pytest

from cnnviz.plots.comparison import MOST_LINES, Line, class_dots, comparison_curves
from cnnviz.plots.curves import MOST_POINTS
from cnnviz.plots.theme import LINES, MARKERS

TWO = [
    Line("one", ([0.0, 1.0, 2.0], [0.1, 0.5, 0.7]), ([0.5, 1.5], [0.4, 0.8])),
    Line("other", ([0.0, 1.0], [0.2, 0.6]), ([1.0], [0.9])),
]


def contrast(one: str, other: str) -> float:
    """WCAG 2's."""
    light = []
    for colour in (one, other):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_each_result_has_its_own_colour_and_marker():
    assert MOST_LINES == 6
    assert len(set(LINES)) == len(set(MARKERS)) == 6


@pytest.mark.parametrize("colour", LINES)
def test_lines_show_on_the_light_and_on_the_dark_page(colour):
    assert contrast(colour, "#fbfaf7") >= 3
    assert contrast(colour, "#14191b") >= 3


def test_a_result_keeps_its_colour_in_all_figures():
    figure = comparison_curves(TWO, "Loss")
    shares = np.array([[0.5, 0.6], [0.7, 0.8]])
    dots = class_dots(["one", "other"], ["cat", "dog"], shares, [0, 1])
    for name, colour in zip(("one", "other"), LINES, strict=False):
        assert {trace.line.color for trace in figure.data if trace.name == name} == {colour}
        assert {trace.marker.color for trace in dots.data if trace.name == name} == {colour}
    assert [trace.marker.symbol for trace in dots.data] == list(MARKERS[:2])


def test_training_is_dashed_and_testing_solid_with_markers():
    figure = comparison_curves(TWO, "Loss")
    drawn = {(trace.name, trace.line.dash, trace.mode): (list(trace.x), list(trace.y)) for trace in figure.data}
    assert drawn == {
        ("one", None, "lines+markers"): TWO[0].test,
        ("one", "dash", "lines"): TWO[0].train,
        ("other", None, "lines+markers"): TWO[1].test,
        ("other", "dash", "lines"): TWO[1].train,
    }


def test_each_result_is_named_once():
    named = [trace.name for trace in comparison_curves(TWO, "Loss").data if trace.showlegend is not False]
    assert named == ["one", "other"]
    only_training = [Line("new", ([], []), ([0.1], [2.0]))]
    assert [trace.showlegend for trace in comparison_curves(only_training, "Loss").data] == [True]


def test_what_is_no_number_is_left_out():
    lines = [Line("odd", ([0, 1, 2, 3], [0.5, None, math.nan, math.inf]))]
    [trace] = comparison_curves(lines, "Loss").data
    assert (list(trace.x), list(trace.y)) == ([0], [0.5])


def test_long_curves_are_thinned_and_keep_their_ends():
    xs = [i / 1000 for i in range(5001)]
    [trace] = comparison_curves([Line("long", (xs, [x / 10 for x in xs]))], "Loss").data
    assert len(trace.x) == MOST_POINTS
    assert (trace.x[0], trace.x[-1]) == (0, 5)
    assert list(trace.y) == [round(x / 10, 5) for x in trace.x]
    assert 0 < trace.marker.maxdisplayed < 20


def test_axes_say_what_they_are():
    shares = comparison_curves(TWO, "Accuracy", over="step", percent=True).layout
    assert (shares.title.text, shares.xaxis.title.text) == ("Accuracy", "step")
    assert "%" in shares.yaxis.tickformat
    low, high = shares.yaxis.range
    assert low == 0
    assert 1 <= high < 1.1
    assert comparison_curves(TWO, "Loss").layout.yaxis.rangemode == "tozero"


def test_a_name_is_no_markup():
    hostile = "<b>bold</b>"
    [trace] = comparison_curves([Line(hostile, ([0], [1]))], "Loss").data
    assert trace.name == "&lt;b&gt;bold&lt;/b&gt;"
    assert class_dots([hostile], ["cat"], np.array([[0.5]]), [0]).data[0].name == trace.name


def test_classes_stand_from_the_top_in_the_order_that_they_are_given_in():
    shares = np.array([[0.9, 0.5, np.nan], [0.7, 0.6, 0.4]])
    figure = class_dots(["a", "b"], ["cat", "dog", "8"], shares, [3, 5])
    assert [list(trace.x) for trace in figure.data] == [[0.9, 0.5, None], [0.7, 0.6, 0.4]]
    assert [trace.marker.color for trace in figure.data] == [LINES[3], LINES[5]]
    axis = figure.layout.yaxis
    assert (axis.type, list(axis.categoryarray)) == ("category", ["cat", "dog", "8"])
    assert axis.range[0] > axis.range[1]
    spans = [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in figure.layout.shapes]
    assert spans == [(0.7, 0.9, 0, 0), (0.5, 0.6, 1, 1)]  # one answer alone spans nothing
