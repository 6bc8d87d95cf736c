import numpy as np
import pytest

from cnnviz.plots.theme import Scale, lookup_table, scale_for

SIGNED = ["activations", "weights"]


def lightness(table):
    return table @ np.array([0.299, 0.587, 0.114])


@pytest.mark.parametrize("name", [*SIGNED, "pixels", "counts"])
def test_a_table_has_256_different_colours(name):
    table = lookup_table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert len(np.unique(table, axis=0)) > 250


def test_pixels_are_grey_from_black_to_white():
    assert lookup_table("pixels").tolist() == [[n] * 3 for n in range(256)]


def test_the_middle_is_light_for_activations_and_dark_for_weights():
    assert lookup_table("activations")[127:129].min() > 235
    assert lookup_table("weights")[127:129].max() < 40


def test_more_is_darker_where_something_is_counted():
    assert (np.diff(lightness(lookup_table("counts"))) < 0.5).all()


@pytest.mark.parametrize(("name", "outwards"), [("activations", -1), ("weights", 1)])
def test_lightness_tells_the_distance_from_0_on_both_sides(name, outwards):
    # so that the size of a value can be read in print and without telling the two hues apart
    values = lightness(lookup_table(name))
    upper, lower = values[128:], values[127::-1]
    assert (outwards * np.diff(upper) > -1).all()
    assert (outwards * np.diff(lower) > -1).all()
    assert np.abs(upper - lower).max() < 40
    assert outwards * (upper[-1] - upper[0]) > 150


@pytest.mark.parametrize("name", SIGNED)
def test_the_two_ends_differ_in_red_and_blue_or_green(name):
    low, high = lookup_table(name)[[32, 223]].astype(int)
    assert np.abs(low - high).max() > 60


@pytest.mark.parametrize("name", SIGNED)
def test_a_scale_is_symmetric_and_reaches_the_largest_magnitude(name):
    assert scale_for(np.array([-0.5, 3, 1]), name) == Scale(name, -3, 3)
    assert scale_for(np.array([[-7.0], [3.0]]), name) == Scale(name, -7, 7)


def test_pixels_run_from_0_to_1_whatever_they_hold():
    assert scale_for(np.array([0.2, 0.4]), "pixels") == Scale("pixels", 0, 1)


@pytest.mark.parametrize("values", [[0.0, 0.0], [np.nan, np.inf, -np.inf], [], [np.nan, 0.0]])
def test_a_scale_of_nothing_runs_from_minus_1_to_1(values):
    assert scale_for(np.array(values), "activations") == Scale("activations", -1, 1)


def test_nan_and_infinity_do_not_stretch_a_scale():
    assert scale_for(np.array([np.nan, np.inf, -2.0, 1.0, -np.inf]), "weights") == Scale("weights", -2, 2)


def test_share_leaves_the_few_largest_values_out():
    values = np.append(np.linspace(-1, 1, 999), 1000.0)
    assert scale_for(values, "activations").high == 1000
    assert scale_for(values, "activations", share=0.99).high == pytest.approx(0.99, abs=0.01)


def test_share_of_mostly_zeros_still_reaches_the_others():
    values = np.append(np.zeros(999), -4.0)
    assert scale_for(values, "activations", share=0.9) == Scale("activations", -4, 4)
