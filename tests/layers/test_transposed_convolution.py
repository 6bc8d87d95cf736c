import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import ConvTranspose2d, ShapeError, pair
from tests.layers.cases import numbers, transposed

pytestmark = pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")

random_cases = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


WILD = {
    "out_channels": st.integers(-1, 7),
    "kernel_size": numbers(-1, 6),
    "stride": numbers(-1, 3),
    "padding": numbers(-1, 5),
    "output_padding": numbers(-1, 4),
    "dilation": numbers(-1, 3),
    "groups": st.integers(-1, 5),
}


@st.composite
def possible_and_impossible(draw):
    arguments, shape = draw(transposed())
    for name in draw(st.lists(st.sampled_from(sorted(WILD)), max_size=2, unique=True)):
        arguments[name] = draw(WILD[name])
    return arguments, shape


def in_torch(arguments, shape):
    return nn.ConvTranspose2d(shape[0], **arguments)


def random_input(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


@random_cases
@given(transposed())
def test_everything_is_torchs(assert_close, case):
    arguments, shape = case
    theirs, ours = in_torch(arguments, shape), ConvTranspose2d(**arguments)
    x = random_input(shape)
    expected = theirs(x[None])[0]
    assert ours.output_shape(shape) == tuple(expected.shape)
    assert ours.weight_shape(shape) == tuple(theirs.weight.shape)
    assert ours.num_params(shape) == sum(p.numel() for p in theirs.parameters())
    assert repr(ours.module(shape)) == repr(theirs)
    bias = theirs.bias.detach().numpy() if arguments["bias"] else None
    assert_close(ours.apply(x.numpy(), theirs.weight.detach().numpy(), bias), expected)


@random_cases
@given(transposed())
def test_macs_are_half_of_the_counted_flops(case):
    arguments, shape = case
    with FlopCounterMode(display=False) as counter:
        in_torch(arguments, shape)(random_input(shape)[None])
    assert 2 * ConvTranspose2d(**arguments).macs(shape) == counter.get_total_flops()


@settings(random_cases, max_examples=300)
@given(possible_and_impossible())
def test_refuses_what_torch_refuses_and_an_output_of_nothing(assert_one_sentence, case):
    arguments, shape = case
    try:
        if min(pair(arguments["dilation"])) < 1:
            raise ValueError("torch takes dilation 0 where the kernel has one cell")
        expected = tuple(in_torch(arguments, shape)(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        expected = (0,)
    if min(expected) < 1:
        with pytest.raises(ShapeError) as refusal:
            ConvTranspose2d(**arguments).output_shape(shape)
        assert_one_sentence(str(refusal.value), "ConvTranspose2d")
    else:
        assert ConvTranspose2d(**arguments).output_shape(shape) == expected


@random_cases
@given(transposed())
def test_size_formula_is_true_and_ends_in_the_output_size(case):
    arguments, shape = case
    layer = ConvTranspose2d(**arguments)
    for formula, size in zip(layer.size_formula(shape), layer.output_shape(shape)[1:], strict=True):
        arithmetic, out = formula.rsplit(" = ", 1)
        assert eval(arithmetic.replace(r"\cdot", "*")) == int(out) == size


def test_params_formula():
    layer = ConvTranspose2d(out_channels=8, kernel_size=(3, 1), groups=4)
    assert layer.params_formula((12, 9, 9)) == "8·(3·3·1) + 8 = 80"
