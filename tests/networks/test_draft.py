"""Drafts against lists of lists: what each change does, at the top and inside blocks, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cnnviz.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Softmax,
    SqueezeExcitation,
    Tanh,
)
from cnnviz.layers.base import LARGEST_ARGUMENT
from cnnviz.networks import Draft, Network
from cnnviz.networks.draft import DEEPEST, MOST_LAYERS, duplicate, everything, insert, move, remove, replace
from tests.layers.cases import numbers

PLAIN = [
    GELU(),
    BatchNorm2d(),
    Dropout(),
    Flatten(),
    LeakyReLU(),
    PositionBias(),
    ReLU(),
    Sigmoid(),
    SiLU(),
    Softmax(),
    Tanh(),
]


def layers(high=9, leaves=4):
    """Any layer with any arguments up to ``high``, whether or not it can follow anything."""
    count, size, margin = st.integers(1, high), numbers(1, high), numbers(0, high)
    window = {"kernel_size": size, "stride": st.none() | size, "padding": margin, "ceil_mode": st.booleans()}
    kernels = {
        "out_channels": count,
        "kernel_size": size,
        "stride": size,
        "dilation": size,
        "groups": st.just(1) | count,
        "bias": st.booleans(),
    }
    output = count | st.tuples(st.none() | count, st.none() | count)
    modes = st.sampled_from(["zeros", "reflect", "replicate", "circular"])
    simple = st.one_of(
        st.sampled_from(PLAIN),
        st.builds(Conv2d, padding=margin | st.sampled_from(["same", "valid"]), padding_mode=modes, **kernels),
        st.builds(ConvTranspose2d, padding=margin, output_padding=margin, **kernels),
        st.builds(MaxPool2d, dilation=size, **window),
        st.builds(
            AvgPool2d,
            count_include_pad=st.booleans(),
            divisor_override=st.none() | st.integers(-high, high).filter(bool),
            **window,
        ),
        st.builds(AdaptiveMaxPool2d, output_size=output),
        st.builds(AdaptiveAvgPool2d, output_size=output),
        st.builds(Linear, out_features=count, bias=st.booleans()),
        st.builds(LeakyReLU, negative_slope=st.floats(-1e6, 1e6)),
        st.builds(Dropout, p=st.floats(0, 1)),
        st.builds(BatchNorm2d, eps=st.floats(0, 1, exclude_min=True), momentum=st.floats(0, 1)),
        st.builds(LocalResponseNorm, size=count, alpha=st.floats(0, 1e6), beta=st.floats(0, 100), k=st.floats(0, 1e6)),
        st.builds(SqueezeExcitation, squeeze_channels=count, activation=st.sampled_from(["ReLU", "SiLU"])),
    )

    def blocks(inner):
        path = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(
            st.builds(Residual, body=path, shortcut=path),
            st.builds(DualPath, body=path, shortcut=path, added=count),
            st.builds(Concat, branches=st.lists(path, max_size=3).map(tuple)),
        )

    return st.recursive(simple, blocks, max_leaves=leaves)


def drafts(high=9, most=5, sides=12):
    """Any draft; most of them no network."""
    side = st.integers(1, sides)
    return st.builds(
        Draft,
        name=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
        input_shape=st.tuples(side, side, side) | st.tuples(side),
        layers=st.lists(layers(high), max_size=most).map(tuple),
    )


def conv(filters):
    return Conv2d(out_channels=filters, kernel_size=1)


NEW = Linear(out_features=7)
CONCAT = Concat(branches=((conv(5),), (), (conv(6), conv(7))))
INNER = Residual(body=(conv(3), conv(4)), shortcut=())
OUTER = Residual(body=(conv(2), INNER), shortcut=(CONCAT,))
DRAFT = Draft(name="d", input_shape=(1, 8, 8), layers=(conv(1), OUTER, ReLU()))


def with_outer(outer):
    return DRAFT.model_copy(update={"layers": (conv(1), outer, ReLU())})


def with_concat(*branches):
    return with_outer(Residual(body=OUTER.body, shortcut=(Concat(branches=branches),)))


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ((0,), conv(1)),
        ((1,), OUTER),
        ((2,), ReLU()),
        ((1, "body", 0), conv(2)),
        ((1, "body", 1), INNER),
        ((1, "body", 1, "body", 1), conv(4)),
        ((1, "shortcut", 0), CONCAT),
        ((1, "shortcut", 0, "branch1", 0), conv(5)),
        ((1, "shortcut", 0, "branch3", 1), conv(7)),
    ],
)
def test_a_path_leads_to_its_layer(path, layer):
    assert DRAFT.at(path) == layer


def test_a_change_at_the_top_changes_the_list():
    one, block, relu = DRAFT.layers
    assert insert(DRAFT, (0,), NEW).layers == (NEW, one, block, relu)
    assert insert(DRAFT, (3,), NEW, one).layers == (one, block, relu, NEW, one)
    assert remove(DRAFT, (1,)).layers == (one, relu)
    assert replace(DRAFT, (2,), NEW).layers == (one, block, NEW)
    assert duplicate(DRAFT, (1,)).layers == (one, block, block, relu)
    assert move(DRAFT, (0,), 2).layers == (block, relu, one)
    assert move(DRAFT, (2,), 0).layers == (relu, one, block)


def test_a_move_ends_at_the_ends():
    one, block, relu = DRAFT.layers
    assert move(DRAFT, (1,), 99).layers == (one, relu, block)
    assert move(DRAFT, (1,), -99).layers == (block, one, relu)


def test_a_change_inside_a_block_changes_that_path_and_nothing_else():
    first, second = INNER.body
    inside = (1, "body", 1, "body")

    def expected(*body):
        return with_outer(Residual(body=(conv(2), Residual(body=body)), shortcut=OUTER.shortcut))

    assert insert(DRAFT, (*inside, 1), NEW) == expected(first, NEW, second)
    assert remove(DRAFT, (*inside, 0)) == expected(second)
    assert replace(DRAFT, (*inside, 1), NEW) == expected(first, NEW)
    assert duplicate(DRAFT, (*inside, 0)) == expected(first, first, second)
    assert move(DRAFT, (*inside, 0), 1) == expected(second, first)


def test_branches_change_one_by_one_and_an_empty_path_can_be_filled():
    first, empty, third = CONCAT.branches
    branch = (1, "shortcut", 0)
    assert insert(DRAFT, (*branch, "branch2", 0), NEW) == with_concat(first, (NEW,), third)
    assert remove(DRAFT, (*branch, "branch1", 0)) == with_concat((), empty, third)
    assert move(DRAFT, (*branch, "branch3", 1), 0) == with_concat(first, empty, (conv(7), conv(6)))
    filled = insert(DRAFT, (1, "body", 1, "shortcut", 0), NEW)
    assert filled.at((1, "body", 1)) == Residual(body=INNER.body, shortcut=(NEW,))


def test_a_change_leaves_name_and_input_and_the_draft_that_it_changes():
    before = DRAFT.model_copy(deep=True)
    after = remove(DRAFT, (1, "body", 0))
    assert (after.name, after.input_shape) == ("d", (1, 8, 8))
    assert before == DRAFT


def test_a_change_of_a_network_is_a_draft_that_need_not_fit():
    network = Network(name="n", input_shape=(1, 4, 4), layers=(Flatten(), NEW))
    assert remove(network, (0,)) == Draft(name="n", input_shape=(1, 4, 4), layers=(NEW,))


CHANGES = {
    "at": lambda path: DRAFT.at(path),
    "insert": lambda path: insert(DRAFT, path, NEW),
    "remove": lambda path: remove(DRAFT, path),
    "replace": lambda path: replace(DRAFT, path, NEW),
    "duplicate": lambda path: duplicate(DRAFT, path),
    "move": lambda path: move(DRAFT, path, 0),
}


NOWHERE = [
    (),
    (4,),
    (10**30,),
    (-1,),
    ("input",),
    (1, "body"),
    (1, 0),
    (1, "head", 0),
    (1, "body", 4),
    (1, "body", -1),
    (1, "body", 0, "body", 0),
    (0, "body", 0),
    (9, "body", 0),
    (-2, "body", 0),
    (1, "shortcut", 0, "branch4", 0),
    (1, "shortcut", 0, "branch0", 0),
]


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("change", CHANGES)
def test_a_path_that_leads_nowhere_is_a_lookup_error(change, path):
    with pytest.raises(LookupError):
        CHANGES[change](path)


@settings(deadline=None, max_examples=60)
@given(draft=drafts(), data=st.data())
def test_what_was_put_in_can_be_taken_out_again(draft, data):
    lists = [((), draft.layers)]
    for level, inside in lists:
        for number, layer in enumerate(inside):
            lists += [((*level, number, name), path) for name, path in getattr(layer, "paths", {}).items()]
    level, inside = data.draw(st.sampled_from(lists))
    path = (*level, data.draw(st.integers(0, len(inside))))
    longer = insert(draft, path, NEW)
    assert longer.at(path) == NEW
    assert len(list(everything(longer.layers))) == len(list(everything(draft.layers))) + 1
    assert remove(longer, path) == draft


@settings(deadline=None, max_examples=100)
@given(draft=drafts(LARGEST_ARGUMENT))
def test_drafts_with_nested_blocks_come_back_from_json(draft):
    assert Draft.model_validate_json(draft.model_dump_json()) == draft


def nested(depth):
    layer = ReLU()
    for _ in range(depth):
        layer = Concat(branches=((layer,), ()))
    return layer


def test_blocks_are_only_so_deep_inside_each_other():
    draft = Draft(name="d", input_shape=(1, 2, 2), layers=(nested(DEEPEST),))
    with pytest.raises(ValidationError, match=f"more than {DEEPEST} deep"):
        Draft(name="d", input_shape=(1, 2, 2), layers=(nested(DEEPEST + 1),))
    with pytest.raises(ValidationError, match=f"more than {DEEPEST} deep"):
        insert(draft, (0, "branch2", 0), nested(DEEPEST))


def test_layers_are_counted_with_those_inside_blocks():
    half = MOST_LAYERS // 2
    block = Residual(body=(ReLU(),) * (half - 3))
    draft = Draft(name="d", input_shape=(1, 2, 2), layers=(block, *(ReLU(),) * half))
    assert len(list(everything(draft.layers))) == MOST_LAYERS - 2  # its two paths count too
    for change in (lambda: insert(draft, (0, "shortcut", 0), NEW), lambda: duplicate(draft, (0,))):
        with pytest.raises(ValidationError, match="more than 2,000 layers"):
            change()


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((), "channels, height, width"),
        ((1, 2), "channels, height, width"),
        ((1, 2, 3, 4), "channels, height, width"),
        ((0, 2, 2), "at least 1"),
        ((3, -1, 2), "at least 1"),
        ((1, 2, LARGEST_ARGUMENT + 1), "65,536"),
        ((LARGEST_ARGUMENT + 1,), "65,536"),
        ((1.5, 2, 2), "integer"),
        (("x",), "integer"),
        (7, "tuple"),
    ],
)
def test_an_input_that_cannot_be_is_refused(shape, reason):
    with pytest.raises(ValidationError, match=reason):
        Draft(name="d", input_shape=shape)


def test_names_and_inputs_may_be_as_large_as_they_may_be():
    Draft(name="n" * 80, input_shape=(LARGEST_ARGUMENT,) * 3)
    with pytest.raises(ValidationError, match="80 characters"):
        Draft(name="n" * 81, input_shape=(1,))
