import math
from itertools import pairwise

import pytest

from cnnviz.plots import growth_figure

NAMES = ["conv1", "relu1", "pool1"]


def test_a_line_for_each_kind_of_size_with_its_own_look_and_gaps():
    figure = growth_figure(NAMES, [5, 5, None], [4, math.inf, math.nan], [2.346, 0, 3], input_side=28)
    theory, measured, effective = figure.data
    assert list(theory.y) == [5, 5, None]
    assert list(measured.y) == [4, None, None]
    assert list(effective.y) == [2.35, 0, 3]
    assert len({line.line.color for line in figure.data}) == len({line.marker.symbol for line in figure.data}) == 3
    assert all(list(line.text) == NAMES for line in figure.data)


def test_theory_keeps_its_look_where_it_stands_alone_and_effective_without_measured():
    full = growth_figure(NAMES, [1, 2, 3], [1, 2, 3], [1, 2, 3], input_side=28).data
    (alone,) = growth_figure(NAMES, [1, 2, 3], input_side=28).data
    _, effective = growth_figure(NAMES, [1, 2, 3], effective=[1, 2, 3], input_side=28).data
    assert alone == full[0]
    assert effective == full[2]


def test_the_inputs_size_is_a_line_with_its_number():
    figure = growth_figure(NAMES, [1, 2, 3], input_side=224)
    (line,), (word,) = figure.layout.shapes, figure.layout.annotations
    assert line.y0 == line.y1 == word.y == 224
    assert word.text == "the whole input: 224"


@pytest.mark.parametrize(("chosen", "anchor"), [(0, "left"), (1, "center"), (2, "right")])
def test_the_chosen_layer_is_marked_inside_the_figure(chosen, anchor):
    figure = growth_figure(NAMES, [1, 2, 3], input_side=28, chosen=chosen)
    line, word = figure.layout.shapes[1], figure.layout.annotations[1]
    assert line.x0 == line.x1 == word.x == chosen
    assert (word.text, word.xanchor) == (NAMES[chosen], anchor)


@pytest.mark.parametrize("chosen", [None, -1, 3])
def test_a_layer_that_is_not_there_is_not_marked(chosen):
    assert len(growth_figure(NAMES, [1, 2, 3], input_side=28, chosen=chosen).layout.shapes) == 1


@pytest.mark.parametrize("layers", [1, 2, 11, 12, 13, 17, 23, 24, 60, 150, 429])
def test_a_deep_network_names_some_of_its_layers_the_first_and_the_last_too(layers):
    names = [f"features.denseblock{i}.conv" for i in range(layers)]
    axis = growth_figure(names, list(range(layers)), input_side=224).layout.xaxis
    ticks = list(axis.tickvals)
    assert len(ticks) <= 12
    assert (ticks[0], ticks[-1]) == (0, layers - 1)
    gaps = [after - before for before, after in pairwise(ticks)]
    assert len(set(gaps[:-1])) <= 1
    assert not gaps or 4 * gaps[-1] >= 3 * gaps[0]  # else names lie on one another
    assert all(names[i].endswith(text.lstrip("…")) for i, text in zip(ticks, axis.ticktext, strict=True))
    assert max(len(text) for text in axis.ticktext) == 16


def test_no_layers_at_all_is_a_figure_too():
    assert list(growth_figure([], [], input_side=28).data[0].x) == []
