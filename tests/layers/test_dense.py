import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import Flatten, Linear, ShapeError

random_cases = settings(deadline=None, max_examples=80)
sides = st.integers(1, 40)


@random_cases
@given(inputs=sides, outputs=sides, bias=st.booleans())
def test_linear_is_torchs(assert_close, inputs, outputs, bias):
    theirs = nn.Linear(inputs, outputs, bias)
    x = torch.randn(inputs, generator=torch.Generator().manual_seed(inputs))
    with FlopCounterMode(display=False) as counter:
        expected = theirs(x[None])[0]
    ours = Linear(out_features=outputs, bias=bias)
    assert ours.output_shape((inputs,)) == (outputs,)
    assert ours.num_params((inputs,)) == sum(p.numel() for p in theirs.parameters())
    assert 2 * ours.macs((inputs,)) == counter.get_total_flops()
    assert repr(ours.module((inputs,))) == repr(theirs)
    assert_close(
        ours.apply(x.numpy(), theirs.weight.detach().numpy(), theirs.bias.detach().numpy() if bias else None), expected
    )


@random_cases
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
def test_flatten_keeps_torchs_order(shape):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    expected = nn.Flatten()(torch.from_numpy(x)[None])[0]
    layer = Flatten()
    assert layer.output_shape(shape) == tuple(expected.shape)
    assert layer.apply(x).tolist() == expected.tolist()
    assert layer.module(shape)(torch.from_numpy(x)[None])[0].tolist() == expected.tolist()


def test_flatten_learns_and_multiplies_nothing():
    assert Flatten().num_params((2, 3, 4)) == Flatten().macs((2, 3, 4)) == 0


def test_linear_on_maps_asks_for_a_flatten():
    with pytest.raises(ShapeError, match=r"^Linear\(10\) reads .* input is 16×5×5: put a Flatten before it$"):
        Linear(out_features=10).output_shape((16, 5, 5))


@pytest.mark.parametrize("shape", [(0,), (3, 5, 5)])
def test_every_method_of_linear_refuses_an_input_that_cannot_be(assert_one_sentence, shape):
    layer = Linear(out_features=10)
    for method in (layer.output_shape, layer.num_params, layer.macs, layer.module):
        with pytest.raises(ShapeError) as refusal:
            method(shape)
        assert_one_sentence(str(refusal.value), "Linear")


@pytest.mark.parametrize("features", [0, -1])
def test_linear_needs_a_feature(assert_one_sentence, features):
    with pytest.raises(ShapeError) as refusal:
        Linear(out_features=features)
    assert_one_sentence(str(refusal.value), "Linear")


def test_flatten_refuses_an_empty_input(assert_one_sentence):
    with pytest.raises(ShapeError) as refusal:
        Flatten().output_shape((3, 0, 5))
    assert_one_sentence(str(refusal.value), "Flatten")
