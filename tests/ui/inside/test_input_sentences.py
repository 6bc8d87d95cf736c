"""What stands at a window of the first layer, beside what the network really reads of black, of white and of the border."""

import re

import numpy as np
import pytest
import torch

from cnnviz.layers import AvgPool2d, Conv2d, MaxPool2d, ReLU
from cnnviz.runs import Card, load_checkpoint, shipped
from cnnviz.runs.checkpoints import SHIPPED, read_card
from cnnviz.ui.inside.input_sentences import first_layer_words, how_read, pads_with_zeros

CARDS = {name: read_card(SHIPPED / name) for name in shipped()}


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(r"(?<=is )−?\d+\.\d\d(?!\d)", text)]


@pytest.mark.parametrize("name", CARDS)
def test_black_and_white_are_what_the_network_reads_of_them(name: str) -> None:
    card: Card = CARDS[name]
    channels = card.network.input_shape[0]
    read = [card.standardised(np.full((channels, 1, 1), pixel, np.uint8)).ravel() for pixel in (0, 255)]
    expected = np.stack(read, axis=1)[: len(set(zip(card.mean, card.std, strict=True)))].ravel()
    np.testing.assert_allclose(numbers(how_read(card)), expected, atol=0.00501)


def test_the_digit_networks_sentence() -> None:
    assert first_layer_words(CARDS["lenet5-mnist"], Conv2d(out_channels=2, kernel_size=3, padding=1)) == (
        "Each number that it reads is (pixel / 255 − 0.1307) / 0.3081, so that black, 0, is −0.42 and white, 255, is 2.82. "
        "The 0 of the padding is mean grey, not black: pixel 33, the mean of the training images."
    )


@pytest.mark.parametrize("name", CARDS)
def test_the_padding_reads_as_the_pixel_that_is_named(name: str) -> None:
    card = CARDS[name]
    words = first_layer_words(card, Conv2d(out_channels=2, kernel_size=3, padding=1))
    named = [int(n) for n in re.search(r"pixel ([\d ]+), the mean", words)[1].split()]  # type: ignore[index]
    pixels = np.array(named, np.uint8).reshape(-1, 1, 1)
    assert np.abs(card.standardised(pixels)).max() <= 0.51 / 255 / min(card.std)


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(out_channels=1, kernel_size=3, padding=1),
        Conv2d(out_channels=1, kernel_size=3, padding="same"),
        Conv2d(out_channels=1, kernel_size=3),
        Conv2d(out_channels=1, kernel_size=3, padding=1, padding_mode="reflect"),
        MaxPool2d(kernel_size=2, padding=1),
        AvgPool2d(kernel_size=2, padding=1),
        AvgPool2d(kernel_size=2),
        ReLU(),
    ],
    ids=repr,
)
def test_the_border_is_named_where_it_puts_zeros_in(layer: object) -> None:
    """A 0 of the border changes what comes out of an input of sevens; a copy and minus infinity do not."""
    module = layer.module((1, 6, 6))  # type: ignore[attr-defined]
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(1)
        out = module(torch.full((1, 1, 6, 6), 7.0))
    assert pads_with_zeros(layer) == (out.min() < out.max())  # type: ignore[arg-type]


def test_the_shipped_lenet_reads_the_border_as_grey() -> None:
    """A picture of the named grey is nothing to the first layer, as its border is: the same number everywhere."""
    module, card = load_checkpoint("lenet5-mnist")
    first = next(child for child in module.modules() if isinstance(child, torch.nn.Conv2d))
    with torch.no_grad():
        grey = first(torch.from_numpy(card.standardised(np.full((1, 28, 28), 33, np.uint8)))[None])
        black = first(torch.from_numpy(card.standardised(np.zeros((1, 28, 28), np.uint8)))[None])
    assert float((grey.amax((2, 3)) - grey.amin((2, 3))).max()) < 0.05 * float(
        (black.amax((2, 3)) - black.amin((2, 3))).max()
    )
