import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.layers import Dropout, ShapeError

random_cases = settings(deadline=None, max_examples=60)
shapes = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)


@random_cases
@given(shape=shapes, p=st.floats(0, 1), seed=st.integers(0, 99))
def test_dropout_is_torchs(shape, p, seed):
    layer, theirs = Dropout(p=p), nn.Dropout(p)
    ours = layer.module(shape)
    assert repr(ours) == repr(theirs)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    torch.manual_seed(seed)
    expected = theirs(x)
    torch.manual_seed(seed)
    torch.testing.assert_close(ours(x), expected)
    assert layer.output_shape(shape) == tuple(expected.shape[1:])
    torch.testing.assert_close(ours.eval()(x), x)


def test_dropout_learns_and_multiplies_nothing():
    layer = Dropout()
    assert layer.num_params((3, 4, 5)) == layer.macs((3, 4, 5)) == 0
    assert layer.params_formula((3, 4, 5)) == ""


def test_the_default_is_torchs():
    assert repr(Dropout().module((4,))) == repr(nn.Dropout())


@pytest.mark.parametrize("p", [-0.1, 1.1, 50, float("nan"), float("inf"), None, "half", (0, 1)])
def test_a_probability_that_cannot_be_is_refused(p):
    with pytest.raises(
        ShapeError, match=r"^Dropout: p = .*: must be (a number|a finite number|at least 0|at most 1)$"
    ) as refusal:
        Dropout(p=p)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("arguments", [{"rate": 0.5}, {"p": 0.5, "inplace": True}])
def test_an_unknown_argument_is_named(arguments):
    with pytest.raises(ShapeError, match=f"^Dropout: {list(arguments)[-1]} = "):
        Dropout(**arguments)
