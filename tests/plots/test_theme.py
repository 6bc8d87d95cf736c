import numpy as np
import pytest

from cnnviz.plots.theme import Scale, colours_said, lookup_table, scale_for

SIGNED = ["activations", "weights"]

SEEN = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""On linear RGB: Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
deficiency", 2009."""


def lab(table, sees):
    """CIELAB of what somebody sees."""
    share = table / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = (linear @ np.array(sees).T).clip(0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = linear @ np.array(to_xyz).T / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


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


def test_zero_is_white_for_activations_and_grey_for_weights():
    assert lookup_table("activations")[127:129].min() > 235
    around_zero = lookup_table("weights")[127:129].astype(int)
    assert np.ptp(around_zero, axis=1).max() <= 6
    assert 200 < around_zero.min() <= around_zero.max() < 215


@pytest.mark.parametrize("sees", SEEN)
@pytest.mark.parametrize("name", SIGNED)
def test_lightness_falls_with_the_distance_from_0_on_both_sides(name, sees):
    # so that the size of a value can be read in print and without telling the two hues apart
    light = lab(lookup_table(name), SEEN[sees])[:, 0]
    upper, lower = light[128:], light[127::-1]
    assert (np.diff(upper) < 0.3).all()
    assert (np.diff(lower) < 0.3).all()
    assert upper[0] - upper[-1] > 55
    assert lower[0] - lower[-1] > 55
    if (name, sees) == ("weights", "all colours"):
        assert np.abs(upper - lower).max() < 3


@pytest.mark.parametrize("sees", SEEN)
def test_the_sign_of_a_weight_is_seen_however_one_sees_colours(sees):
    table = lab(lookup_table("weights"), SEEN[sees])
    for at in range(100):
        assert np.linalg.norm(table[at] - table[255 - at]) > 20, at


def test_no_colour_of_a_weight_is_one_of_an_activation():
    weights, activations = (lab(lookup_table(name), np.eye(3)) for name in ("weights", "activations"))
    assert np.linalg.norm(weights[:, None] - activations[None], axis=2).min() > 8
    for sees in SEEN.values():  # and 0, of which most of a map has something, is darker for everybody
        zeros = [lab(lookup_table(name), sees)[127:129, 0].mean() for name in ("weights", "activations")]
        assert zeros[1] - zeros[0] > 10


def test_what_the_colours_mean_is_what_they_are():
    assert colours_said("weights", "activations") == (
        "Colours: weights purple below 0, grey at 0, green above; outputs are blue below 0, white at 0, red above. Where they "
        "end is each legend's own."
    )
    for name, low, high in (
        ("weights", {0, 2}, {1}),
        ("activations", {2}, {0}),
    ):  # which of red, green, blue are strong
        table = lookup_table(name).astype(int)
        for colour, strong in ((table[40], low), (table[215], high)):
            assert all(colour[i] > colour[j] for i in strong for j in {0, 1, 2} - strong)


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
