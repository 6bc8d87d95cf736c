"""What is offered where a layer cannot follow, and that it heals: by the table, and by torch's own word."""

import random
import re

import pytest
import torch
from hypothesis import example, given, settings

from cnnviz.layers import (
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    DualPath,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Softmax,
    pair,
)
from cnnviz.networks import Draft, table
from cnnviz.networks.code import decode, encode
from cnnviz.networks.mending import mends
from cnnviz.networks.network import network_of
from tests.layers.advice import impossible, torch_shape
from tests.networks.test_draft import drafts
from tests.scale import SEED, cases

LARGE = {"out_channels": 2, "kernel_size": 9}


def conv(filters, size=3, **more):
    return Conv2d(out_channels=filters, kernel_size=size, **more)


def place(draft, row, label):
    """Where the layer of a row is after a mend."""
    level, number = row.path[:-1], row.path[-1]
    if label == "Put a Flatten before it":
        return (*level, number + 1)
    if label == "Move it before the Flatten":
        return (*level, max(n for n in range(number) if draft.at((*level, n)) == Flatten()))
    return row.path


def check(draft, row):
    """That each mend heals the layer of the row, and is a draft that can be kept."""
    for mend in mends(draft, row):
        assert mend.draft != draft
        assert (mend.draft.name, mend.draft.input_shape) == (draft.name, draft.input_shape)
        assert decode(encode(mend.draft)) == mend.draft
        (new,) = [new for new in table(mend.draft) if new.path == place(draft, row, mend.label)]
        assert new.kind == row.kind
        assert not new.error, mend.label


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    ("shape", "layers", "labels"),
    [
        ((2, 4, 4), [Linear(out_features=3)], ["Put a Flatten before it"]),
        ((2, 4, 4), [Softmax()], ["Put a Flatten before it"]),
        ((2, 4, 4), [Flatten(), conv(2)], ["Move it before the Flatten"]),
        ((2, 4, 4), [Flatten(), ReLU(), MaxPool2d(kernel_size=2)], ["Move it before the Flatten"]),
        ((8,), [conv(2)], []),
        ((8,), [BatchNorm2d()], []),
        ((2, 4, 4), [conv(2, 9)], ["Padding 3", "Kernel 4×4"]),
        ((2, 4, 12), [conv(2, (9, 3))], ["Padding 3×0", "Kernel 4×3"]),
        ((2, 4, 4), [conv(2, 3, dilation=2)], ["Padding 1", "Dilation 1", "Kernel 2×2"]),
        ((2, 4, 4), [MaxPool2d(kernel_size=5)], ["Padding 1", "Kernel 4×4"]),
        ((2, 4, 4), [AvgPool2d(kernel_size=16)], ["Padding 6", "Kernel 4×4"]),
        ((2, 4, 4), [AvgPool2d(kernel_size=2, padding=2)], ["Padding 1"]),
        ((2, 1, 1), [MaxPool2d(kernel_size=2)], ["Padding 1", "Kernel 1×1"]),
        ((3, 4, 4), [conv(4, groups=2)], ["Groups 1"]),
        ((6, 4, 4), [conv(9, groups=4)], ["Groups 1"]),
        ((4, 4, 4), [conv(6, groups=4)], ["Groups 2", "4 output channels", "8 output channels"]),
        (
            (4, 4, 4),
            [ConvTranspose2d(out_channels=6, kernel_size=2, groups=4)],
            ["Groups 2", "4 output channels", "8 output channels"],
        ),
        ((16, 4, 4), [conv(24, groups=16)], ["Groups 8", "16 output channels", "32 output channels"]),
        ((3, 4, 4), [conv(4, 9, groups=2)], ["Groups 1, padding 3", "Groups 1, kernel 4×4"]),
        ((2, 8, 8), [conv(2, (3, 5), padding="same", stride=2)], ["Padding 1×2", "Stride 1"]),
        ((2, 224, 224), [conv(2, 3, padding="same", stride=2, dilation=2)], ["Padding 2", "Stride 1"]),
        ((2, 224, 224), [conv(2, 2, padding="same", stride=2)], ["Padding 0", "Stride 1"]),
        ((2, 7, 7), [conv(2, 4, padding="same", stride=2)], ["Padding 2", "Stride 1"]),
        ((2, 8, 8), [conv(2, 4, padding="same", stride=(1, 2))], ["Stride 1"]),
        ((2, 4, 4), [conv(2, 3, padding=5, padding_mode="reflect")], ["Padding 3", "Padding with zeros"]),
        ((2, 5, 5), [conv(2, 3, padding=7, padding_mode="circular")], ["Padding 5", "Padding with zeros"]),
        ((2, 3, 3), [conv(2, 9, padding_mode="reflect")], ["Kernel 3×3"]),
        pytest.param(
            (2, 4, 4),
            [ConvTranspose2d(out_channels=2, kernel_size=2, output_padding=1)],
            ["Output padding 0"],
        ),
        ((2, 1, 1), [ConvTranspose2d(out_channels=2, kernel_size=2, padding=2)], ["Padding 0"]),
        ((2, 4, 4), [Residual(body=(conv(3, padding=1),))], ["A 1×1 convolution in the shortcut"]),
        (
            (2, 8, 8),
            [Residual(body=(conv(3, padding=1, stride=2),))],
            ["A 1×1 convolution in the shortcut, stride 2"],
        ),
        (
            (2, 8, 8),
            [Residual(body=(conv(2, padding=1, stride=(1, 2)),))],
            ["A 1×1 convolution in the shortcut, stride 1×2"],
        ),
        ((2, 4, 4), [Residual(body=(Flatten(),))], []),
        ((2, 4, 4), [Concat(branches=())], []),
        ((2, 4, 4), [Concat(branches=((), (MaxPool2d(kernel_size=2),)))], []),
        ((2, 4, 4), [DualPath(body=(), added=3)], []),
    ],
)
def test_a_layer_that_cannot_follow_is_offered_what_heals_it(shape, layers, labels):
    draft = Draft(name="broken", input_shape=shape, layers=layers)
    (row,) = [row for row in table(draft) if row.error]
    offered = mends(draft, row)
    assert [mend.label for mend in offered] == labels
    check(draft, row)
    for mend in offered:
        network = network_of(mend.draft)
        assert network.module().eval()(torch.zeros(1, *shape)).shape[1:] == network.shapes[-1]


