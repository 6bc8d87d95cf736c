"""What is said of a layer, each sentence beside what torch computes."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnviz.layers import AvgPool2d, BatchNorm2d, Conv2d, ConvTranspose2d, MaxPool2d, ReLU
from cnnviz.layers.presets import PRESETS
from cnnviz.networks import architecture, table, totals
from cnnviz.networks.editing.network_spec import network_spec
from cnnviz.networks.layer_notes import (
    checkerboard_words,
    empty_words,
    keras_params,
    layer_notes,
    middle_words,
    unread_words,
)

STEPS = "The windows, 2×2 apart, step over them or end before them."


def conv(**settings: Any) -> Conv2d:
    return Conv2d(**{"out_channels": 1, "bias": False} | settings)


def transposed(**settings: Any) -> ConvTranspose2d:
    return ConvTranspose2d(**{"out_channels": 1, "bias": False} | settings)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("is_transposed", [False, True])
@pytest.mark.parametrize("padding", [0, 1, 2, "same"])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 3), (4, 4), (3, 4), (2, 5), (6, 6), (9, 9)])
def test_identity_is_said_to_be_the_input_exactly_where_it_is(
    kernel: tuple[int, int], dilation: int, padding: Any, is_transposed: bool
) -> None:
    if is_transposed and padding == "same":
        padding = 3
    kind = transposed if is_transposed else conv
    layer = kind(kernel_size=kernel, dilation=dilation, padding=padding)
    shape = (1, 30, 29)
    image = torch.rand(1, *shape, generator=torch.Generator().manual_seed(0))
    weight = torch.from_numpy(PRESETS["identity"](*kernel)).float()[None, None]
    function = functional.conv_transpose2d if is_transposed else functional.conv2d
    out = function(image, weight, padding=padding, dilation=dilation)
    words = middle_words(layer, shape, "identity")
    assert (words == "identity: the output is the input.") == (out.shape == image.shape and bool((out == image).all()))
    # and where it is not, what is said to be cut off, added or moved makes it
    made, taken = image, out
    for axis, name, ways in ((2, "row", ("down", "up")), (3, "column", ("to the right", "to the left"))):
        for count, what in re.findall(rf"(\d+) {name}s? (cut off|of padding|{ways[0]}|{ways[1]})", words):
            assert int(count), what
        size = image.shape[axis]
        move = re.search(rf"moved (?:\d+ rows? \w+ and moved )?(\d+) {name}s? ({ways[0]}|{ways[1]})", words)
        if move:
            by = int(move[1]) * (1 if move[2] == ways[0] else -1)
            made = made.narrow(axis, max(0, -by), size - abs(by))
            taken = taken.narrow(axis, max(0, by), size - abs(by))
            continue
        for end, place in enumerate(("above", "below") if axis == 2 else ("on the left", "on the right")):
            cut = re.search(rf"(\d+) {name}s? (cut off|of padding) {place}", words)
            if cut and cut[2] == "cut off":
                made = made.narrow(axis, 0 if end else int(cut[1]), made.shape[axis] - int(cut[1]))
            elif cut:
                taken = taken.narrow(axis, 0 if end else int(cut[1]), taken.shape[axis] - int(cut[1]))
    assert made.shape == taken.shape
    assert (made == taken).all()


@pytest.mark.parametrize(
    ("layer", "channels", "words"),
    [
        (conv(kernel_size=3), 1, "the input, 1 row cut off above, 1 row cut off below and "
         "1 column cut off on the left, 1 column cut off on the right."),
        (conv(kernel_size=2, dilation=2, padding="same"), 1, "the input, moved 1 row down and moved 1 column to the right."),
        (conv(kernel_size=3, padding=1), 3, "the mean of 3 input channels."),
        (conv(kernel_size=3, padding=1, bias=True), 1, "the input, plus the bias."),
        (conv(kernel_size=3, padding=1, groups=3, out_channels=3), 3, "the input."),
        (conv(kernel_size=3, padding=1, stride=2), 1, "the input, one cell of every 2×2."),
        (transposed(kernel_size=3, padding=1, stride=(2, 1)), 1, "the input, its cells 2×1 apart."),
        (transposed(kernel_size=3, padding=1), 1, "the input."),
    ],
)  # fmt: skip
def test_what_identity_makes(layer: Any, channels: int, words: str) -> None:
    assert middle_words(layer, (channels, 8, 8), "identity") == f"identity: the output is {words}"


def test_other_presets_say_only_that_they_move_the_picture() -> None:
    assert middle_words(conv(kernel_size=4, padding="same"), (1, 8, 8), "sharpen") == ""
    assert middle_words(conv(kernel_size=3), (1, 8, 8), "sharpen") == ""
    assert middle_words(conv(kernel_size=2, dilation=2, padding="same"), (1, 8, 8), "sharpen") == (
        "The middle of this sharpen kernel lies beside the cell: the output is moved 1 row down and moved 1 column to the right."
    )
    assert layer_notes(conv(kernel_size=2, dilation=2, padding="same"), (1, 8, 8), "blur") == []


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (conv(kernel_size=3, stride=2), (1, 7, 7), ""),
        (conv(kernel_size=3, stride=2), (1, 8, 8),
         "No window reads 15 of 64 input cells: row 7 and column 7. " + STEPS),
        (conv(kernel_size=1, stride=2), (1, 12, 12),
         "No window reads 108 of 144 input cells: rows 1, 3, 5, 7 … and columns 1, 3, 5, 7 …. " + STEPS),
        (MaxPool2d(kernel_size=2), (1, 5, 4),
         "No window reads 4 of 20 input cells: row 4. " + STEPS),
        (MaxPool2d(kernel_size=2, ceil_mode=True), (1, 5, 4), ""),
        (transposed(kernel_size=1, stride=1, padding=1), (1, 4, 4),
         "What 12 of 16 input cells paint is cut away by the padding: rows 0, 3 and columns 0, 3."),
    ],
)  # fmt: skip
def test_cells_that_no_window_reads(layer: Any, shape: tuple[int, int, int], words: str) -> None:
    assert unread_words(layer, shape) == words


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (conv(kernel_size=3, padding=2), (1, 4, 4), ""),
        (conv(kernel_size=1, padding=1), (1, 2, 2),
         "The windows of 12 of 16 output cells see only padding, rows 0, 3 and columns 0, 3: each is 0."),
        (conv(kernel_size=1, padding=1, padding_mode="replicate"), (1, 2, 2), ""),
        (MaxPool2d(kernel_size=2, stride=1, padding=1, dilation=3), (1, 2, 2),
         "The windows of 1 of 1 output cells see only padding, row 0 and column 0: each is −∞."),
        (AvgPool2d(kernel_size=3, stride=2), (1, 7, 7), ""),
        (transposed(kernel_size=1, stride=2), (1, 2, 2),
         "No input cell paints 5 of 9 output cells, row 1 and column 1: each is 0."),
    ],
)  # fmt: skip
def test_windows_that_see_only_padding(layer: Any, shape: tuple[int, int, int], words: str) -> None:
    assert empty_words(layer, shape) == words


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("kernel", range(1, 9))
def test_the_checkerboard_names_the_products_that_torch_adds(kernel: int, stride: int, dilation: int) -> None:
    words = checkerboard_words(transposed(kernel_size=kernel, stride=stride, dilation=dilation))
    out = functional.conv_transpose2d(
        torch.ones(1, 1, 30, 30), torch.ones(1, 1, kernel, kernel), stride=stride, dilation=dilation
    )[0, 0, 16:-16, 16:-16]
    counts = sorted(int(count) for count in out.unique())
    if len(counts) == 1:
        assert words.startswith("No checkerboard: ")
        assert f" {counts[0]} product" in words
        return
    listed = " or ".join(", ".join(map(str, counts)).rsplit(", ", 1))
    assert words.startswith(f"Checkerboard: an output cell is made of {listed} products")
    if "a dilation that shares no factor" in words:
        assert np.gcd(stride, dilation) > 1
        dilation = 1
    sizes = re.search(r"a kernel of (\d+, \d+, \d+)", words)
    for better in sizes[1].split(", ") if sizes else [kernel]:
        better_layer = transposed(kernel_size=int(better), stride=stride, dilation=dilation)
        assert checkerboard_words(better_layer).startswith("No checkerboard")


def test_the_checkerboard_in_words() -> None:
    assert checkerboard_words(transposed(kernel_size=3, stride=2)) == (
        "Checkerboard: an output cell is made of 1, 2 or 4 products of each input channel, away from the edges, so that even "
        "equal weights paint a pattern: along the rows and columns stride 2 does not divide kernel 3, and there by turns 2 and 1 "
        "of its cells meet. To have none: a kernel of 2, 4, 6 … rows and columns, the multiples of the stride."
    )
    assert checkerboard_words(transposed(kernel_size=4, stride=2)) == (
        "No checkerboard: the kernel, 4×4, is a multiple of the stride, 2×2, so that away from the edges 4 products of each "
        "input channel meet in every output cell."
    )
    assert checkerboard_words(transposed(kernel_size=3)) == ""
    assert "columns" not in checkerboard_words(transposed(kernel_size=3, stride=(2, 1)))
    assert "a dilation that shares no factor with stride 2, such as 1, along" in checkerboard_words(
        transposed(kernel_size=4, stride=2, dilation=2)
    )


def test_what_keras_counts_more() -> None:
    rows = table(architecture("vgg16_cifar"))
    channels = sum(row.output_shape[0] for row in rows if row.kind == "BatchNorm2d" and row.output_shape)
    assert totals(rows).params == 14_728_266
    assert keras_params(totals(rows).params, channels) == (
        "Keras counts 14,736,714 parameters: with 2 running statistics for each of 4,224 normalised channels."
    )
    assert keras_params(100, 0) == ""


def test_the_builders_table_says_what_it_counts() -> None:
    counted = dict(network_spec(architecture("vgg16_cifar"), 1)["counted"])
    assert "2 numbers a channel" in counted["Parameters"]
    assert "14,736,714" in counted["Parameters"]
    assert "FLOPs are twice that" in counted["Multiply-adds"]
    assert "the rest is padding" in counted["Receptive field"]
    without = dict(network_spec(architecture("lenet5"), 1)["counted"])
    assert "Keras" not in without["Parameters"]
    assert without["Parameters"].startswith("One bias for each output channel")


def test_what_is_not_counted_is_not() -> None:
    for layer, shape in ((ReLU(), (3, 8, 8)), (BatchNorm2d(), (3, 8, 8)), (MaxPool2d(kernel_size=2), (3, 8, 8))):
        assert layer.macs(shape) == 0
    with_bias, without = (conv(kernel_size=3, padding=1, bias=bias) for bias in (True, False))
    assert with_bias.macs((3, 8, 8)) == without.macs((3, 8, 8)) == 64 * 27  # the padding's zeros too
    assert with_bias.num_params((3, 8, 8)) == without.num_params((3, 8, 8)) + 1


def test_the_transposed_one_is_the_transposed_matrix_and_no_inverse() -> None:
    x, y = torch.rand(1, 2, 6, 6, dtype=torch.float64), torch.rand(1, 3, 6, 6, dtype=torch.float64)
    weight = torch.rand(3, 2, 3, 3, dtype=torch.float64)
    there = functional.conv2d(x, weight, padding=1)
    back = functional.conv_transpose2d(y, weight, padding=1)
    torch.testing.assert_close((there * y).sum(), (x * back).sum())
    assert functional.conv_transpose2d(there, weight, padding=1).shape == x.shape
    assert not torch.allclose(functional.conv_transpose2d(there, weight, padding=1), x)
    row = functional.conv2d(torch.tensor([[[1.0, 0, 0, 0]]])[None], torch.tensor([[[[2.0, 3.0]]]]))
    assert row[0, 0, 0, 0] == 2  # not flipped: mathematics would put 3 there


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv2d(out_channels=1, kernel_size=1, padding=2, stride=4, bias=False), (1, 3, 3),
         "the input, one cell of every 4×4, beginning at row 2, 1 row of padding above and beginning at column 2, 1 column of "
         "padding on the left"),
        (Conv2d(out_channels=1, kernel_size=3, stride=(2, 1), bias=False), (1, 8, 8),
         "the input, one cell of every 2×1, beginning at row 1 and 1 column cut off on the left, 1 column cut off on the right"),
        (Conv2d(out_channels=1, kernel_size=3, padding=1, stride=2, bias=False), (1, 8, 8),
         "the input, one cell of every 2×2"),
    ],
)  # fmt: skip
def test_identity_with_strides_says_where_it_begins_and_what_is_padding(
    layer: Conv2d, shape: tuple[int, int, int], words: str
) -> None:
    assert middle_words(layer, shape, "identity") == f"identity: the output is {words}."


def test_without_a_bias_a_window_of_padding_gives_0() -> None:
    layer = Conv2d(out_channels=1, kernel_size=1, padding=2, bias=False)
    assert empty_words(layer, (1, 4, 4)).endswith(": each is 0.")


def test_the_gaps_of_a_dilated_kernel_are_named() -> None:
    assert "the gaps of the dilated kernel" in unread_words(
        Conv2d(out_channels=1, kernel_size=11, dilation=3), (1, 31, 31)
    )
