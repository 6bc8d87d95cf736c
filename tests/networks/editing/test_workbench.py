"""Layers are chosen, added, moved, copied, removed and mended, and each step can be undone."""

import pytest

from cnnviz.layers import Concat, Flatten, Linear, ReLU, Residual, ShapeError
from cnnviz.networks import Draft, architecture
from cnnviz.networks.draft import everything
from cnnviz.networks.editing.network_spec import INPUT, PALETTE
from cnnviz.networks.editing.workbench import EMPTY, MOST_STEPS, Workbench
from tests.networks.editing.benches import BLOCK, DRAFT, GONE, LAYERS, act, bench, conv, shown


def test_it_begins_empty_and_the_first_network_takes_the_place_of_nothing():
    it = Workbench()
    assert it.draft == EMPTY
    it.open(architecture("lenet5"), said="open")
    assert (it.draft.layers, it.said, it.can_undo) == (architecture("lenet5").layers, "open", False)
    assert type(it.draft) is Draft
    it.open(architecture("mlp"))
    assert act(it, "undo").draft.name == "LeNet-5 (Keras notes)"


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


def test_too_many_layers_are_said():
    it = bench(*[ReLU()] * 2000)
    assert act(it, "duplicate", [0]).said == "more than 2,000 layers: nothing was changed."
    assert len(it.draft.layers) == 2000


def test_a_draft_is_a_network_or_says_why_not():
    assert bench(conv(4)).network().shapes == ((4, 8, 8),)
    with pytest.raises(ShapeError, match="fc1: Linear"):
        bench(Linear(out_features=3)).network()
