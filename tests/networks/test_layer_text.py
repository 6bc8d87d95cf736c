import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    SqueezeExcitation,
)
from cnnviz.networks.editing.network_spec import PALETTE
from cnnviz.networks.layer_text import amount, bytes_text, summary
from cnnviz.networks.starters import new_layer


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1_000, "1,000"),
        (9_999, "9,999"),
        (10_000, "10 k"),
        (61_706, "61.7 k"),
        (999_400, "999 k"),
        (999_499, "999 k"),
        (999_600, "1 M"),
        (1_000_000, "1 M"),
        (1_234_567, "1.23 M"),
        (138_357_544, "138 M"),
        (999_499_999, "999 M"),
        (999_600_000, "1 G"),
        (15_470_264_320, "15.5 G"),
        (999_600_000_000, "1 T"),
        (1e14, "100 T"),
        (-5, "-5"),
        (-1_234_567, "-1.23 M"),
        pytest.param(1e15, "1,000 T"),
        pytest.param(1.6e17, "160,000 T"),
    ],
)
def test_an_amount_has_three_digits_and_a_unit(number, text):
    assert amount(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_024, "1.02 kB"),
        (1_500, "1.5 kB"),
        (999_400, "999 kB"),
        (999_600, "1 MB"),
        (1_000_000, "1 MB"),
        (1_023_900, "1.02 MB"),
        (553_430_176, "553 MB"),
        (999_499_999, "999 MB"),
        (999_600_000, "1 GB"),
        (10**12, "1 TB"),
        (999 * 10**12, "999 TB"),
        pytest.param(10**15, "1,000 TB"),
    ],
)
def test_bytes_have_three_digits_and_a_unit_of_1000(number, text):
    assert bytes_text(number) == text


UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
BYTES = {unit + "B": size for unit, size in UNITS.items()}


@given(number=st.integers(0, 10**14))
@example(number=999_500)
@example(number=9_999_500)
def test_an_amount_is_right_within_its_three_digits(number):
    value, _, unit = amount(number).partition(" ")
    assert "e" not in value
    assert float(value.replace(",", "")) * UNITS[unit] == pytest.approx(number, rel=0.005)


@given(number=st.integers(0, 10**14))
@example(number=999_500)
@example(number=999_499)
def test_bytes_are_right_within_their_three_digits(number):
    value, _, unit = bytes_text(number).partition(" ")
    assert "e" not in value
    assert float(value.replace(",", "")) * BYTES[unit] == pytest.approx(number, rel=0.005)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Conv2d(out_channels=32, kernel_size=5, padding=2), "32 × 5×5, padding 2"),
        (Conv2d(out_channels=8, kernel_size=(3, 5), stride=(2, 1), bias=False), "8 × 3×5, stride 2×1, no bias"),
        (Conv2d(out_channels=8, kernel_size=3, padding="same", padding_mode="reflect"), None),
        (Conv2d(out_channels=8, kernel_size=3, stride=(1, 1), dilation=(1, 1), padding=(0, 0)), "8 × 3×3"),
        (ConvTranspose2d(out_channels=4, kernel_size=2, stride=2), "4 × 2×2, stride 2"),
        (Linear(out_features=10), "10"),
        (Linear(out_features=10, bias=False), "10, no bias"),
        (MaxPool2d(kernel_size=2), "2×2"),
        (MaxPool2d(kernel_size=3, stride=2, ceil_mode=True), "3×3, stride 2, ceil mode"),
        (AvgPool2d(kernel_size=(2, 3), count_include_pad=False), "2×3, no count include pad"),
        (AdaptiveAvgPool2d(output_size=1), "1×1"),
        (AdaptiveAvgPool2d(output_size=(None, 3)), "keep×3"),
        (BatchNorm2d(), ""),
        (BatchNorm2d(eps=1e-3), "eps 0.001"),
        (LeakyReLU(negative_slope=0.2), "negative slope 0.2"),
        (SqueezeExcitation(squeeze_channels=4, activation="SiLU"), "squeeze channels 4, activation SiLU"),
        (ReLU(), ""),
        (Residual(body=(ReLU(),)), ""),
        (Concat(branches=((), ())), ""),
    ],
)
def test_a_layer_in_few_words_says_its_size_and_what_is_not_as_usual(layer, text):
    words = summary(layer).split(", ")
    if text is None:
        assert words[0] == "8 × 3×3"
        assert set(words[1:]) == {"padding same", "padding mode reflect"}
    else:
        assert words[:1] == text.split(", ")[:1]
        assert sorted(words) == sorted(text.split(", "))


@pytest.mark.parametrize(
    ("kind", "text"),
    {
        "Conv2d": "32 × 3×3, padding 1",
        "ConvTranspose2d": "8 × 2×2, stride 2",
        "MaxPool2d": "2×2",
        "AvgPool2d": "2×2",
        "AdaptiveAvgPool2d": "1×1",
        "AdaptiveMaxPool2d": "1×1",
        "LocalResponseNorm": "size 5",
        "Linear": "10",
        "DualPath": "added 16",
        "SqueezeExcitation": "squeeze channels 4",
    }.items(),
)
def test_new_layers_of_the_palette_in_few_words(kind, text):
    assert summary(new_layer(kind, (16, 8, 8))) == text


@pytest.mark.parametrize("kind", PALETTE)
def test_every_layer_of_the_palette_has_few_words_without_its_paths_and_its_type(kind):
    words = summary(new_layer(kind, (16, 8, 8)))
    assert len(words) < 40
    assert not any(sign in words for sign in ("type", "body", "=", "(", "None"))