def test_inside_blocks_layers_are_mended_where_they_are():
    inner = Residual(body=(conv(2, padding=1), conv(2, 9)))
    draft = Draft(name="d", input_shape=(2, 4, 4), layers=(ReLU(), Concat(branches=((), (inner,)))))
    (row,) = [row for row in table(draft) if row.error]
    assert row.path == (1, "branch2", 0, "body", 1)
    first = mends(draft, row)[0]
    assert first.label == "Padding 4"
    assert first.draft.at(row.path) == conv(2, 9, padding=4)
    assert not any(row.error for row in table(first.draft))


def test_of_several_values_that_is_offered_which_leaves_the_fewest_errors():
    """Padding 1 would be enough for the first layer, but the next one needs what padding 4 leaves."""
    draft = Draft(name="d", input_shape=(2, 7, 7), layers=(conv(2, 9), conv(2, 7)))
    row = table(draft)[0]
    assert row.error
    padding = next(mend for mend in mends(draft, row) if mend.label.startswith("Padding"))
    assert padding.draft.layers[0] == conv(2, 9, padding=4)
    assert not any(row.error for row in table(padding.draft))


def test_nothing_is_offered_where_nothing_is_wrong():
    draft = Draft(name="d", input_shape=(2, 4, 4), layers=(conv(2), ReLU()))
    assert [mends(draft, row) for row in table(draft)] == [[], []]


def test_only_as_many_are_offered_as_are_asked_for():
    draft = Draft(name="d", input_shape=(2, 4, 4), layers=(conv(2, 3, dilation=2),))
    (row,) = table(draft)
    assert [mend.label for mend in mends(draft, row, most=1)] == [mends(draft, row)[0].label]


TWO_SIZES = Residual(
    body=(MaxPool2d(kernel_size=2), Flatten(), Linear(out_features=4)), shortcut=(Flatten(), Linear(out_features=4))
)
HOLLOW = ConvTranspose2d(out_channels=1, kernel_size=1, stride=8, padding=1)


