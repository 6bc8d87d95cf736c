import re

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.layers import AvgPool2d, MaxPool2d, ShapeError, pair

random_cases = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
both = pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])


def numbers(low, high):
    """One number for both axes, or one for each."""
    return st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def pools(draw):
    """A layer class, arguments that torch accepts, and the shape of an input that fits them."""
    kind = draw(st.sampled_from([MaxPool2d, AvgPool2d]))
    kernel = draw(numbers(1, 6))
    paddings = [draw(st.integers(0, k // 2)) for k in pair(kernel)]
    arguments = {
        "kernel_size": kernel,
        "stride": draw(st.none() | numbers(1, 4)),
        "padding": draw(st.sampled_from([min(paddings), tuple(paddings)])),
    }
    if kind is MaxPool2d:
        arguments["dilation"] = draw(numbers(1, 3))
    sides = [
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 7))
        for k, p, d in zip(pair(kernel), pair(arguments["padding"]), pair(arguments.get("dilation", 1)), strict=True)
    ]
    return kind, arguments, (draw(st.integers(1, 3)), *sides)


WILD = {
    "kernel_size": numbers(-1, 9),
    "stride": numbers(-1, 3),
    "padding": numbers(-2, 4),
    "dilation": numbers(-1, 4),
}


@st.composite
def possible_and_impossible(draw):
    kind, arguments, shape = draw(pools())
    names = sorted(set(WILD) - ({"dilation"} if kind is AvgPool2d else set()))
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        arguments[name] = draw(WILD[name])
    return kind, arguments, draw(st.just(shape) | st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)))


def in_torch(kind, arguments):
    return {MaxPool2d: nn.MaxPool2d, AvgPool2d: nn.AvgPool2d}[kind](**arguments)


def random_input(shape):
    # below 0, so that a border of zeros would win the maximum
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape))) - 3


@random_cases
@given(pools())
def test_shape_and_values_are_torchs(assert_close, case):
    kind, arguments, shape = case
    x = random_input(shape)
    expected = in_torch(kind, arguments)(x[None])[0]
    layer = kind(**arguments)
    assert layer.output_shape(shape) == tuple(expected.shape)
    assert_close(layer.apply(x.numpy()), expected)


@random_cases
@given(pools())
def test_module_has_the_same_arguments(case):
    kind, arguments, shape = case
    assert repr(kind(**arguments).module(shape)) == repr(in_torch(kind, arguments))  # the repr shows every argument


@settings(random_cases, max_examples=250)
@given(possible_and_impossible())
def test_refuses_what_torch_refuses_and_nothing_else(assert_one_sentence, case):
    kind, arguments, shape = case
    try:
        expected = tuple(in_torch(kind, arguments)(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        with pytest.raises(ShapeError) as refusal:
            kind(**arguments).output_shape(shape)
        assert_one_sentence(str(refusal.value), kind.__name__)
    else:
        assert kind(**arguments).output_shape(shape) == expected


@random_cases
@given(kernel=numbers(1, 9), dilation=st.integers(1, 3), padding=st.integers(0, 2), height=st.integers(1, 5))
def test_what_the_error_advises_can_be_done(kernel, dilation, padding, height):
    try:
        MaxPool2d(kernel_size=kernel, dilation=dilation, padding=padding).output_shape((1, height, 3))
    except ShapeError as error:
        sentence = str(error)
    else:
        return
    advised = re.search(r"add padding (\d+)|add padding \((\d+), (\d+)\)", sentence)
    if advised is None:
        assert "smaller" in sentence
        return
    more = [int(n) for n in advised.groups() if n]
    enough = tuple(padding + n for n in pair(more[0] if len(more) == 1 else tuple(more)))
    MaxPool2d(kernel_size=kernel, dilation=dilation, padding=enough).output_shape((1, height, 3))


@both
def test_padding_of_more_than_half_the_kernel_names_both(kind):
    with pytest.raises(ShapeError, match=rf"^{kind.__name__}: padding 2×2 is more than half of the 3×3 kernel: take"):
        kind(kernel_size=3, padding=2).output_shape((1, 9, 9))


@both
def test_stride_left_out_is_the_kernel_size(kind):
    assert kind(kernel_size=(2, 3)).output_shape((5, 8, 9)) == (5, 4, 3)


@both
def test_nothing_is_learned_or_multiplied(kind):
    layer = kind(kernel_size=2)
    assert layer.num_params((3, 8, 8)) == layer.macs((3, 8, 8)) == 0
    for count in (layer.num_params, layer.macs):
        with pytest.raises(ShapeError):
            count((3, 1, 1))


@both
def test_nan_spreads_as_in_torch(kind):
    x = torch.tensor([[[1.0, float("nan"), 2.0, 3.0]]])
    expected = in_torch(kind, {"kernel_size": (1, 2)})(x)
    np.testing.assert_array_equal(kind(kernel_size=(1, 2)).apply(x.numpy()), expected.numpy())
    assert expected.isnan().sum() == 1


def test_the_lectures_max_pooling():
    x = np.array([[29, 15, 28, 184], [0, 100, 70, 38], [12, 12, 7, 2], [12, 12, 45, 6]], np.float32)
    assert MaxPool2d(kernel_size=2).apply(x[None]).tolist() == [[[100, 184], [12, 45]]]


def test_the_lectures_average_pooling():
    x = np.array([[31, 15, 28, 184], [0, 100, 70, 38], [12, 12, 7, 2], [12, 12, 45, 6]], np.float32)
    assert AvgPool2d(kernel_size=2).apply(x[None]).tolist() == [[[36.5, 80], [12, 15]]]


def test_average_pooling_has_no_dilation_as_in_torch():
    with pytest.raises(ShapeError, match=r"^AvgPool2d: dilation = 2"):
        AvgPool2d(kernel_size=2, dilation=2)
