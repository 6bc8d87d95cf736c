import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import (
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DualPath,
    Flatten,
    Linear,
    MaxPool2d,
    PositionBias,
    ReLU,
    Residual,
    ShapeError,
    SqueezeExcitation,
)
from cnnviz.layers.blocks import named, with_shapes

random_cases = settings(deadline=None, max_examples=60)


@st.composite
def paths(draw, shape, filters=None, stride=1):
    """Layers that keep the size, or divide it by ``stride``, and end in so many channels."""
    filters = filters or draw(st.integers(1, 5))
    size = draw(st.sampled_from([1, 3, 5]))
    last = Conv2d(out_channels=filters, kernel_size=size, stride=stride, padding=size // 2, bias=draw(st.booleans()))
    before = Conv2d(out_channels=draw(st.integers(1, 4)), kernel_size=3, padding=1)
    return (*draw(st.sampled_from([(), (ReLU(),), (BatchNorm2d(), ReLU()), (before,)])), last)


@st.composite
def cases(draw):
    """A block, the shape of its input, and torch's own words for what it computes of its paths' outputs."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(3, 9), st.integers(3, 9)))
    kind = draw(st.sampled_from([Residual, Concat, DualPath]))
    stride, filters = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    if kind is Concat:
        branches = draw(st.lists(paths(shape, stride=stride), min_size=1, max_size=3))
        if stride == 1 and draw(st.booleans()):
            branches = [(), *branches]
        return Concat(branches=tuple(branches)), shape, lambda *ends: torch.cat(ends, 1)
    shortcut = draw(paths(shape, filters, stride))
    if stride == 1 and draw(st.booleans()):
        shortcut, filters = (), shape[0]
    body = draw(paths(shape, filters, stride))
    if kind is Residual:
        return Residual(body=body, shortcut=shortcut), shape, torch.add
    n = draw(st.integers(1, filters))
    return (
        DualPath(body=body, shortcut=shortcut, added=n),
        shape,
        lambda new, old: torch.cat([new[:, :n] + old[:, :n], old[:, n:], new[:, n:]], 1),
    )


@random_cases
@given(cases())
def test_blocks_join_what_their_paths_give(case):
    block, shape, joined = case
    module = block.module(shape).eval()
    children = list(module.named_children())
    assert [name for name, _ in children] == list(block.paths)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(x)
    with torch.no_grad():
        torch.testing.assert_close(out, joined(*(path(x) for _, path in children)))
    assert block.output_shape(shape) == tuple(out.shape[1:])
    assert block.num_params(shape) == sum(p.numel() for p in module.parameters())
    assert 2 * len(x) * block.macs(shape) == counter.get_total_flops()
    for (_, path), layers in zip(children, block.paths.values(), strict=True):
        assert [name for name, _ in path.named_children()] == [name for name, _ in named(layers)]


@random_cases
@given(cases())
def test_json_round_trip_of_blocks(case):
    block, shape, _ = case
    again = type(block).model_validate_json(block.model_dump_json())
    assert again == block
    assert again.output_shape(shape) == block.output_shape(shape)


@random_cases
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(1, 7)),
    squeezed=st.integers(1, 9),
    activation=st.sampled_from(["ReLU", "SiLU"]),
)
def test_squeeze_and_excitation_is_its_formula(shape, squeezed, activation):
    layer = SqueezeExcitation(squeeze_channels=squeezed, activation=activation)
    module = layer.module(shape)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(x)
    with torch.no_grad():
        down, up = (conv.weight[:, :, 0, 0] for conv in (module.fc1, module.fc2))
        hidden = getattr(nn, activation)()(x.mean((2, 3)) @ down.T + module.fc1.bias)
        scale = torch.sigmoid(hidden @ up.T + module.fc2.bias)
    torch.testing.assert_close(out, x * scale[:, :, None, None])
    assert layer.output_shape(shape) == shape
    assert layer.num_params(shape) == sum(p.numel() for p in module.parameters())
    assert 2 * len(x) * layer.macs(shape) == counter.get_total_flops()


@random_cases
@given(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)))
def test_position_bias_adds_a_number_to_each_cell(shape):
    layer, x = PositionBias(), torch.randn(2, *shape)
    module = layer.module(shape)
    torch.testing.assert_close(module(x), x)  # it starts at 0
    bias = torch.randn(shape)
    module.load_state_dict({"bias": bias})
    torch.testing.assert_close(module(x), x + bias)
    assert layer.output_shape(shape) == shape
    assert layer.num_params(shape) == sum(p.numel() for p in module.parameters())
    assert layer.macs(shape) == 0


@pytest.mark.parametrize("layer", [SqueezeExcitation(squeeze_channels=4), PositionBias()])
def test_formulas_give_the_number_of_parameters(layer):
    formula, number = layer.params_formula((16, 5, 7)).replace("·", "*").split("=")
    assert eval(formula) == int(number.replace(",", "")) == layer.num_params((16, 5, 7))


@pytest.mark.parametrize("block", [Residual(body=(ReLU(),)), Concat(branches=((),)), DualPath(body=(), added=1)])
def test_formulas_of_blocks_are_those_of_the_layers_inside(block):
    assert block.params_formula((3, 5, 5)) == ""


@pytest.mark.parametrize("layer", [SqueezeExcitation(squeeze_channels=4), PositionBias()])
@pytest.mark.parametrize("shape", [(), (10,), (0, 5, 5), (3, 0, 5)])
def test_every_method_refuses_an_input_that_cannot_be(layer, shape):
    for method in (layer.output_shape, layer.num_params, layer.macs, layer.module):
        with pytest.raises(ShapeError) as refusal:
            method(shape)
        assert str(refusal.value).startswith(layer.kind)
        assert "\n" not in str(refusal.value)


CONV = Conv2d(out_channels=4, kernel_size=3)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (Residual(body=(CONV,)), "Residual adds 4×3×3 of its body to 2×5×5 of its shortcut: give both the same shape"),
        (Residual(body=(Flatten(),)), "Residual adds 50 of its body to 2×5×5 of its shortcut"),
        (Concat(branches=()), "Concat has no branches: give it at least one"),
        (Concat(branches=((), (CONV,))), "Concat puts 2×5×5, 4×3×3 one after the other: give all branches the same"),
        (Concat(branches=((), (Flatten(),))), "Concat puts 2×5×5, 50 one after the other"),
        (DualPath(body=(CONV,), added=1), "DualPath adds channels of 4×3×3 and 2×5×5: give both the same height"),
        (DualPath(body=(), added=3), "DualPath adds 3 channels, but its paths have 2 and 2: add fewer"),
        (Residual(body=(CONV, ReLU(), CONV, CONV)), "body, conv3: Conv2d: 3×3 kernel on a 1×1 input"),
        (Residual(body=(), shortcut=(Linear(out_features=2),)), "shortcut, fc1: Linear(2) reads a list of features"),
        (Concat(branches=((), (MaxPool2d(kernel_size=9),))), "branch2, pool1: MaxPool2d: 9×9 kernel on a 5×5 input"),
        (Residual(body=(Residual(body=(CONV,)),)), "body, residual1: Residual adds 4×3×3 of its body to 2×5×5"),
    ],
)
def test_paths_that_do_not_meet_are_refused_in_one_sentence(block, reason):
    for method in (block.output_shape, block.num_params, block.macs, block.module):
        with pytest.raises(ShapeError) as refusal:
            method((2, 5, 5))
        assert str(refusal.value).startswith(reason)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (DualPath, {"body": (), "added": 0}),
        (DualPath, {"body": (), "added": 1.5}),
        (SqueezeExcitation, {"squeeze_channels": 0}),
        (SqueezeExcitation, {"squeeze_channels": 4, "activation": "Tanh"}),
        (Residual, {"body": 3}),
        (Concat, {"branches": 3}),
    ],
)
def test_arguments_out_of_range_are_refused(kind, arguments):
    with pytest.raises(ShapeError) as refusal:
        kind(**arguments)
    assert str(refusal.value).startswith(f"{kind.__name__}: {list(arguments)[-1]} = ")
    assert "\n" not in str(refusal.value)


def test_with_path_changes_one_path_only():
    block = Concat(branches=((), (ReLU(),)))
    assert block.with_path("branch1", [CONV]) == Concat(branches=((CONV,), (ReLU(),)))
    residual = Residual(body=(CONV,), shortcut=(CONV,))
    assert residual.with_path("shortcut", ()) == Residual(body=(CONV,))
    assert residual.shortcut == (CONV,)


def test_names_count_each_kind():
    layers = (CONV, ReLU(), CONV, MaxPool2d(kernel_size=1), AvgPool2d(kernel_size=1), Residual(body=()), Flatten())
    names = ["conv1", "relu1", "conv2", "pool1", "pool2", "residual1", "flatten1"]
    assert [name for name, _ in named(layers)] == names
    assert [name for name, *_ in with_shapes(layers, (1, 9, 9))] == names


def test_follow_names_the_layer_that_cannot_follow():
    with pytest.raises(ShapeError, match=r"^conv2: Conv2d: 3×3 kernel on a 2×2 input"):
        list(with_shapes((CONV, CONV), (1, 4, 4)))
