import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import BatchNorm2d, LocalResponseNorm, ShapeError

random_cases = settings(deadline=None, max_examples=60)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(1, 7))


def check_against(theirs, layer, shape):
    """The same module, shape and costs as torch's; their outputs on the same numbers."""
    ours = layer.module(shape)
    assert repr(ours) == repr(theirs)
    assert layer.num_params(shape) == sum(p.numel() for p in theirs.parameters())
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter:
        expected = theirs(x)
    assert layer.output_shape(shape) == tuple(expected.shape[1:])
    assert 2 * len(x) * layer.macs(shape) == counter.get_total_flops()
    torch.testing.assert_close(ours(x), expected)


@random_cases
@given(shape=shapes.filter(lambda shape: shape[1] * shape[2] > 1), eps=st.floats(1e-6, 1), momentum=st.floats(0, 1))
def test_batch_norm_is_torchs(shape, eps, momentum):
    layer = BatchNorm2d(eps=eps, momentum=momentum)
    check_against(nn.BatchNorm2d(shape[0], eps, momentum), layer, shape)


@random_cases
@given(shape=shapes, size=st.integers(1, 9), alpha=st.floats(0, 1), beta=st.floats(0, 2), k=st.floats(0.5, 4))
def test_local_response_norm_is_torchs(shape, size, alpha, beta, k):
    layer = LocalResponseNorm(size=size, alpha=alpha, beta=beta, k=k)
    check_against(nn.LocalResponseNorm(size, alpha, beta, k), layer, shape)


def test_defaults_are_torchs():
    assert repr(BatchNorm2d().module((4, 3, 3))) == repr(nn.BatchNorm2d(4))
    assert repr(LocalResponseNorm(size=5).module((4, 3, 3))) == repr(nn.LocalResponseNorm(5))


def test_batch_norm_learns_a_scale_and_a_shift_for_each_channel():
    formula, number = BatchNorm2d().params_formula((16, 5, 5)).replace("·", "*").split("=")
    assert eval(formula) == int(number) == 32
    assert LocalResponseNorm(size=5).params_formula((16, 5, 5)) == ""


@pytest.mark.parametrize("layer", [BatchNorm2d(), LocalResponseNorm(size=5)])
@pytest.mark.parametrize("shape", [(), (10,), (0, 5, 5), (3, 0, 5), (2, 3, 4, 5)])
def test_every_method_refuses_an_input_that_cannot_be(layer, shape):
    for method in (layer.output_shape, layer.num_params, layer.macs, layer.module):
        with pytest.raises(ShapeError) as refusal:
            method(shape)
        assert str(refusal.value).startswith(layer.kind)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (BatchNorm2d, {"eps": 0}),
        (BatchNorm2d, {"eps": -1e-5}),
        (BatchNorm2d, {"momentum": 1.5}),
        (LocalResponseNorm, {"size": 0}),
        (LocalResponseNorm, {"size": 10**9}),
        (LocalResponseNorm, {"size": 5, "alpha": -1}),
        (LocalResponseNorm, {"size": 5, "beta": float("inf")}),
        (LocalResponseNorm, {"size": 5, "k": -2}),
    ],
)
def test_numbers_out_of_range_are_refused(assert_one_sentence, kind, arguments):
    with pytest.raises(ShapeError) as refusal:
        kind(**arguments)
    assert_one_sentence(str(refusal.value), f"{kind.__name__}: {list(arguments)[-1]} = ")


def test_what_is_no_number_is_named() -> None:
    with pytest.raises(ShapeError, match=r"^BatchNorm2d: eps = nan: must be a finite number$"):
        BatchNorm2d(eps=float("nan"))
