"""JSON gives back its draft, or is refused in one sentence."""

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnviz.layers import Conv2d, Residual
from cnnviz.networks import Draft, Network
from cnnviz.networks.code import CodeError, decode, encode, from_json, to_json
from cnnviz.networks.network import network_of
from tests.networks.coded import CONV, bare, reason, several
from tests.networks.every_layer import SMALL


@pytest.mark.parametrize("network", SMALL)
def test_every_layer_comes_back_from_its_json_and_without_its_defaults_too(network):
    assert network_of(from_json(to_json(network))) == network
    assert Network.model_validate_json(to_json(network)) == network
    assert network_of(from_json(network.model_dump_json())) == network


def test_json_leaves_out_what_is_as_it_is_by_default():
    layers = (Residual(body=(Conv2d(out_channels=4, kernel_size=3, stride=2),)),)
    assert json.loads(to_json(Draft(name="Größe", input_shape=(1, 8, 8), layers=layers))) == {
        "name": "Größe",
        "input_shape": [1, 8, 8],
        "layers": [
            {"type": "Residual", "body": [{"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "stride": 2}]}
        ],
    }


DROPOUT = '{"name": "n", "input_shape": [1, 8, 8], "layers": [{"type": "Dropout", "p": %s}]}'
RECURSIVE = '{"name": "n", "input_shape": [1, 8, 8], "layers": %s}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON"),
        ("no JSON", "JSON"),
        ("{", "JSON"),
        (bare() + "}", "JSON"),
        (b"\xff\xfe{}", "JSON"),
        (bare().encode().replace(b'"n"', b'"\xe4"'), "JSON"),
        (bare().encode("utf-16"), "JSON"),
        ("[]", "object"),
        ("null", "object"),
        ("12", "object"),
        ("{}", "name"),
        (bare(name=None), "name"),
        (bare(name=3), "name"),
        (bare(name="n" * 81), "80 characters"),
        (bare(input_shape="1"), "input_shape"),
        (bare(input_shape=[]), "height, width"),
        (bare(input_shape=[1, 2]), "height, width"),
        (bare(input_shape=[1, 0, 2]), "at least 1"),
        (bare(input_shape=[1, -3, 2]), "at least 1"),
        (bare(input_shape=[1, 2.5, 2]), "whole number"),
        (bare(input_shape=[10**30]), "65,536"),
        (bare(layers="ReLU"), "layers"),
        (bare(layers={"type": "ReLU"}), "layers"),
        (bare(None), "layers.0"),
        (bare(["ReLU"]), "layers.0"),
        (bare("ReLU"), "layers.0"),
        (bare({}), "type"),
        (bare({"type": None}), "layers.0"),
        (bare({"type": "Conv3d"}), "Conv3d"),
        (bare({"type": ["Conv2d"]}), "layers.0"),
        (bare({"type": "ReLU", "inplace": True}), "inplace"),
        (bare(CONV | {"out_channels": None}), "out_channels"),
        (bare(CONV | {"out_channels": "4"}), "out_channels"),
        (bare(CONV | {"out_channels": 4.0}), "out_channels"),
        (bare(CONV | {"out_channels": True}), "out_channels"),
        (bare(CONV | {"out_channels": 0}), "at least 1"),
        (bare(CONV | {"out_channels": 10**30}), "at most 65,536"),
        (bare(CONV | {"out_channels": -(10**30)}), "at least 1"),
        (bare(CONV | {"kernel_size": [3, 3, 3]}), "kernel_size"),
        (bare(CONV | {"kernel_size": []}), "kernel_size"),
        (bare(CONV | {"kernel_size": {}}), "kernel_size"),
        (bare(CONV | {"padding": "full"}), "padding"),
        (bare(CONV | {"bias": "perhaps"}), "bias"),
        (bare({"type": "Conv2d"}), "required"),
        (bare({"type": "AvgPool2d", "kernel_size": 2, "divisor_override": 0}), "must not be 0"),
        (bare({"type": "Residual", "body": 3}), "body"),
        (bare({"type": "Residual", "body": [{"type": "Conv2d"}]}), "Conv2d"),
        (bare({"type": "Concat", "branches": [{"type": "ReLU"}]}), "branches"),
        (bare(colour="red"), "colour"),
        (bare(self=1), "self"),
        (DROPOUT % "NaN", "p"),
        (DROPOUT % "Infinity", "p"),
        (DROPOUT % "-Infinity", "p"),
        (DROPOUT % "1e999", "p"),
        (DROPOUT % ("9" * 100_000), "."),
        (DROPOUT % ("[" * 100_000), "."),
        (RECURSIVE % ("[" * 1000 + "]" * 1000), "."),
        (RECURSIVE % ('[{"type": "Residual", "body": ' * 1000 + "[]" + "}]" * 1000), "."),
        (RECURSIVE % ('[{"type": "Residual", "body": ' * 90 + "[]" + "}]" * 90), "deep"),
        (bare(*[{"type": "ReLU"}] * 2001), "2,000 layers"),
        pytest.param(
            bare({"type": "ReLU", "self": 1}),
            "self",
        ),
        (bare({"type": "a\nb"}), "layers.0"),
        pytest.param(bare(**{"a\nb": 1}), "not known"),
        pytest.param(bare(**{"k" * 9000: 1}), "not known"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(text, words):
    assert words in reason(text)


def test_text_that_is_no_unicode_is_refused():
    assert reason(bare().replace('"n"', '"\ud800"'))
    assert reason(bare(name="\ud800"))


def test_of_a_key_that_comes_twice_the_last_one_counts():
    assert from_json('{"name": "a", "input_shape": [1], "name": "b", "layers": [], "input_shape": [2]}') == Draft(
        name="b", input_shape=(2,)
    )


VALID = to_json(SMALL[-3])
PIECES = [
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-1",
    "1e400",
    "NaN",
    "true",
    '"self"',
    '"type"',
    "9" * 30,
    "\\u0000",
]


def read(text):
    """The draft, or the sentence with which it is refused."""
    try:
        return from_json(text)
    except CodeError as error:
        return str(error)


@several
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 9), st.sampled_from(PIECES) | st.text()), max_size=3
    )
)
def test_a_mangled_json_gives_a_draft_or_is_refused_in_a_sentence(cuts):
    text = VALID
    for at, length, piece in cuts:
        text = text[:at] + piece + text[at + length :]
    assert isinstance(read(text), Draft | str)


def places(value, at=()):
    """The path of each value inside a JSON value."""
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*at, key))


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**40, -1, 65_536, 65_537, "same", "ReLU", "Conv2d", ""])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "body", "p"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@several
@given(
    network=st.sampled_from(SMALL), seed=st.integers(0, 10**6), odd=ODD, key=st.sampled_from(["", "type", "x", "name"])
)
@example(network=SMALL[0], seed=0, odd=float("nan"), key="p")
def test_another_value_anywhere_gives_a_draft_that_comes_back_or_is_refused(network, seed, odd, key):
    whole = {"": json.loads(to_json(network))}
    where = random.Random(seed).choice(list(places(whole))[1:])
    target = whole
    for step in where[:-1]:
        target = target[step]
    if key and isinstance(target[where[-1]], dict):
        target[where[-1]][key] = odd
    else:
        target[where[-1]] = odd
    draft = read(json.dumps(whole[""]))
    assert isinstance(draft, str) or decode(encode(draft)) == draft


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=60))
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(CodeError):
        from_json(data)
