"""What each action of the editor does, and that no action, however garbled, breaks the workbench or the editor's picture."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnviz.data import DATASETS, form, forms
from cnnviz.layers import AdaptiveAvgPool2d, Concat, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Residual, ShapeError
from cnnviz.networks import Draft, architecture
from cnnviz.networks.code import decode, encode
from cnnviz.networks.draft import everything
from cnnviz.networks.editing.network_spec import INPUT, OWN, PALETTE, form_of, network_spec
from cnnviz.networks.editing.workbench import EMPTY, MOST_STEPS, Workbench

TOO_FAST = "That was too fast: nothing was changed."
GONE = "That layer is not there any more: nothing was changed."


def conv(filters, size=3):
    return Conv2d(out_channels=filters, kernel_size=size, padding=size // 2)


BLOCK = Residual(body=(conv(4), ReLU()))
LAYERS = (conv(4), BLOCK, Concat(branches=((conv(2),), ())), Flatten(), Linear(out_features=10))
DRAFT = Draft(name="d", input_shape=(1, 8, 8), layers=LAYERS)


def bench(*layers, chosen=()):
    draft = DRAFT.model_copy(update={"layers": layers}) if layers else DRAFT
    return Workbench(drafts=[draft], chosen=chosen, datasets=forms())


def act(bench, op, path=None, **more):
    bench.act({"op": op, "path": path, "version": bench.structure} | more)
    return bench


def shown(bench):
    """What the page shows, as JSON."""
    try:
        form = form_of(bench.draft, bench.chosen, bench.error, bench.datasets)
    except LookupError:
        bench.chosen, form = (), None
    spec = network_spec(
        bench.draft,
        64,
        bench.chosen,
        form=form,
        said=bench.said,
        version=bench.version,
        canUndo=bench.can_undo,
        canRedo=bench.can_redo,
        canClear=bool(bench.draft.layers),
    )
    return json.loads(json.dumps(spec, allow_nan=False))


def test_it_begins_empty_and_the_first_network_takes_the_place_of_nothing():
    it = Workbench()
    assert it.draft == EMPTY
    it.open(architecture("lenet5"), said="open")
    assert (it.draft.layers, it.said, it.can_undo) == (architecture("lenet5").layers, "open", False)
    assert type(it.draft) is Draft
    it.open(architecture("mlp"))
    assert act(it, "undo").draft.name == "LeNet-5"


def test_choosing_and_unchoosing():
    it = act(bench(), "choose", [1, "body", 0])
    assert (it.chosen, it.said, it.error) == ((1, "body", 0), "", "")
    assert shown(it)["form"]["path"] == [1, "body", 0]
    assert act(it, "choose", [2, "branch2"]).chosen == (2, "branch2")
    assert shown(it)["where"] == "at the start of concat1.branch2"
    assert act(it, "choose", ["input"]).chosen == INPUT
    assert act(it, "choose", []).chosen == ()
    assert not it.can_undo


@pytest.mark.parametrize(
    ("chosen", "path"),
    [
        ((), (5,)),
        (INPUT, (0,)),
        ((0,), (1,)),
        ((4,), (5,)),
        ((1, "body", 0), (1, "body", 1)),
        ((1, "shortcut"), (1, "shortcut", 0)),
        ((2, "branch2"), (2, "branch2", 0)),
    ],
)
def test_a_new_layer_goes_after_the_chosen_one_and_is_chosen(chosen, path):
    it = act(bench(chosen=chosen), "add", kind="ReLU")
    assert it.draft.at(path) == ReLU()
    assert it.chosen == path
    assert len(list(everything(it.draft.layers))) == len(list(everything(LAYERS))) + 1


@pytest.mark.parametrize("kind", PALETTE)
def test_each_layer_of_the_palette_can_be_added_to_nothing(kind):
    it = act(Workbench(), "add", kind=kind)
    assert [layer.kind for layer in it.draft.layers] == [kind]
    assert not it.error
    assert shown(it)["form"]["path"] == [0]


def test_a_new_layer_is_made_for_the_maps_that_reach_it():
    it = act(bench(conv(6), Linear(out_features=3), chosen=(1,)), "add", kind="Residual")
    assert it.draft.layers[2].output_shape((6, 8, 8)) == (6, 8, 8)
    it = act(bench(conv(6), BLOCK, chosen=(1, "shortcut")), "add", kind="SqueezeExcitation")
    assert it.draft.at((1, "shortcut", 0)).squeeze_channels == 6 // 4


def test_layers_move_within_their_list_and_stay_chosen():
    it = act(bench(chosen=(1,)), "up", [1])
    assert it.draft.layers == (BLOCK, LAYERS[0], *LAYERS[2:])
    assert it.chosen == (0,)
    assert act(it, "down", [0]).draft == DRAFT
    assert it.chosen == (1,)
    act(it, "down", [1, "body", 0])
    assert it.draft.at((1,)) == Residual(body=(ReLU(), conv(4)))
    assert act(it, "up", [0]).draft.layers[0] == LAYERS[0]


def test_the_last_layer_stays_chosen_where_it_cannot_move_down():
    it = act(bench(chosen=(4,)), "down", [4])
    assert it.draft == DRAFT
    shown(it)


def test_what_is_chosen_inside_a_block_stays_chosen_when_the_block_moves():
    it = act(bench(chosen=(1, "body", 1)), "up", [1])
    assert shown(it)["form"]["about"].startswith("torch.nn.ReLU")
    assert it.draft.at(it.chosen) == ReLU()


def test_what_is_chosen_stays_chosen_when_its_neighbour_moves():
    it = act(bench(chosen=(1,)), "up", [2])
    assert it.draft.at(it.chosen) == BLOCK


def test_a_copy_comes_after_the_layer_and_is_chosen():
    it = act(bench(), "duplicate", [1])
    assert it.draft.layers == (LAYERS[0], BLOCK, BLOCK, *LAYERS[2:])
    assert it.chosen == (2,)


def test_a_layer_can_be_removed():
    it = act(bench(chosen=(1,)), "remove", [1])
    assert it.draft.layers == (LAYERS[0], *LAYERS[2:])
    assert it.chosen == ()


def test_all_layers_can_be_removed_and_come_back():
    it = act(bench(), "clear")
    assert (it.draft.layers, it.draft.input_shape) == ((), (1, 8, 8))
    assert act(it, "undo").draft == DRAFT


def test_steps_are_undone_and_done_again_until_something_else_is_done():
    it = bench()
    drafts = [it.draft] + [act(it, "duplicate", [0]).draft for _ in range(3)]
    assert not it.can_redo
    for draft in reversed(drafts[:-1]):
        assert act(it, "undo").draft == draft
    assert not it.can_undo
    assert act(it, "undo").draft == drafts[0]
    assert act(it, "redo").draft == drafts[1]
    act(it, "remove", [0])
    assert not it.can_redo
    assert act(it, "undo").draft == drafts[1]


def test_what_changes_nothing_is_no_step():
    assert not act(bench(), "set", [0], field="out_channels", value="4").can_undo
    assert not act(bench(), "up", [0]).can_undo


def test_only_so_many_steps_are_kept():
    it = bench(ReLU())
    for _ in range(MOST_STEPS + 5):
        act(it, "duplicate", [0])
    assert len(it.drafts) == MOST_STEPS
    assert len(it.draft.layers) == MOST_STEPS + 6
    assert act(it, "undo").draft.layers == (ReLU(),) * (MOST_STEPS + 5)


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


def test_a_layer_gets_another_argument_and_stays_chosen():
    it = act(bench(), "set", [1, "body", 0], field="kernel_size", value="3, 5")
    assert it.draft.at((1, "body", 0)) == Conv2d(out_channels=4, kernel_size=(3, 5), padding=1)
    assert it.chosen == (1, "body", 0)
    act(it, "set", [0], field="bias", value=False)
    assert it.draft.layers[0] == Conv2d(out_channels=4, kernel_size=3, padding=1, bias=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kernel_size", "0"),
        ("kernel_size", ""),
        ("kernel_size", "big"),
        ("groups", "9" * 40),
        ("body", "1"),
        ("x", "1"),
    ],
)
def test_an_argument_that_cannot_be_is_an_error_in_the_form(field, value):
    it = act(bench(chosen=(0,)), "set", [0], field=field, value=value)
    assert it.draft == DRAFT
    assert it.chosen == (0,)
    assert it.error.startswith("Conv2d")
    assert it.error.endswith(".")
    assert shown(it)["form"]["error"] == it.error
    assert not act(it, "choose", [0]).error


def test_the_input_gets_another_name_and_other_sides():
    it = act(bench(), "set", ["input"], field="name", value=" mine ")
    assert it.draft.name == "mine"
    act(it, "set", ["input"], field="height", value="20")
    assert it.draft.input_shape == (1, 20, 8)
    act(it, "set", ["input"], field="name", value="n" * 200)
    assert it.draft.name == "n" * 80
    assert act(it, "set", ["input"], field="name", value="").draft.name == EMPTY.name
    assert it.chosen == INPUT


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "many", "3, 4"])
def test_an_input_that_cannot_be_is_an_error_in_the_form(value):
    it = act(bench(chosen=INPUT), "set", ["input"], field="width", value=value)
    assert it.draft == DRAFT
    assert "width must be a whole number of at least 1" in it.error


def test_an_input_too_large_is_said():
    it = act(bench(), "set", ["input"], field="width", value="70000")
    assert it.draft == DRAFT
    assert "65,536" in it.said + it.error


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_input_as_a_dataset_has_it(dataset):
    shape, classes = form(dataset)
    it = act(bench(Flatten(), Linear(out_features=3)), "set", ["input"], field="dataset", value=dataset)
    assert it.draft.input_shape == shape
    assert it.draft.layers == (Flatten(), Linear(out_features=classes))


def test_its_own_input_and_classes():
    it = act(bench(), "set", ["input"], field="dataset", value=OWN)
    assert it.draft == DRAFT
    act(it, "set", ["input"], field="classes", value="100")
    assert it.draft.layers == (*LAYERS[:-1], Linear(out_features=100))
    act(it, "set", ["input"], field="classes", value="0")
    assert it.error.endswith(".")
    assert it.draft.layers[-1] == Linear(out_features=100)
    assert act(bench(ReLU()), "set", ["input"], field="classes", value="7").draft.layers == (ReLU(),)


def test_features_stay_features_when_their_number_changes():
    it = Workbench(drafts=[Draft(name="f", input_shape=(7,), layers=(Linear(out_features=2),))])
    act(it, "set", ["input"], field="name", value="mine")
    assert it.draft.input_shape == (7,)
    shown(it)


def test_features_stay_features_when_there_are_more_of_them():
    it = Workbench(drafts=[Draft(name="f", input_shape=(7,), layers=(Linear(out_features=2),))])
    act(it, "set", ["input"], field="channels", value="9")
    assert it.draft.input_shape == (9,)


def test_a_mend_is_done_and_said():
    it = bench(conv(4), Linear(out_features=3))
    assert shown(it)["rows"][2]["mends"] == ["Put a Flatten before it"]
    act(it, "mend", [1], number=0)
    assert it.draft.layers == (conv(4), Flatten(), Linear(out_features=3))
    assert it.said == "Put a Flatten before it: done."


def test_a_mend_that_is_not_offered_is_not_done():
    it = bench(conv(4), Linear(out_features=3))
    before = it.draft
    for number in (1, 99, "x", None):
        assert act(it, "mend", [1], number=number).draft == before
        assert it.said == GONE


def test_branches_come_and_go_until_one_is_left():
    it = act(bench(), "branch", [2])
    assert it.draft.at((2,)) == Concat(branches=((conv(2),), (), ()))
    for left in (2, 1, 1):
        assert len(act(it, "unbranch", [2]).draft.at((2,)).branches) == left


def test_an_unknown_action_is_said():
    for op in ("destroy", None, "", "__init__", ["add"]):
        it = act(bench(chosen=(0,)), op, [0])
        assert (it.draft, it.chosen) == (DRAFT, (0,))
        assert "reload the page" in it.said


def test_too_many_layers_are_said():
    it = bench(*[ReLU()] * 2000)
    assert act(it, "duplicate", [0]).said == "more than 2,000 layers: nothing was changed."
    assert len(it.draft.layers) == 2000


def test_a_draft_is_a_network_or_says_why_not():
    assert bench(conv(4)).network().shapes == ((4, 8, 8),)
    with pytest.raises(ShapeError, match="fc1: Linear"):
        bench(Linear(out_features=3)).network()


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


def test_classes_of_a_fully_convolutional_network():
    it = bench(Conv2d(out_channels=4, kernel_size=3), ReLU(), AdaptiveAvgPool2d(output_size=1), Flatten())
    act(it, "set", ["input"], field="classes", value="7")
    assert it.draft.layers == (
        Conv2d(out_channels=7, kernel_size=3),
        ReLU(),
        AdaptiveAvgPool2d(output_size=1),
        Flatten(),
    )
    act(it, "set", ["input"], field="dataset", value="cifar10")
    assert it.network().shapes[-1] == (10,)
