"""What a sentence advises, followed: torch takes the layer then, and makes of it what was promised."""

import random
import re

import pytest
import torch

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    DualPath,
    Flatten,
    Linear,
    MaxPool2d,
    Residual,
    ShapeError,
    Softmax,
    pair,
)
from tests.layers.advice import impossible, torch_shape, ways
from tests.scale import SEED, cases

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def follow(layer, shape, sentence):
    """All that it advises, one after the other."""
    chosen = list(ways(layer, shape, sentence))
    assert chosen, f"no way out: {sentence}"
    for changes in chosen:
        changed = {name: value for change in changes for name, value in change.items()}
        promised = changed.pop("gives", None)
        other = type(layer)(**{**{n: getattr(layer, n) for n in type(layer).model_fields}, **changed})
        found = torch_shape(other, shape)
        assert found is not None, f"{layer!r} on {shape}: {sentence} → {changed}"
        assert other.output_shape(shape) == found
        if promised:
            assert found[1:] == promised
            assert promised == tuple(-(-n // s) for n, s in zip(shape[1:], pair(layer.stride), strict=True))


def test_every_way_out_of_a_random_impossible_layer_leads_out():
    draw = random.Random(SEED)
    for _ in range(cases(20_000)):
        follow(*impossible(draw))


def conv(size, **settings):
    return Conv2d(out_channels=2, kernel_size=size, **settings)


@pytest.mark.parametrize(
    ("layer", "shape", "advice"),
    [
        (conv(9, padding_mode="reflect"), (1, 3, 3), "take a smaller kernel"),
        (conv(5, padding_mode="reflect"), (1, 3, 3), "add padding 1 or take a smaller kernel"),
        (conv(9, padding_mode="circular"), (1, 4, 4), "add padding 3 or take a smaller kernel"),
        (conv(3, padding=7, padding_mode="reflect"), (1, 5, 5), "take padding 4 at most, or mode 'zeros'"),
        (conv(6, padding=7, padding_mode="reflect"), (1, 5, 5), "take padding from 1 to 4, or mode 'zeros'"),
        (conv(9, padding="same", padding_mode="reflect"), (1, 3, 3), "take mode 'zeros'"),
        (conv(3, padding=5, padding_mode="circular"), (1, 2, 5), "take padding from 1 to 2, or mode 'zeros'"),
        (conv(3, padding="same", stride=2, dilation=2), (1, 224, 224), "take stride 1 or padding 2, which gives 112×112"),
        (conv(2, padding="same", stride=2), (1, 224, 224), "take stride 1 or padding 0, which gives 112×112"),
        (conv(4, padding="same", stride=2), (1, 224, 224), "take stride 1 or padding 1, which gives 112×112"),
        (conv(6, padding="same", stride=2), (1, 224, 224), "take stride 1 or padding 2, which gives 112×112"),
        (conv(4, padding="same", stride=2), (1, 7, 7), "take stride 1 or padding 2, which gives 4×4"),
        (conv(4, padding="same", stride=(1, 2)), (1, 8, 8), "take stride 1"),
        (Conv2d(out_channels=24, kernel_size=1, groups=16), (16, 4, 4), "take 8 groups, or 16 or 32 output channels"),
        (Conv2d(out_channels=9, kernel_size=1, groups=4), (6, 4, 4), "take 1 or 3 groups"),
        (MaxPool2d(kernel_size=3, padding=2), (1, 9, 9), "take a smaller padding, 1 at most, or a larger kernel, 4×4"),
        (AvgPool2d(kernel_size=(8, 2), padding=(5, 1)), (1, 2, 9),
         "take a smaller padding, from (3, 0) to (4, 1), or a larger kernel, 10×2"),
        (MaxPool2d(kernel_size=4, padding=2, dilation=5), (1, 1, 1), "take a smaller dilation"),
        (ConvTranspose2d(out_channels=2, kernel_size=2, output_padding=3, stride=2), (1, 4, 4), "take output padding 1 at most"),
        (ConvTranspose2d(out_channels=2, kernel_size=2, padding=2), (1, 1, 1), "take padding 0, or a kernel of 5×5 or larger"),
    ],
)  # fmt: skip
def test_what_is_advised(layer, shape, advice):
    with pytest.raises(ShapeError) as error:
        layer.output_shape(shape)
    assert str(error.value).rpartition(": ")[2] == advice
    follow(layer, shape, str(error.value))


def test_two_faults_are_said_with_a_way_out_of_each():
    with pytest.raises(ShapeError) as error:
        Conv2d(out_channels=4, kernel_size=9, groups=2).output_shape((3, 4, 4))
    assert str(error.value) == (
        "Conv2d: 2 groups do not divide 3 input channels: take 1 group; "
        "and 9×9 kernel on a 4×4 input: add padding 3 or take a smaller kernel"
    )


def any_path(draw, shape):
    """Layers that follow each other."""
    return draw.choice((
        (), (conv(1),), (conv(3, stride=2, padding=1),), (Conv2d(out_channels=shape[0], kernel_size=1),), (Flatten(),),
        (MaxPool2d(kernel_size=2),), (Flatten(), Linear(out_features=5)), (conv(2, padding="same"), conv(2)),
        (ConvTranspose2d(out_channels=3, kernel_size=2, stride=2),), (AdaptiveAvgPool2d(output_size=(1, 3)),),
    ))  # fmt: skip


def brought(words):
    """The layers that a sentence puts at the end of a path."""
    found = []
    if size := re.search(r"an AdaptiveAvgPool2d of (\d+)×(\d+)", words):
        found.append(AdaptiveAvgPool2d(output_size=(int(size[1]), int(size[2]))))
    if one := re.search(r"a 1×1 convolution with (\d+) filters(?: and stride (\d+)×(\d+))?", words):
        stride = (int(one[2]), int(one[3])) if one[2] else 1
        found.append(Conv2d(out_channels=int(one[1]), kernel_size=1, stride=stride))
    if "a Flatten" in words:
        found.append(Flatten())
    if features := re.search(r"a Linear\((\d+)\)", words):
        found.append(Linear(out_features=int(features[1])))
    return tuple(found)


def test_paths_that_are_brought_to_one_shape_as_the_sentence_says_meet():
    draw, seen = random.Random(SEED), 0
    while seen < cases(2_000):
        shape = (draw.randint(1, 4), draw.randint(3, 9), draw.randint(3, 9))
        body, shortcut = any_path(draw, shape), any_path(draw, shape)
        block = draw.choice((
            Residual(body=body, shortcut=shortcut), DualPath(body=body, shortcut=shortcut, added=draw.randint(1, 5)),
            Concat(branches=(body, shortcut)),
        ))  # fmt: skip
        try:
            block.output_shape(shape)
            continue
        except ShapeError as error:
            said = str(error)
        seen += 1
        for clause in said.split("; and it "):
            if "with a Flatten" in clause:
                for name, layers in block.paths.items():
                    block = block.with_path(name, (*layers, Flatten()))
            elif "branches the same height and width" in clause:
                for name, layers in block.paths.items():
                    block = block.with_path(name, (*layers, AdaptiveAvgPool2d(output_size=2)))
            elif most := re.search(r"add fewer, (\d+) at most", clause):
                block = block.model_copy(update={"added": int(most[1])})
            else:
                path = clause.rpartition(" ")[2]
                layers = brought(clause.partition(": give")[2])
                assert layers, said
                block = block.with_path(path, (*block.paths[path], *layers))
        after = block.output_shape(shape)
        assert tuple(block.module(shape).eval()(torch.zeros(1, *shape)).shape[1:]) == after, said


@pytest.mark.parametrize("layer", [Linear(out_features=3), Softmax()])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 1, 1), (5, 7)])
def test_a_flatten_helps_where_features_are_read(layer, shape):
    with pytest.raises(ShapeError, match=r"put a Flatten before it$"):
        layer.output_shape(shape)
    flat = Flatten().output_shape(shape)
    assert tuple(layer.module(flat)(torch.zeros(1, *flat)).shape[1:]) == layer.output_shape(flat)


@pytest.mark.parametrize("layer", [Linear(out_features=3), Softmax()])
@pytest.mark.parametrize("shape", [(), (0, 4, 4), (2, 0)])
def test_no_flatten_is_advised_where_there_is_nothing_to_flatten(layer, shape):
    with pytest.raises(ShapeError) as error:
        layer.output_shape(shape)
    assert "Flatten" not in str(error.value)
