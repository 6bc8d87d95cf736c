import math
import re

import pytest

from cnnviz.plots.bubbles import Bubble, bubble_chart, labels_style

FAMILIES = ("AlexNet", "VGG", "ResNet", "EfficientNet", "dense")
BUBBLES = [
    Bubble("AlexNet", "AlexNet", 714_188_480, 61_100_840, 56.5, "2012"),
    Bubble("VGG16", "VGG", 15_470_264_320, 138_357_544, 71.6),
    Bubble("ResNet-18", "ResNet", 1_814_073_344, 11_689_512, 69.8),
    Bubble("ResNet-50", "ResNet", 4_089_184_256, 25_557_032, 76.1),
    Bubble("B0", "EfficientNet", 385_000_000, 5_288_548, 77.7),
]
SMALL = [
    Bubble("LeNet-5", "VGG", 400_000, 61_706, 75.0),
    Bubble("DenseNet-121", "dense", 900_000_000, 6_956_298, 95.0),
    Bubble("ResNet-18", "ResNet", 555_000_000, 11_173_962, 93.0),
]


def chart(bubbles=BUBBLES):
    return bubble_chart(bubbles, FAMILIES, "Accuracy over cost")


def drawn(figure):
    """Each bubble's diameter by its name, as plotly.js draws it where the size is an area: 2·√(size / 2 / sizeref)."""
    sizes = {}
    for trace in figure.data:
        assert trace.marker.sizemode == "area"
        for name, size in zip(trace.text, trace.marker.size, strict=True):
            sizes[name] = max(2 * math.sqrt(size / 2 / trace.marker.sizeref), trace.marker.sizemin)
    return sizes


def test_areas_are_in_proportion_to_parameters_across_all_families():
    sizes = drawn(chart())
    largest = max(BUBBLES, key=lambda bubble: bubble.params)
    for bubble in BUBBLES:
        share = (sizes[bubble.name] / sizes[largest.name]) ** 2
        assert share == pytest.approx(bubble.params / largest.params, rel=1e-6)
    assert max(sizes.values()) == pytest.approx(64)


def test_the_smallest_bubble_can_be_seen():
    assert drawn(chart(SMALL))["LeNet-5"] >= 4


def test_a_family_has_the_same_colour_in_all_charts_and_each_its_own():
    one, other = ({trace.name: trace.marker.color for trace in chart(some).data} for some in (BUBBLES, SMALL))
    assert set(one) == {"AlexNet", "VGG", "ResNet", "EfficientNet"}
    assert set(other) == {"VGG", "ResNet", "dense"}
    both = one | other
    assert both == other | one
    assert len(set(both.values())) == len(both)


def test_families_of_the_models_page_can_be_told_apart():
    from cnnviz.ui.models.table import _FAMILIES

    bubbles = [Bubble(family, family, 10**9, 10**6, 90.0) for family in _FAMILIES]
    figure = bubble_chart(bubbles, _FAMILIES, "all")
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == len(_FAMILIES)


def test_bubbles_stand_over_their_cost_at_their_accuracy():
    figure = chart()
    places = {name: (x, y) for trace in figure.data for name, x, y in zip(trace.text, trace.x, trace.y, strict=True)}
    assert places == {bubble.name: (bubble.macs / 1e9, bubble.accuracy) for bubble in BUBBLES}
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.title.text == "Accuracy over cost"


def test_what_else_is_said_stands_under_the_pointer():
    first = chart().data[0]
    assert first.customdata[0][0] == "61.1"
    assert first.customdata[0][1] == "2012"
    assert "%{customdata[1]}" in first.hovertemplate


def test_ticks_are_written_as_they_are_read():
    axis = chart().layout.xaxis
    ticks = dict(zip(axis.ticktext, axis.tickvals, strict=True))
    assert ticks["500 M"] == pytest.approx(0.5)
    assert ticks["1 G"] == pytest.approx(1)
    assert ticks["0.1 M"] == pytest.approx(1e-4)


def test_each_way_of_labelling_has_its_width_of_the_window():
    figure = chart()
    names = [one.name for one in figure.layout.annotations]
    assert set(names) == {"wide", "medium", "narrow"}
    assert {one.text for one in figure.layout.annotations if one.name == "wide"} == {one.name for one in BUBBLES}
    style = labels_style(figure, "bubbles")
    wide, narrow = names.index("wide"), names.index("narrow")
    assert re.search(rf"max-width: 1199px\) {{[^}}]*data-index='{wide}'\]", style)
    assert re.search(rf"min-width: 641px\) {{[^}}]*data-index='{narrow}'\]", style)
    assert not re.search(rf"min-width: 1200px\) {{[^}}]*data-index='{wide}'\]", style)


def test_a_label_stands_at_its_bubble():
    for one in chart().layout.annotations:
        bubble = next(bubble for bubble in BUBBLES if bubble.name == one.text)
        assert 10**one.x * 1e9 == pytest.approx(bubble.macs)
        assert one.y == bubble.accuracy


def test_a_chart_without_bubbles_is_empty():
    assert len(chart([]).data) == 0
