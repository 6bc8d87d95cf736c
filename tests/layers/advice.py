"""Layers drawn at random that cannot be, and what the sentence about each of them says one may do."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import product

import torch
from torch import nn

from cnnviz.layers import AvgPool2d, Conv2d, ConvTranspose2d, Layer, MaxPool2d, Shape, ShapeError, pair

MODES = ("zeros", "reflect", "replicate", "circular")


def sides(draw: random.Random, low: int, high: int) -> int | tuple[int, int]:
    one = draw.randint(low, high)
    return one if draw.random() < 0.6 else (one, draw.randint(low, high))


def any_layer(draw: random.Random) -> tuple[Layer, Shape]:
    """A layer with a window, most often one that cannot be, and the shape of an input."""
    kind = draw.choice((Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d))
    channels = draw.choice((1, 2, 3, 4, 6, 8, 12, 16))
    shape = (channels, draw.randint(1, 9), draw.randint(1, 9))
    settings: dict[str, object] = {"kernel_size": sides(draw, 1, 12), "stride": sides(draw, 1, 4)}
    if kind is not AvgPool2d:
        settings["dilation"] = sides(draw, 1, 3) if draw.random() < 0.4 else 1
    if kind in (Conv2d, ConvTranspose2d):
        settings |= {
            "out_channels": draw.choice((1, 2, 3, 4, 6, 8, 9, 12, 16, 24)),
            "groups": draw.choice((1, 2, 3, 4, 6, 8, 16)) if draw.random() < 0.4 else 1,
            "padding": sides(draw, 0, 12) if draw.random() < 0.5 else 0,
        }
        if kind is Conv2d:
            settings["padding_mode"] = draw.choice(MODES)
            if draw.random() < 0.4:
                settings["padding"] = draw.choice(("same", "same", "valid"))
        else:
            settings["output_padding"] = sides(draw, 0, 5)
    else:
        settings |= {"padding": sides(draw, 0, 6), "ceil_mode": draw.random() < 0.3}
        if draw.random() < 0.4:
            del settings["stride"]
    return kind(**settings), shape


def impossible(draw: random.Random) -> tuple[Layer, Shape, str]:
    """One that cannot be, with the sentence that says why."""
    while True:
        layer, shape = any_layer(draw)
        try:
            layer.output_shape(shape)
        except ShapeError as error:
            return layer, shape, str(error)


def torch_shape(layer: Layer, shape: Shape) -> Shape | None:
    """What torch makes of it; None where it refuses."""
    settings = {name: getattr(layer, name) for name in type(layer).model_fields if name != "type"}
    if "groups" in settings:
        settings["in_channels"] = shape[0]
    try:
        with torch.inference_mode():
            return tuple(getattr(nn, layer.kind)(**settings)(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        return None


Change = dict[str, object]


def ways(layer: Layer, shape: Shape, sentence: str) -> Iterator[list[Change]]:
    """Every choice of one way out for each fault that the sentence names, as what to change; all of them have to work.

    A way that says "smaller" or "at most" stands for all that it may mean, of which the ends are tried.
    """
    clauses = [_changes(layer, shape, clause) for clause in sentence.removeprefix(f"{layer.kind}: ").split("; and ")]
    for chosen in product(*clauses):
        yield list(chosen)


def _changes(layer: Layer, shape: Shape, clause: str) -> list[Change]:
    advice = clause.rpartition(": ")[2].removeprefix("take ")
    if groups := re.fullmatch(r"([\d or]+) groups?(?:, or ([\d or]+) output channels)?", advice):
        found: list[Change] = [{"groups": int(number)} for number in re.findall(r"\d+", groups[1])]
        return found + [{"out_channels": int(number)} for number in re.findall(r"\d+", groups[2] or "")]
    return [change for way in re.split(r",? or (?!larger)(?:take )?", advice) for change in _meant(layer, shape, way)]


def _meant(layer: Layer, shape: Shape, way: str) -> Iterator[Change]:
    numbers = [int(number) for number in re.findall(r"\d+", way)]
    both = (numbers[0], numbers[-1]) if numbers else ()
    if re.fullmatch(r"add padding (\d+|\(\d+, \d+\))( more)?", way):
        own = (0, 0) if layer.padding == "valid" else pair(layer.padding)
        yield {"padding": (own[0] + both[0], own[1] + both[1])}
    elif way == "a smaller kernel":
        yield _smaller_kernel(layer, shape, {})
    elif way == "a smaller dilation":
        yield {"dilation": 1}
    elif way == "dilation 1 and a smaller kernel":
        yield _smaller_kernel(layer, shape, {"dilation": 1})
    elif way == "padding 0, dilation 1 and a smaller kernel":
        yield _smaller_kernel(layer, shape, {"dilation": 1, "padding": 0})
    elif way == "padding 0 and a smaller kernel":
        yield _smaller_kernel(layer, shape, {"padding": 0})
    elif way == "padding 0 and output padding 0":
        yield {"padding": 0, "output_padding": 0}
    elif match := re.fullmatch(
        r"(padding|a smaller padding,|output padding) (from .*|.* at most|\d+|\(\d+, \d+\))", way
    ):
        name = "output_padding" if "output" in way else "padding"
        yield from ({name: value} for value in _span(match[2]))
    elif re.fullmatch(r"padding (\d+|\(\d+, \d+\)), which gives \d+×\d+", way):
        yield {"padding": (numbers[0], numbers[-3]), "gives": tuple(numbers[-2:])}
    elif way == "stride 1":
        yield {"stride": 1}
    elif way == "mode 'zeros'":
        yield {"padding_mode": "zeros"}
    elif way == "stride 1 and mode 'zeros'":
        yield {"stride": 1, "padding_mode": "zeros"}
    elif re.fullmatch(r"a larger kernel, \d+×\d+", way):
        assert any(k > old for k, old in zip(both, pair(layer.kernel_size), strict=True))
        yield {"kernel_size": both}
    elif re.fullmatch(r"a kernel of \d+×\d+ or larger", way):
        yield {"kernel_size": both}
        yield {"kernel_size": (both[0] + 3, both[1] + 1)}
    else:
        raise AssertionError(f"nobody knows how to follow {way!r}")


def _span(text: str) -> Iterator[tuple[int, int]]:
    """Both ends of it, and what lies between for each axis by itself."""
    values = [(int(one or rows), int(one or cols)) for rows, cols, one in re.findall(r"\((\d+), (\d+)\)|(\d+)", text)]
    low, high = ((0, 0), values[-1]) if "at most" in text else (values[0], values[-1])
    (top, left), (bottom, right) = low, high
    assert top <= bottom
    assert left <= right
    yield from {(top, left), (bottom, right), (top, right), (bottom, left), ((top + bottom) // 2, (left + right) // 2)}


def _smaller_kernel(layer: Layer, shape: Shape, more: Change) -> Change:
    """With one of those that are smaller and that torch takes."""
    rows, cols = pair(layer.kernel_size)
    if "groups" in type(layer).model_fields:  # what is said of the groups is another matter
        more = more | {"groups": 1}
    for kernel in sorted(product(range(1, rows + 1), range(1, cols + 1)), key=sum, reverse=True)[1:]:
        change = more | {"kernel_size": kernel}
        if torch_shape(layer.model_copy(update=change), shape) is not None:
            return {name: value for name, value in change.items() if name != "groups"}
    raise AssertionError(f"no smaller kernel fits {layer!r} on {shape}")
