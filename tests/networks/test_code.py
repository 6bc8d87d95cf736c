"""The text of an address gives back its draft, or is refused and never unpacked."""

import base64
import re
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.layers.base import LARGEST_ARGUMENT
from cnnviz.networks import Draft, architecture, architectures
from cnnviz.networks.code import LONGEST_JSON, CodeError, decode, encode, file_name, from_json, to_json
from cnnviz.networks.network import network_of
from tests.networks.coded import CONV, bare, reason, several
from tests.networks.every_layer import SMALL
from tests.networks.test_draft import drafts


def packed(data):
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


@pytest.mark.parametrize("key", architectures())
def test_known_architectures_come_back_from_their_text(key):
    network = architecture(key)
    text = encode(network)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert network_of(decode(text)) == network
    assert len(to_json(network)) <= LONGEST_JSON / 10


@several
@given(draft=drafts(LARGEST_ARGUMENT))
def test_any_draft_comes_back_from_its_text(draft):
    text = encode(draft)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert decode(text) == draft
    assert from_json(to_json(draft).encode()) == draft


def decodes_or_says_so(text):
    try:
        return decode(text)
    except CodeError:
        return None


@several
@given(text=st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,80}", fullmatch=True))
def test_texts_that_nobody_has_made_are_refused(text):
    with pytest.raises(CodeError):
        decode(text)


@several
@given(draft=drafts(), data=st.data())
def test_a_text_that_was_cut_is_refused_or_still_holds_it_all(draft, data):
    text = encode(draft)
    cut = decodes_or_says_so(text[: data.draw(st.integers(0, len(text) - 1))])
    assert cut is None or cut == draft


@several
@given(draft=drafts(), data=st.data())
def test_a_mangled_text_gives_a_draft_or_is_refused(draft, data):
    text = encode(draft)
    at = data.draw(st.integers(0, len(text)))
    until = data.draw(st.integers(at, min(len(text), at + 4)))
    mangled = decodes_or_says_so(text[:at] + data.draw(st.text(max_size=4)) + text[until:])
    assert mangled is None or isinstance(mangled, Draft)


@several
@given(data=st.binary(max_size=200))
def test_whatever_is_packed_is_a_draft_or_refused(data):
    with pytest.raises(CodeError):
        decode(packed(data))


@pytest.mark.parametrize(
    "start",
    [b"", b'{"name":"n","input_shape":[1],"layers":[', to_json(SMALL[0]).encode()],
    ids=["none", "open", "whole"],
)
def test_gigabytes_in_a_short_text_are_refused_and_never_unpacked(start):
    pack = zlib.compressobj(9)
    head = pack.compress(start) + pack.flush(zlib.Z_FULL_FLUSH)
    spaces = pack.compress(b" " * 2**24) + pack.flush(zlib.Z_FULL_FLUSH)  # can be repeated as it is
    bomb = base64.urlsafe_b64encode(head + spaces * 128 + pack.flush()).decode()
    assert len(zlib.decompressobj().decompress(head + spaces * 2, 2**26)) == len(start) + 2**25
    tracemalloc.start()
    try:
        with pytest.raises(CodeError):
            decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()


def test_a_long_text_is_refused_whatever_it_holds():
    ten_megabytes = to_json(SMALL[0]) + " " * 10_000_000
    assert "300,000" in reason(ten_megabytes)
    assert "300,000" in reason(ten_megabytes.encode())
    with pytest.raises(CodeError):
        decode("A" * 10_000_000)


def test_a_draft_whose_layers_do_not_follow_is_a_draft_and_no_network():
    text = bare(CONV | {"kernel_size": 9})
    draft = decode(encode(from_json(text)))
    with pytest.raises(ValueError, match="9×9 kernel on a 8×8 input"):
        network_of(draft)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("LeNet-5 (1998)", "lenet_5_1998"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\x", "c_x"),
        ("Größe", "gr_e"),
        ("网络", "network"),
        ("", "network"),
        ("___", "network"),
        ("a\x00b\n", "a_b"),
    ],
)
def test_a_file_is_named_by_letters_and_digits(name, file):
    assert file_name(Draft(name=name, input_shape=(1,))) == file
