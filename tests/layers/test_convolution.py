import re

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import Conv2d, ShapeError, pair
from tests.layers.cases import convolutions, numbers

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using padding='same' with even kernel",
    "ignore:Initializing zero-element tensors",
)

random_cases = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


WILD = {
    "out_channels": st.integers(-1, 7),
    "kernel_size": numbers(-1, 9),
    "stride": numbers(-1, 3),
    "padding": numbers(-2, 3) | st.sampled_from(["same", "valid"]),
    "dilation": numbers(-1, 4),
    "groups": st.integers(-1, 5),
    "padding_mode": st.sampled_from(["reflect", "circular"]),
}


@st.composite
def possible_and_impossible(draw):
    arguments, shape = draw(convolutions())
    for name in draw(st.lists(st.sampled_from(sorted(WILD)), max_size=2, unique=True)):
        arguments[name] = draw(WILD[name])
    return arguments, draw(st.just(shape) | st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)))


def in_torch(arguments, shape):
    return nn.Conv2d(shape[0], **arguments)


def random_input(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


@random_cases
@given(convolutions())
def test_shape_and_parameter_count_are_torchs(case):
    arguments, shape = case
    theirs = in_torch(arguments, shape)
    ours = Conv2d(**arguments)
    assert ours.output_shape(shape) == tuple(theirs(random_input(shape)[None]).shape[1:])
    assert ours.weight_shape(shape) == tuple(theirs.weight.shape)
    assert ours.num_params(shape) == sum(p.numel() for p in theirs.parameters())


@random_cases
@given(convolutions())
def test_values_are_torchs(assert_close, case):
    arguments, shape = case
    theirs = in_torch(arguments, shape)
    x = random_input(shape)
    bias = theirs.bias.detach().numpy() if arguments["bias"] else None
    ours = Conv2d(**arguments).apply(x.numpy(), theirs.weight.detach().numpy(), bias)
    assert_close(ours, theirs(x[None])[0])


@random_cases
@given(convolutions())
def test_module_has_the_same_arguments(case):
    arguments, shape = case
    module = Conv2d(**arguments).module(shape)
    assert repr(module) == repr(in_torch(arguments, shape))  # torch's repr shows every argument


@random_cases
@given(convolutions())
def test_macs_are_half_of_the_counted_flops(case):
    arguments, shape = case
    with FlopCounterMode(display=False) as counter:
        in_torch(arguments, shape)(random_input(shape)[None])
    assert 2 * Conv2d(**arguments).macs(shape) == counter.get_total_flops()


@settings(random_cases, max_examples=250)
@given(possible_and_impossible())
def test_refuses_what_torch_refuses_and_nothing_else(assert_one_sentence, case):
    arguments, shape = case
    try:
        if arguments["padding"] not in ("same", "valid") and min(pair(arguments["padding"])) < 0:
            raise ValueError("torch crops by a negative padding, but not in every mode")
        expected = tuple(in_torch(arguments, shape)(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        with pytest.raises(ShapeError) as refusal:
            Conv2d(**arguments).output_shape(shape)
        assert_one_sentence(str(refusal.value), "Conv2d")
    else:
        assert Conv2d(**arguments).output_shape(shape) == expected


@random_cases
@given(kernel=numbers(1, 9), dilation=numbers(1, 3), padding=numbers(0, 2), height=st.integers(1, 5))
def test_the_padding_that_the_error_advises_is_enough(kernel, dilation, padding, height):
    shape = (1, height, 3)
    layer = Conv2d(out_channels=1, kernel_size=kernel, dilation=dilation, padding=padding)
    try:
        layer.output_shape(shape)
    except ShapeError as error:
        more = int(re.search(r"add padding (\d+)", str(error))[1])
        enough, less = (tuple(p + n for p in pair(padding)) for n in (more, more - 1))
        layer.model_copy(update={"padding": enough}).output_shape(shape)
        with pytest.raises(ShapeError):
            layer.model_copy(update={"padding": less}).output_shape(shape)


def test_error_names_the_layer_the_numbers_and_a_way_out():
    with pytest.raises(
        ShapeError, match=r"^Conv2d: 5×5 kernel on a 3×3 input: add padding 1 or take a smaller kernel$"
    ):
        Conv2d(out_channels=1, kernel_size=5).output_shape((1, 3, 3))


ROWS = ("100001", "010010", "001100", "100010", "010010", "001010")
IMAGE = np.array([[int(n) for n in row] for row in ROWS], np.float32)
FILTER = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)


@pytest.mark.parametrize(
    ("stride", "expected"),
    [
        (1, [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]),
        (2, [[3, -3], [-3, 0]]),
    ],
)
def test_the_lectures_image_and_filter(stride, expected):
    layer = Conv2d(out_channels=1, kernel_size=3, stride=stride)
    assert layer.apply(IMAGE[None], FILTER[None, None]).tolist() == [expected]


def test_the_lectures_32_filters_on_64_by_64():
    layer = Conv2d(out_channels=32, kernel_size=6, stride=2, padding=1)
    assert layer.output_shape((16, 64, 64)) == (32, 31, 31)
    assert layer.num_params((16, 64, 64)) == 18464
    assert layer.params_formula((16, 64, 64)) == "32·(16·6·6) + 32 = 18,464"


@pytest.mark.parametrize(
    ("arguments", "shape", "expected"),
    [
        ({"kernel_size": 3, "stride": 2}, (1, 7, 7), (33, 3, 3)),
        ({"kernel_size": 3, "stride": 2}, (16, 50, 100), (33, 24, 49)),
        ({"kernel_size": (3, 5), "stride": (2, 1), "padding": (4, 2)}, (16, 50, 100), (33, 28, 100)),
        (
            {"kernel_size": (3, 5), "stride": (2, 1), "padding": (4, 2), "dilation": (3, 1)},
            (16, 50, 100),
            (33, 26, 100),
        ),
    ],
)
def test_shapes_of_the_course_and_of_torchs_manual(arguments, shape, expected):
    assert Conv2d(out_channels=33, **arguments).output_shape(shape) == expected


def test_params_formula_without_bias_and_with_groups():
    layer = Conv2d(out_channels=8, kernel_size=(3, 1), groups=4, bias=False)
    assert layer.params_formula((12, 9, 9)) == "8·(3·3·1) = 72"


@random_cases
@given(convolutions())
def test_size_formula_is_true_and_ends_in_the_output_size(case):
    arguments, shape = case
    layer = Conv2d(**arguments)
    for formula, size in zip(layer.size_formula(shape), layer.output_shape(shape)[1:], strict=True):
        arithmetic, out = formula.rsplit(" = ", 1)
        python = arithmetic.replace(r"\cdot", "*").replace(r"\lfloor", "").replace(r"\rfloor", "").replace("/", "//")
        assert eval(python) == int(out) == size


def test_same_padding_puts_the_odd_row_and_column_last():
    rows, cols = Conv2d(out_channels=1, kernel_size=2, padding="same").sources((1, 2, 3))
    assert (rows.tolist(), cols.tolist()) == ([0, 1, -1], [0, 1, 2, -1])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zeros", [-1, -1, 0, 1, 2, -1, -1]),
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_where_each_padding_mode_takes_the_border_from(mode, expected):
    layer = Conv2d(out_channels=1, kernel_size=1, padding=2, padding_mode=mode)
    assert layer.sources((1, 3, 3))[0].tolist() == expected


def test_a_border_wider_than_its_mode_can_fill_is_a_sentence(assert_one_sentence):
    layer = Conv2d(out_channels=1, kernel_size=1, padding=3, padding_mode="reflect")
    with pytest.raises(
        ShapeError, match=r"padding 3 in mode 'reflect' on an input 3 .*take padding 2 at most"
    ) as refusal:
        layer.output_shape((1, 3, 3))
    assert_one_sentence(str(refusal.value), "Conv2d")


@pytest.mark.parametrize("stride", [2, (1, 2), (2, 1)])
def test_same_padding_refuses_a_stride_as_torch_does(assert_one_sentence, stride):
    arguments = {"out_channels": 1, "kernel_size": 3, "padding": "same", "stride": stride}
    with pytest.raises(ValueError, match="strided"):
        nn.Conv2d(1, **arguments)
    with pytest.raises(ShapeError, match="padding 'same' needs stride 1") as refusal:
        Conv2d(**arguments).output_shape((1, 8, 8))
    assert_one_sentence(str(refusal.value), "Conv2d")


def test_weights_of_another_shape_are_refused_with_both_shapes():
    with pytest.raises(ShapeError, match="2×3×3×3 where 2×1×3×3"):
        Conv2d(out_channels=2, kernel_size=3).apply(np.ones((1, 5, 5)), np.ones((2, 3, 3, 3)))
