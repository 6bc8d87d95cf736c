import pytest

from cnnviz.layers import BatchNorm2d, ShapeError
from cnnviz.layers.base import LARGEST_ARGUMENT
from cnnviz.networks import Draft, table
from cnnviz.networks.editing.network_spec import PALETTE
from cnnviz.networks.starters import new_layer

ON_FEATURES = ("Linear", "Softmax")
WINDOWS = ("MaxPool2d", "AvgPool2d")
ON_MAPS = [kind for kind in PALETTE if kind not in ON_FEATURES]
CHANNELS = [1, 3, 7, 512, 60_000, LARGEST_ARGUMENT]
SIDES = [(2, 2), (3, 2), (7, 7), (28, 28), (1, 33)]


@pytest.mark.parametrize("kind", PALETTE)
def test_a_new_layer_is_of_its_kind_whatever_comes_before_it(kind):
    for before in [(c, *sides) for c in CHANNELS for sides in SIDES] + [(c,) for c in CHANNELS]:
        assert new_layer(kind, before).kind == kind


@pytest.mark.parametrize("channels", [1, 3, 7, 512])
@pytest.mark.parametrize("kind", ON_MAPS)
def test_a_new_layer_follows_maps(kind, channels):
    for sides in SIDES:
        if kind in WINDOWS and min(sides) < 2:
            continue
        before = (channels, *sides)
        layer = new_layer(kind, before)
        (*_, after) = layer.output_shape(before)
        assert not any(row.error for row in table(Draft(name="d", input_shape=before, layers=(layer,))))
        if kind not in (*WINDOWS, "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "ConvTranspose2d", "Flatten"):
            assert layer.output_shape(before)[1:] == sides, after


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            kind,
        )
        for kind in ON_MAPS
    ],
)
def test_a_new_layer_follows_thousands_of_maps(kind):
    assert new_layer(kind, (60_000, 8, 8)).output_shape((60_000, 8, 8))


@pytest.mark.parametrize("kind", ON_FEATURES)
def test_a_new_layer_for_features_follows_features(kind):
    for features in CHANNELS:
        assert new_layer(kind, (features,)).output_shape((features,))
        with pytest.raises(ShapeError, match="put a Flatten before it"):
            new_layer(kind, (features, 2, 2)).output_shape((features, 2, 2))


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_new_window_halves_maps_and_finds_no_room_on_one_cell(kind):
    assert new_layer(kind, (3, 8, 6)).output_shape((3, 8, 6)) == (3, 4, 3)
    with pytest.raises(ShapeError, match="2×2 kernel on a 1×1 input"):
        new_layer(kind, (3, 1, 1)).output_shape((3, 1, 1))


def test_channels_grow_with_convolutions_and_shrink_with_transposed_ones():
    assert [new_layer("Conv2d", (c, 8, 8)).out_channels for c in (1, 16, 300)] == [16, 32, 512]
    assert [new_layer("ConvTranspose2d", (c, 8, 8)).out_channels for c in (1, 16, 301)] == [1, 8, 150]
    assert new_layer("ConvTranspose2d", (16, 8, 8)).output_shape((16, 8, 8)) == (8, 16, 16)
    assert new_layer("SqueezeExcitation", (16, 8, 8)).squeeze_channels == 4
    assert new_layer("Residual", (5, 8, 8)).output_shape((5, 8, 8)) == (5, 8, 8)
    assert new_layer("Concat", (5, 8, 8)).output_shape((5, 8, 8)) == (15, 8, 8)
    assert new_layer("BatchNorm2d", (5, 8, 8)) == BatchNorm2d()


def test_a_kind_that_there_is_not_is_a_key_error():
    with pytest.raises(KeyError):
        new_layer("Conv3d", (1, 8, 8))
