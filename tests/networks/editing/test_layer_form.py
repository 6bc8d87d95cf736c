"""The form of a layer: what it shows can be typed back in, and what is typed is read as people mean it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layers import (
    KINDS,
    AdaptiveAvgPool2d,
    AvgPool2d,
    Concat,
    Conv2d,
    Dropout,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    ShapeError,
    SqueezeExcitation,
)
from cnnviz.networks import architecture, architectures
from cnnviz.networks.draft import everything
from cnnviz.networks.editing.layer_form import as_text, fields, read, read_shape, with_argument
from cnnviz.networks.editing.network_spec import PALETTE
from cnnviz.networks.starters import new_layer
from tests.networks.every_layer import SMALL
from tests.networks.test_draft import layers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 3 ", 3),
        ("-1", -1),
        ("+2", 2),
        ("3,5", (3, 5)),
        ("3, 5", (3, 5)),
        ("3 5", (3, 5)),
        ("(3, 5)", (3, 5)),
        ("3×5", (3, 5)),
        ("3x5", (3, 5)),
        ("3 × 5", (3, 5)),
        ("1,2,3", (1, 2, 3)),
        ("none, 3", (None, 3)),
        ("", None),
        ("   ", None),
        ("None", None),
        ("–", None),
        ("-", None),
        ("0.5", 0.5),
        ("1e-05", 1e-5),
        (".5", 0.5),
        ("same", "same"),
        ("3y5", "3y5"),
        ("max", "max"),
    ],
)
def test_numbers_and_pairs_and_words_are_read_as_they_are_meant(text, value):
    assert read(text) == value
    assert type(read(text)) is type(value)


@given(text=st.text())
def test_whatever_is_typed_is_read(text):
    value = read(text)
    for part in value if isinstance(value, tuple) else (value,):
        assert part is None or isinstance(part, int | float | str)


@given(number=st.integers(-(10**17), 10**17), other=st.integers(0, 10**17))
def test_whole_numbers_are_read_back_as_they_are_shown(number, other):
    assert read(as_text(number)) == number
    assert read(as_text((number, other))) == (number, other)


def back_again(layer):
    """For each field the layer with what is shown of it typed in."""
    for field in fields(layer):
        yield field["name"], with_argument(layer, field["name"], field["value"])


def known_layers():
    found = [new_layer(kind, (16, 8, 8)) for kind in PALETTE]
    found += [layer for key in architectures() for layer in everything(architecture(key).layers)]
    found += [layer for network in SMALL for layer in everything(network.layers)]
    return list({repr(layer): layer for layer in found}.values())


def is_keeping(layer):
    size = getattr(layer, "output_size", None)
    return isinstance(size, tuple) and None in size


def test_what_the_form_shows_of_a_known_layer_gives_the_same_layer():
    seen = known_layers()
    assert {layer.kind for layer in seen} == set(KINDS)
    for layer in seen:
        if not is_keeping(layer):
            assert all(new == layer for _, new in back_again(layer)), layer


@pytest.mark.parametrize("size", [(None, 3), (2, None), (None, None)])
def test_a_side_that_is_kept_is_read_back_as_one(size):
    layer = AdaptiveAvgPool2d(output_size=size)
    assert list(back_again(layer)) == [("output_size", layer)]


@settings(deadline=None, max_examples=200)
@given(layer=layers(high=99, leaves=1))
def test_what_the_form_shows_of_any_layer_gives_the_same_layer(layer):
    for name, new in back_again(layer):
        assert new == layer, name


def test_small_differences_are_shown():
    layer = LeakyReLU(negative_slope=0.123456789)
    assert list(back_again(layer)) == [("negative_slope", layer)]


def by_name(layer):
    return {field["name"]: field for field in fields(layer)}


def test_each_argument_has_a_field_of_its_kind():
    conv = by_name(Conv2d(out_channels=4, kernel_size=(3, 5), padding="same", bias=False))
    assert set(conv) == set(Conv2d.model_fields) - {"type"}
    assert (conv["kernel_size"]["kind"], conv["kernel_size"]["value"]) == ("text", "3, 5")
    assert (conv["bias"]["kind"], conv["bias"]["value"]) == ("switch", False)
    assert conv["padding_mode"]["kind"] == "choice"
    assert conv["padding_mode"]["options"] == ["zeros", "reflect", "replicate", "circular"]
    assert conv["padding_mode"]["value"] == "zeros"
    assert conv["padding"]["value"] == "same"
    assert "same" in conv["padding"]["help"]
    assert "same" not in by_name(MaxPool2d(kernel_size=2))["padding"]["help"]
    assert by_name(MaxPool2d(kernel_size=2))["stride"]["value"] == ""
    assert by_name(SqueezeExcitation(squeeze_channels=2))["activation"]["options"] == ["ReLU", "SiLU"]
    assert by_name(AvgPool2d(kernel_size=2))["divisor_override"]["label"] == "divisor override"


def test_the_paths_of_a_block_are_no_fields():
    assert fields(Residual(body=(ReLU(),))) == []
    assert fields(Concat(branches=((), ()))) == []
    assert list(by_name(new_layer("DualPath", (4, 8, 8)))) == ["added"]


@pytest.mark.parametrize("name", ["body", "shortcut", "type", "", "self", "kernel_size"])
def test_an_argument_that_a_layer_has_not_is_refused(name):
    with pytest.raises(ShapeError, match="no argument"):
        with_argument(Residual(body=()), name, "3")


@settings(deadline=None)
@given(
    layer=layers(leaves=1), text=st.text() | st.sampled_from(["nan", "inf", "-1", "1e999", "9" * 99]), data=st.data()
)
def test_whatever_is_typed_gives_a_layer_of_the_same_kind_or_a_shape_error(layer, text, data):
    names = [field["name"] for field in fields(layer)] or ["none"]
    try:
        new = with_argument(layer, data.draw(st.sampled_from(names)), text)
    except ShapeError:
        return
    assert new.kind == layer.kind
    assert new == new  # holds no NaN


def test_a_switch_is_no_text_and_a_number_no_switch():
    assert with_argument(Conv2d(out_channels=2, kernel_size=1), "bias", False).bias is False
    with pytest.raises(ShapeError):
        with_argument(Conv2d(out_channels=2, kernel_size=1), "out_channels", True)
    assert with_argument(Dropout(), "p", "1").p == 1.0


@pytest.mark.parametrize(
    "words", [("0", "1", "1"), ("1", "", "1"), ("1", "1", "2.5"), ("1", "1, 2", "1"), ("x", "1", "1")]
)
def test_an_input_that_cannot_be_is_named(words):
    with pytest.raises(ShapeError, match=r"The input's (channels|height|width) must be a whole number of at least 1"):
        read_shape(*words)
    assert read_shape("3", " 32", "28") == (3, 32, 28)
