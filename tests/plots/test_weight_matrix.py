import numpy as np

from cnnviz.layers import Conv2d
from cnnviz.layers.weight_sharing import shared_weights
from cnnviz.plots.weight_matrix import weight_colours, weight_matrix


def test_every_weight_has_a_colour_of_its_own_that_is_not_the_empty_one():
    colours = weight_colours(100)
    assert len(np.unique(colours, axis=0)) == 100
    assert (colours.astype(int).max(1) - colours.min(1)).min() > 40  # none is grey


def test_one_colour_one_weight():
    numbers = shared_weights(Conv2d(out_channels=1, kernel_size=3), (1, 6, 6))
    picture = weight_matrix(numbers, 9, width=36)  # a pixel an entry
    assert picture.shape == (16, 36, 3)
    for weight in range(9):
        assert (picture[numbers == weight] == weight_colours(9)[weight]).all()
    assert (picture[numbers == -1] == 250).all()


def test_entries_are_enlarged_with_lines_between():
    picture = weight_matrix(np.array([[0, -1, -2]]), 1, width=60)
    assert picture.shape == (20, 60, 3)
    assert (picture[0] == 225).all()
    assert (picture[10, 50] == 120).all()