@settings(deadline=None, max_examples=200)
@given(draft=drafts(high=6, sides=9))
@example(draft=Draft(name="d", input_shape=(1, 8, 8), layers=(TWO_SIZES,)))
@example(draft=Draft(name="d", input_shape=(1, 8, 8), layers=(HOLLOW, conv(1, 1), conv(1, 1))))
def test_whatever_is_drawn_up_every_mend_heals_its_layer(draft):
    for row in table(draft):
        if row.error:
            check(draft, row)


@pytest.mark.parametrize(
    ("shape", "layer"),
    [
        pytest.param(
            (65_535, 1, 1),
            conv(65_536, 1, groups=65_535),
            id="channels",
        ),
        pytest.param((1, 8, 8), conv(1, 4, dilation=65_536), id="padding"),
        pytest.param(
            (1, 2, 2),
            Residual(body=(Concat(branches=((conv(65_536, 1),), (conv(65_536, 1),))),)),
            id="shortcut",
        ),
        pytest.param((1, 8, 8), conv(1, (65_536, 2)), id="kernel"),
        pytest.param((1, 8, 8), MaxPool2d(kernel_size=65_536, dilation=65_536), id="window"),
        pytest.param((65_536, 65_536, 65_536), Linear(out_features=65_536), id="input"),
    ],
)
def test_absurd_layers_get_mends_that_can_be_kept_or_none(shape, layer):
    draft = Draft(name="d", input_shape=shape, layers=(layer,))
    row = table(draft)[0]
    assert row.error
    check(draft, row)


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param(
            [TWO_SIZES],
            id="features of maps of two sizes",
        ),
        pytest.param(
            [MaxPool2d(kernel_size=1, stride=65_536)] * 66,
            id="steps without end",
        ),
        pytest.param(
            [HOLLOW, conv(1, 1), conv(1, 1)],
            id="cells between the inputs",
        ),
        pytest.param(
            [MaxPool2d(kernel_size=7, stride=7), ConvTranspose2d(out_channels=1, kernel_size=1, stride=5), conv(1, 1)],
            id="one cell far from the edge",
        ),
    ],
)
def test_odd_layers_that_follow_have_a_table(layers):
    draft = Draft(name="d", input_shape=(1, 8, 8), layers=layers)
    assert not any(row.error for row in table(draft))


def test_a_block_after_flatten_is_moved_before_it():
    block = Residual(body=(Conv2d(out_channels=2, kernel_size=3, padding=1),))
    draft = Draft(name="late", input_shape=(2, 6, 6), layers=(Flatten(), block))
    [mend] = mends(draft, table(draft)[1])
    assert mend.label == "Move it before the Flatten"
    assert not any(row.error for row in table(mend.draft))


WORDS = {"kernel": "kernel_size", "output padding": "output_padding"}


def promised(label):
    """The arguments that a label names, and their values."""
    for part in label.lower().split(", "):
        if match := re.fullmatch(r"(\d+) output channels", part):
            yield "out_channels", int(match[1])
        elif part == "padding with zeros":
            yield "padding_mode", "zeros"
        elif part == "padding and output padding 0":
            yield from (("padding", (0, 0)), ("output_padding", (0, 0)))
        else:
            name, _, value = part.rpartition(" ")
            numbers = [int(n) for n in value.split("×")]
            yield WORDS.get(name, name), numbers[0] if name == "groups" else (numbers[0], numbers[-1])


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_every_mend_of_a_random_impossible_layer_is_what_its_words_say_and_torch_takes_it():
    draw = random.Random(SEED)
    pressed = 0
    for _ in range(cases(20_000)):
        layer, shape, _ = impossible(draw)
        draft = Draft(name="d", input_shape=shape, layers=(layer,))
        offered = mends(draft, table(draft)[0], most=99)
        for mend in offered:
            (other,) = mend.draft.layers
            changed = dict(promised(mend.label))
            for name in type(layer).model_fields:
                found = getattr(other, name)
                if name in changed:
                    assert (pair(found) if isinstance(changed[name], tuple) else found) == changed[name]
                else:
                    assert found == getattr(layer, name), mend.label
            after = torch_shape(other, shape)
            assert after is not None, mend.label
            assert table(mend.draft)[0].output_shape == after
            if getattr(layer, "padding", 0) == "same" and set(changed) == {"padding"} and max(pair(layer.stride)) > 1:
                assert after[1:] == tuple(-(-n // s) for n, s in zip(shape[1:], pair(layer.stride), strict=True))
        pressed += len(offered)
    assert pressed > cases(20_000)
