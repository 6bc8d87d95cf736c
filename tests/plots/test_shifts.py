from cnnviz.plots.shifts import shift_curves


def test_each_line_has_its_own_colour_and_marker():
    figure = shift_curves({"a": [0, 0.5], "b": [0, 0.123456], "c": [0, 1]}, [0, 1], "Drift")
    assert [line.name for line in figure.data] == ["a", "b", "c"]
    assert len({line.line.color for line in figure.data}) == len({line.marker.symbol for line in figure.data}) == 3
    assert list(figure.data[1].x) == [0, 1]
    assert list(figure.data[1].y) == [0, 0.1235]


def test_a_title_of_somebodys_own_is_no_html():
    figure = shift_curves({"a": [0]}, [0], "<a href='x'>&b")
    assert figure.layout.title.text == "&lt;a href='x'&gt;&amp;b"
