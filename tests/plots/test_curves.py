import pytest

from cnnviz.plots.curves import MOST_POINTS, learning_curves, loss_top
from cnnviz.plots.smoothing import smoothed


def test_figure_has_both_curves_with_their_numbers():
    curves = {"train": ([0.5, 1.0, 1.5], [2.0, 1.0, 0.5]), "test": ([1.0], [0.9])}
    figure = learning_curves(curves, "Loss", epochs=3)
    assert {t.name: (list(t.x), list(t.y)) for t in figure.data} == curves
    assert figure.layout.title.text == "Loss"
    assert figure.layout.xaxis.range == (0, 3)


def test_curves_differ_by_more_than_colour():
    figure = learning_curves({"train": ([1], [1]), "test": ([1], [1])}, "Loss", epochs=1)
    assert [trace.mode for trace in figure.data] == ["lines", "lines+markers"]


def test_long_curves_are_thinned_with_x_and_y_together():
    xs = [n / 1000 for n in range(5001)]
    figure = learning_curves({"train": (xs, [-x for x in xs])}, "Loss", epochs=5)
    trace, even = figure.data
    assert len(trace.x) == MOST_POINTS
    assert (trace.x[0], trace.x[-1]) == (0, 5)
    assert list(trace.y) == [-x for x in trace.x]
    assert (trace.name, even.name, list(even.x)) == ("train, each point", "train", list(trace.x))
    assert list(even.y) == [round(value, 5) for value in smoothed(trace.y)]
    assert trace.showlegend is False


def test_curves_without_points_make_an_empty_figure():
    figure = learning_curves({"train": ([], []), "test": ([], [])}, "Accuracy", epochs=0)
    assert [len(trace.x) for trace in figure.data] == [0, 0]
    assert figure.layout.xaxis.range == (0, 1)


def test_shares_are_shown_in_percent_from_0_to_all():
    figure = learning_curves({"test": ([1], [0.5])}, "Accuracy", epochs=1, percent=True)
    assert "%" in figure.layout.yaxis.tickformat
    low, high = figure.layout.yaxis.range
    assert low == 0
    assert 1 <= high < 1.1


def test_a_run_that_diverges_does_not_press_the_others_onto_the_axis() -> None:
    tame, wild = ([0.0, 1.0], [2.3, 0.4]), ([0.0, 1.0], [2.3, 8000.0])
    assert "range" not in learning_curves({"train": tame, "test": tame}, "Loss", 1).layout.yaxis.to_plotly_json()
    low, high = learning_curves({"train": tame, "test": wild}, "Loss", 1).layout.yaxis.range
    assert (low, high) == (0, pytest.approx(6.9))
    assert loss_top([[None, float("nan")], []]) is None
