"""What the numbers are that a network's first layer reads, and what the zeros around them are."""

from __future__ import annotations

from cnnviz.layers import AvgPool2d, Conv2d
from cnnviz.layers.base import Layer
from cnnviz.runs import Card

BORDER = "mean {grey}, not black"
_COLOURS = ("red", "green", "blue")


def how_read(card: Card) -> str:
    """The formula, and what becomes of black and white."""
    colours = [("", *at) for at in zip(card.mean, card.std, strict=True)]
    if len(set(colours)) == 1:
        colours = colours[:1]
    elif len(colours) == 3:
        colours = [(f"{name}: ", mean, std) for name, (_, mean, std) in zip(_COLOURS, colours, strict=True)]
    parts = [
        f"{name}(pixel / 255 − {mean:.4g}) / {std:.4g}, so that black, 0, is {_number(-mean / std)} and "
        f"white, 255, is {_number((1 - mean) / std)}"
        for name, mean, std in colours
    ]
    return f"Each number that it reads is {'; '.join(parts)}."


def zero_is(card: Card) -> str:
    """What colour a 0 of the padding is, to be put behind "is"."""
    return BORDER.format(grey="grey" if len(card.mean) == 1 else "colour")


def first_layer_words(card: Card, layer: Layer) -> str:
    """For the window of a layer that reads the picture."""
    if not pads_with_zeros(layer):
        return how_read(card)
    pixels = " ".join(_number(255 * mean, 0) for mean in dict.fromkeys(card.mean))
    of = "the training images" if card.dataset else "black and white"
    return f"{how_read(card)} The 0 of the padding is {zero_is(card)}: pixel {pixels}, the mean of {of}."


def pads_with_zeros(layer: Layer) -> bool:
    if isinstance(layer, Conv2d) and layer.padding_mode != "zeros":
        return False
    return isinstance(layer, Conv2d | AvgPool2d) and any(map(any, layer.borders))


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".replace("-", "−")
