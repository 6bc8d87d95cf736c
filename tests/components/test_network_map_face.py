"""What the network map is sent and what it tells: no browser, its mount is recorded."""

import base64
import json
import sys

import numpy as np
import pytest
import streamlit as st

from cnnviz.components.network_map import Column, Feed, network_map, together
from cnnviz.layers import Conv2d, Reach

FACE = sys.modules["cnnviz.components.network_map"]
CONV = Conv2d(out_channels=2, kernel_size=3, stride=2)
INPUT_REACH = Reach.of_input(7, 9)


def column(name, shown, size=(7, 9), *, thumbnail=(4, 5), start=0, **more):
    """A column of ``shown`` of its 100 maps, with numbers that tell it from others."""
    count = len(shown) * thumbnail[0] * thumbnail[1]
    arguments = {
        "title": name.rpartition(".")[2],
        "subtitle": "100",
        "column": 0,
        "lane": 0,
        "inputs": (),
        "size": size,
        "total": 100,
        "thumbnails": (np.arange(start, start + count) % 256).astype(np.uint8).reshape(len(shown), *thumbnail),
        "low": np.arange(len(shown), dtype=np.float32) - start,
        "high": np.arange(len(shown), dtype=np.float32) + start,
        "odd": [0] * len(shown),
        "span": (-float(start), float(start)),
    }
    return Column(name=name, channels=shown, **arguments | more)


@pytest.fixture
def show(monkeypatch):
    """Mounts columns and gives what the mount got."""
    monkeypatch.setattr(st, "session_state", {})

    def show(*columns, on_look=lambda at: None, **more):
        mounted = []
        monkeypatch.setattr(FACE, "_mount", lambda **arguments: mounted.append(arguments))
        network_map(columns, network="net", on_look=on_look, **more)
        (arguments,) = mounted
        json.dumps(arguments["data"], allow_nan=False)
        return arguments

    return show


def numbers(data, name):
    return np.frombuffer(base64.b64decode(data["arrays"][name]), "<f4")


def test_thumbnails_and_ranges_follow_each_other(show):
    columns = [
        column("input", [0, 1]),
        column("a.b", [3, 50, 99], thumbnail=(1, 1), start=7),
        column("c", [5], start=11),
    ]
    data = show(*columns)["data"]
    thumbnails = np.frombuffer(base64.b64decode(data["spec"]["thumbnails"]), np.uint8)
    at = shown = 0
    for message, one in zip(data["spec"]["columns"], columns, strict=True):
        count, (h, w) = len(message["channels"]), message["thumbnail"]
        np.testing.assert_array_equal(thumbnails[at : at + count * h * w].reshape(count, h, w), one.thumbnails)
        np.testing.assert_array_equal(numbers(data, "low")[shown : shown + count], one.low)
        np.testing.assert_array_equal(numbers(data, "high")[shown : shown + count], one.high)
        at, shown = at + count * h * w, shown + count
    assert at == len(thumbnails)
    assert shown == len(numbers(data, "low")) == len(numbers(data, "high"))


def test_fields_begin_where_the_columns_say(show):
    later = CONV.reach(INPUT_REACH, (1, 7, 9))
    same = Reach(later.rows, later.cols)
    columns = [
        column("input", [0], reach=INPUT_REACH),
        column("conv1", [0, 1], (3, 4), reach=later, start=3),
        column("relu1", [0, 1], (3, 4), reach=later),
        column("fc1", [0], (1, 1)),
        column("pool1", [0], (3, 4), reach=same),
    ]
    data = show(*columns)["data"]
    fields = numbers(data, "fields")
    for message, one in zip(data["spec"]["columns"], columns, strict=True):
        if one.reach is None:
            assert message["field"] is None
            continue
        start, rows, cols = message["field"]
        assert (rows, cols) == one.size
        parts = np.split(fields[start : start + 2 * (rows + cols)], [rows, 2 * rows, 2 * rows + cols])
        for part, truth in zip(
            parts,
            (one.reach.rows.first, one.reach.rows.last, one.reach.cols.first, one.reach.cols.last),
            strict=True,
        ):
            np.testing.assert_array_equal(part, truth)
    assert data["spec"]["columns"][1]["field"] == data["spec"]["columns"][2]["field"]  # sent once


def test_numpys_numbers_become_jsons(show):
    one = column(
        "conv1",
        list(np.array([2, 4])),
        odd=list(np.array([1, 0])),
        span=(np.float32(-1), np.float32(2)),
        made=together([[Feed(0, 1, np.float64(0.5))], []]),
        names=("a", "b"),
    )
    (_, message) = show(column("input", [0]), one)["data"]["spec"]["columns"]
    assert message["channels"] == [2, 4]
    assert message["odd"] == [1, 0]
    assert [list(map(tuple, feeds)) for feeds in message["feeds"]] == [[(0, 1, 0.5)], []]
    assert message["names"] == ["a", "b"]


@pytest.mark.parametrize(
    "span", [(-3.4e-7, 3.3e-7), (0, 4e-12), (-1e-30, 0), (0.000973, 0.001024), (-1e30, 3e38), (0, 0)]
)
def test_a_span_keeps_its_digits(show, span):
    """The colour scale of the layer is made of it: 0 to 0 would draw all its maps as blank, and call them all zero."""
    (message,) = show(column("conv1", [0], span=span))["data"]["spec"]["columns"]
    np.testing.assert_allclose(message["span"], span, rtol=1e-3)


def test_without_any_field(show):
    data = show(column("input", [0]))["data"]
    assert len(numbers(data, "fields")) == 0
    assert data["spec"]["columns"][0]["field"] is None


def test_what_is_looked_at_is_told(show):
    told = []
    tell = show(column("input", [0]), on_look=told.append, key="k")["on_look_change"]
    st.session_state["k"] = {"look": {"at": "conv1:3"}}
    tell()
    st.session_state["k"] = {"look": None}
    tell()
    del st.session_state["k"]  # a click that comes when the component has left the page
    tell()
    assert told == ["conv1:3"]


def test_what_has_one_scale(show):
    for scale in ("layer", "map", "network"):
        assert show(column("input", [0]), scale_of=scale)["data"]["spec"]["scaleOf"] == scale
