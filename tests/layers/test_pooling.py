import re

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, ShapeError, pair
from tests.layers.cases import numbers, pools

random_cases = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
WINDOWED = (MaxPool2d, AvgPool2d)
both = pytest.mark.parametrize("kind", WINDOWED)


WILD = {
    "kernel_size": numbers(-1, 9),
    "stride": numbers(-1, 3),
    "padding": numbers(-2, 4),
    "dilation": numbers(-1, 4),
    "divisor_override": st.integers(-1, 1),
}


@st.composite
def possible_and_impossible(draw):
    kind, arguments, shape = draw(pools(WINDOWED))
    names = sorted(set(WILD) - {"dilation" if kind is AvgPool2d else "divisor_override"})
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        arguments[name] = draw(WILD[name])
    return kind, arguments, draw(st.just(shape) | st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)))


def in_torch(kind, arguments):
    return getattr(nn, kind.__name__)(**arguments)


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
    ours, theirs = kind(**arguments).module(shape), in_torch(kind, arguments)
    assert {name: getattr(ours, name) for name in arguments} == {name: getattr(theirs, name) for name in arguments}


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
@given(size=st.integers(-1, 2) | st.tuples(st.none() | st.integers(-1, 2), st.integers(-1, 2)), is_flat=st.booleans())
def test_adaptive_pooling_refuses_outputs_that_hold_nothing_and_inputs_that_are_no_maps(
    assert_one_sentence, size, is_flat
):
    for kind in (AdaptiveMaxPool2d, AdaptiveAvgPool2d):
        if is_flat or min(n for n in pair(size) if n is not None) < 1:
            with pytest.raises(ShapeError) as refusal:
                kind(output_size=size).output_shape((12,) if is_flat else (1, 4, 5))
            assert_one_sentence(str(refusal.value), kind.__name__)
        else:
            assert kind(output_size=size).output_shape((1, 4, 5))


@random_cases
@given(
    kernel=numbers(1, 9),
    dilation=st.integers(1, 3),
    padding=st.integers(0, 2),
    height=st.integers(1, 5),
    others=st.fixed_dictionaries({"ceil_mode": st.booleans(), "stride": st.none() | numbers(1, 4)}),
)
def test_what_the_error_advises_can_be_done(kernel, dilation, padding, height, others):
    try:
        MaxPool2d(kernel_size=kernel, dilation=dilation, padding=padding, **others).output_shape((1, height, 3))
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
    MaxPool2d(kernel_size=kernel, dilation=dilation, padding=enough, **others).output_shape((1, height, 3))


def test_in_ceil_mode_less_padding_is_enough():
    with pytest.raises(ShapeError, match=r"9×9 kernel on a 4×4 input: add padding 2 or"):
        AvgPool2d(kernel_size=9, stride=2, ceil_mode=True).output_shape((1, 4, 4))
    AvgPool2d(kernel_size=9, stride=2, ceil_mode=True, padding=2).output_shape((1, 4, 4))


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


def test_global_average_pooling_is_the_mean_of_each_map():
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_allclose(AdaptiveAvgPool2d(output_size=1).apply(x)[:, 0, 0], x.mean((1, 2)))


def test_the_size_formula_says_which_window_is_left_out():
    assert MaxPool2d(kernel_size=2, ceil_mode=True).size_formula((1, 5, 4)) == (
        r"\lceil (5 + 2 \cdot 0 - 2) / 2 \rceil + 1 = 3",
        r"\lceil (4 + 2 \cdot 0 - 2) / 2 \rceil + 1 = 2",
    )
    height, _ = MaxPool2d(kernel_size=2, stride=3, padding=1, ceil_mode=True).size_formula((1, 5, 5))
    assert height.endswith(r"\rceil + 1 - 1 = 2")


def test_a_window_may_reach_beyond_the_border_in_ceil_mode():
    layer = AvgPool2d(kernel_size=2, ceil_mode=True)
    rows, cols = layer.taps((1, 3, 4))
    assert rows.tolist() == [[0, 1], [2, -1]]
    assert cols.tolist() == [[0, 1], [2, 3]]
    assert layer.divisors((1, 3, 4)).tolist() == [[4, 4], [2, 2]]
    assert [len(source) for source in layer.sources((1, 3, 4))] == [4, 4]


@random_cases
@given(pools())
def test_the_size_formula_ends_in_the_size(case):
    kind, arguments, shape = case
    layer = kind(**arguments)
    if hasattr(layer, "kernel_size"):
        assert [int(formula.rsplit("= ", 1)[1]) for formula in layer.size_formula(shape)] == list(
            layer.output_shape(shape)[1:]
        )
