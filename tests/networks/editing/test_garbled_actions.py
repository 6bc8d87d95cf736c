"""No action, however garbled, breaks the workbench or the editor's picture."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnviz.layers import Linear, MaxPool2d
from cnnviz.networks.code import decode, encode
from cnnviz.networks.editing.network_spec import PALETTE
from cnnviz.networks.editing.workbench import MOST_STEPS
from tests.networks.editing.benches import BLOCK, DRAFT, GONE, LAYERS, act, bench, conv, shown

TOO_FAST = "That was too fast: nothing was changed."


@pytest.mark.parametrize("op", ["remove", "up", "down", "duplicate", "mend"])
@pytest.mark.parametrize("version", [-1, 1, 99, None, "0"])
def test_what_was_meant_for_another_version_is_not_done(op, version):
    it = act(bench(chosen=(0,)), op, [1], version=version)
    assert (it.draft, it.said, it.chosen) == (DRAFT, TOO_FAST, (0,))


def test_a_second_click_before_the_picture_changed_does_nothing():
    it = bench()
    twice = {"op": "remove", "path": [0], "version": it.structure}
    it.act(twice)
    it.act(twice)
    assert (it.draft.layers, it.said) == (LAYERS[1:], TOO_FAST)


@pytest.mark.parametrize("op", ["remove", "up", "down", "duplicate", "set", "branch", "unbranch", "choose"])
@pytest.mark.parametrize("path", [[9], [1, "body", 7], [2, "branch9", 0], [1, "head", 0]])
def test_a_layer_that_is_gone_is_said_to_be_gone(op, path):
    it = act(bench(chosen=(0,)), op, path, field="bias", value=True)
    assert (it.draft, it.said, it.chosen) == (DRAFT, GONE, ())


def test_an_unknown_action_is_said():
    for op in ("destroy", None, "", "__init__", ["add"]):
        it = act(bench(chosen=(0,)), op, [0])
        assert (it.draft, it.chosen) == (DRAFT, (0,))
        assert "reload the page" in it.said


def check(bench):
    """It is as a workbench is, and the page can show it and keep it in its address."""
    assert 0 <= bench.at < len(bench.drafts) <= MOST_STEPS
    assert decode(encode(bench.draft)) == bench.draft
    assert shown(bench)["version"] == bench.version


ONES = [
    pytest.param("choose", [-1], id="choose from the end"),
    pytest.param("choose", [9, "body"], id="choose a path of nothing"),
    pytest.param("choose", [0, "body"], id="choose a path of no block"),
    pytest.param("choose", ["x"], id="choose a word"),
    pytest.param("choose", [1, "body", "1"], id="choose a number as a word"),
    pytest.param("choose", [0, "body", 0], id="choose inside no block"),
    pytest.param("branch", [0], id="branch of no block"),
    pytest.param("branch", [1], id="branch of another block"),
    pytest.param("mend", [], id="mend nothing"),
    pytest.param("mend", [9], id="mend what is gone"),
    pytest.param("duplicate", [0, "body", 0], id="duplicate inside no block"),
    pytest.param("up", [10**30], id="up from nowhere"),
    pytest.param("remove", [-1], id="remove from the end"),
    pytest.param("up", [-1], id="up from the end"),
]


@pytest.mark.parametrize(("op", "path"), ONES)
def test_a_path_that_leads_nowhere_is_said(op, path):
    it = act(bench(), op, path)
    check(it)
    assert (it.draft, it.said, it.chosen) == (DRAFT, GONE, ())


def test_a_mend_without_end_is_said():
    it = act(bench(conv(4), Linear(out_features=3)), "mend", [1], number=float("inf"))
    assert it.said == GONE


OPS = [
    "choose",
    "undo",
    "redo",
    "clear",
    "add",
    "up",
    "down",
    "duplicate",
    "remove",
    "set",
    "mend",
    "branch",
    "unbranch",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([10**30, -(10**30), "input", "same", "3, 5", "9" * 30, "nan", "inf", "1e999", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
STEPS = st.sampled_from(
    [0, 1, 2, 3, 4, -1, True, False, "body", "shortcut", "branch1", "branch2", "input", "x", 10**30]
)
FIELDS = [
    "kernel_size",
    "out_channels",
    "padding",
    "stride",
    "bias",
    "groups",
    "p",
    "name",
    "height",
    "channels",
    "classes",
]
FIELDS += ["dataset", "out_features"]


def any_path():
    real = [
        [0],
        [1],
        [2],
        [3],
        [1, "body", 0],
        [1, "body"],
        [1, "shortcut"],
        [2, "branch2"],
        [2, "branch1", 0],
        ["input"],
    ]
    return st.sampled_from(real) | st.lists(STEPS, max_size=4) | st.lists(STEPS | VALUES, max_size=4) | VALUES


ACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(OPS) | VALUES,
        "path": any_path(),
        "kind": st.sampled_from(PALETTE) | VALUES,
        "field": st.sampled_from(FIELDS) | VALUES,
        "value": VALUES,
        "number": st.integers(-3, 3) | VALUES,
        "version": st.just("now") | VALUES,
    },
)


@settings(deadline=None, max_examples=150)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=12))
@example(actions=[{"op": "choose", "path": [-1]}])
@example(actions=[{"op": "choose", "path": [1, "body", 0]}, {"op": "up", "path": [1], "version": "now"}])
def test_garbled_actions_leave_a_workbench_that_can_be_shown_and_kept(actions):
    it = bench(conv(4), BLOCK, LAYERS[2], MaxPool2d(kernel_size=9), Linear(out_features=10))
    for action in actions:
        version = it.version
        it.act(action | ({"version": it.structure} if action.get("version") == "now" else {}))
        assert it.version == version + 1
        check(it)
    while it.can_undo:
        act(it, "undo")
    check(it)


def test_what_was_typed_for_a_layer_that_has_moved_meanwhile_is_not_done():
    it = bench(conv(8), conv(9))
    meant = it.structure
    act(it, "up", [1])
    it.act({"op": "set", "path": [1], "field": "out_channels", "value": "77", "version": meant})
    assert [layer.out_channels for layer in it.draft.layers] == [9, 8]
    assert it.said


def test_a_click_after_typing_is_done():
    it = bench(conv(8), conv(9))
    meant = it.structure
    it.act({"op": "set", "path": [1], "field": "out_channels", "value": "77", "version": meant})
    it.act({"op": "remove", "path": [0], "version": meant})
    assert [layer.out_channels for layer in it.draft.layers] == [77]


def test_a_book_typed_into_a_field_is_not_said_again():
    it = act(bench(conv(8)), "set", [0], field="out_channels", value="1," * 100_000)
    assert len(it.error) < 300
