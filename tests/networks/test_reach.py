"""Receptive fields against what gradients reach and known values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    PositionBias,
    Reach,
    ReLU,
    Residual,
    ShapeError,
    Sigmoid,
    SiLU,
    SqueezeExcitation,
    Tanh,
)
from cnnviz.networks import Draft, Network, architecture, table
from tests.networks.gradients import at_the_border, reached

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

POINTWISE = [ReLU(), LeakyReLU(), Sigmoid(), Tanh(), GELU(), SiLU(), BatchNorm2d(), Dropout(), PositionBias()]
LARGEST = 60


def numbers(low, high):
    return st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high))


def convolutions(**more):
    choices = {
        "out_channels": st.sampled_from([2, 4]),
        "kernel_size": numbers(1, 5),
        "padding": numbers(0, 3) | st.just("valid"),
        "stride": numbers(1, 3),
        "groups": st.sampled_from([1, 2]),
    }
    same = {"padding": st.just("same"), "stride": st.just(1)}
    return st.builds(Conv2d, **choices | more) | st.builds(Conv2d, **choices | same | more)


def pools(**more):
    """Without dilation unless told."""
    window = {"kernel_size": numbers(1, 4), "stride": st.none() | numbers(1, 3), "ceil_mode": st.booleans()}
    adaptive = {"output_size": st.integers(1, 12) | st.tuples(st.none() | st.integers(1, 12), st.integers(1, 12))}
    return st.one_of(
        st.builds(MaxPool2d, padding=numbers(0, 2), **window, **more),
        st.builds(AvgPool2d, padding=numbers(0, 2), count_include_pad=st.booleans(), **window),
        st.builds(AdaptiveMaxPool2d, **adaptive),
        st.builds(AdaptiveAvgPool2d, **adaptive),
    )


def upward():
    """Without dilation, which makes holes."""
    return st.builds(
        ConvTranspose2d,
        out_channels=st.sampled_from([2, 4]),
        kernel_size=numbers(1, 5),
        stride=numbers(1, 3),
        padding=numbers(0, 2),
        output_padding=numbers(0, 1),
        groups=st.sampled_from([1, 2]),
    )


def keeping(most=3):
    """Layers that keep height and width and give four channels."""
    size = st.sampled_from([1, 3, 5])
    conv = st.builds(Conv2d, out_channels=st.just(4), kernel_size=size, padding=st.just("same"))
    pool = st.sampled_from(
        [MaxPool2d(kernel_size=3, stride=1, padding=1), AvgPool2d(kernel_size=3, stride=1, padding=1)]
    )
    others = st.lists(conv | pool | st.sampled_from(POINTWISE), max_size=most - 1)
    return st.builds(lambda first, rest: (first, *rest), conv, others)


def blocks():
    stepping = (
        Conv2d(out_channels=4, kernel_size=3, stride=2, padding=1),
        Conv2d(out_channels=4, kernel_size=1, stride=2),
    )
    return st.one_of(
        st.builds(Residual, body=keeping(), shortcut=keeping()),
        st.builds(lambda body: Residual(body=(stepping[0], *body), shortcut=(stepping[1],)), keeping()),
        st.builds(lambda branches: Concat(branches=((), *branches)), st.lists(keeping(), min_size=1, max_size=2)),
        st.builds(DualPath, body=keeping(), shortcut=st.just(()) | keeping(), added=st.integers(1, 2)),
        st.builds(SqueezeExcitation, squeeze_channels=st.just(2), activation=st.sampled_from(["ReLU", "SiLU"])),
    )


@st.composite
def networks(draw, *layers, most=5):
    """A network of layers of these kinds, as many as fit."""
    shape = input_shape = (2, draw(st.integers(24, 40)), draw(st.integers(24, 40)))
    chosen = []
    for layer in draw(st.lists(st.one_of(*layers), min_size=1, max_size=most)):
        try:
            after = layer.output_shape(shape)
        except ShapeError:
            continue
        if max(after[1:]) <= LARGEST and after[0] <= 12:
            chosen.append(layer)
            shape = after
    return Network(name="random", input_shape=input_shape, layers=tuple(chosen))


def reach_of(network: Network) -> Reach:
    reach, shape = Reach.of_input(*network.input_shape[1:]), network.input_shape
    for layer in network.layers:
        reach, shape = layer.reach(reach, shape), layer.output_shape(shape)
    return reach


def check(network: Network, axis: int, exact_at_borders: bool) -> None:
    size = network.input_shape[1 + axis]
    reach = (reach_of(network).rows, reach_of(network).cols)[axis]
    start = (np.zeros(size, dtype=bool), True)
    touched, is_covered = at_the_border(network.layers, network.input_shape, axis, start)
    for i, hit in enumerate(reached(network, axis)):
        if hit is None:  # it reads nothing but borders
            continue
        first, last = int(reach.first[i]), int(reach.last[i])
        inside = (max(first, 0), min(last, size - 1))
        if not touched[i]:
            assert (first, last) == hit, f"cell {i}"
        elif exact_at_borders and is_covered:
            assert inside == hit, f"cell {i} at the border"
        else:
            assert inside[0] <= hit[0], f"cell {i} reads what comes before"
            assert inside[1] >= hit[1], f"cell {i} reads what comes after"


several = settings(deadline=None, max_examples=60)
axes = st.integers(0, 1)


@several
@given(network=networks(convolutions(), pools(), st.sampled_from(POINTWISE), blocks()), axis=axes)
def test_receptive_fields_of_windows_and_blocks_are_what_gradients_reach(network, axis):
    check(network, axis, exact_at_borders=True)


@several
@given(network=networks(convolutions(dilation=numbers(1, 3)), pools(dilation=numbers(1, 3)), blocks()), axis=axes)
def test_receptive_fields_of_dilated_windows_are_what_gradients_reach(network, axis):
    check(network, axis, exact_at_borders=False)


@several
@given(network=networks(upward(), convolutions(), pools(), blocks(), most=4), axis=axes)
def test_receptive_fields_of_transposed_convolutions_are_what_gradients_reach(network, axis):
    check(network, axis, exact_at_borders=False)


def test_a_window_over_a_dilated_transposed_convolution_reads_what_all_its_cells_read():
    layers = (
        ConvTranspose2d(out_channels=1, kernel_size=3, stride=3, dilation=2),
        Conv2d(out_channels=1, kernel_size=3),
    )
    check(Network(name="holes", input_shape=(1, 12, 12), layers=layers), 0, exact_at_borders=False)


@several
@given(network=networks(convolutions(), pools(), upward(), blocks()))
def test_the_table_has_the_same_reach_step_by_step(network):
    reach, shape, rows = Reach.of_input(*network.input_shape[1:]), network.input_shape, table(network)
    for row in (row for row in rows if len(row.path) == 1):
        assert row.input_shape == shape
        reach, shape = row.layer.reach(reach, shape), row.layer.output_shape(shape)
        assert (row.output_shape, row.receptive_field, row.jump) == (shape, reach.size, reach.jump)


def rows_of(key: str, kind: str):
    return [row for row in table(architecture(key)) if row.kind == kind]


@pytest.mark.parametrize(
    ("key", "kind", "size", "jump"),
    [
        ("vgg16", "MaxPool2d", 212, 32),
        ("vgg16", "Conv2d", 196, 16),
        ("resnet50", "Conv2d", 427, 32),
        ("alexnet", "MaxPool2d", 195, 32),
    ],
)
def test_the_last_layers_of_famous_networks_have_their_known_receptive_fields(key, kind, size, jump):
    last = rows_of(key, kind)[-1]
    assert last.receptive_field == (size, size)
    assert last.jump == (jump, jump)


def test_linear_layers_and_squeeze_excitation_read_everything():
    layers = (
        Conv2d(out_channels=4, kernel_size=3),
        SqueezeExcitation(squeeze_channels=2),
        Flatten(),
        Linear(out_features=2),
    )
    conv, squeeze, flat, dense = table(Draft(name="n", input_shape=(1, 12, 20), layers=layers))
    assert conv.receptive_field == (3, 3)
    assert squeeze.receptive_field == flat.receptive_field == dense.receptive_field == (12, 20)


def test_without_rows_and_columns_there_is_no_receptive_field():
    (row,) = table(Draft(name="n", input_shape=(7,), layers=(Linear(out_features=2),)))
    assert (row.receptive_field, row.jump) == (None, None)


def test_a_transposed_convolution_of_a_wide_stride_is_no_burden():
    layer = ConvTranspose2d(out_channels=1, kernel_size=(65_536, 1), stride=(65_535, 1), padding=(30_720, 0))
    (row,) = table(Draft(name="wide", input_shape=(1, 1, 1), layers=(layer,)))
    assert row.output_shape == (1, 4_096, 1)
    assert row.receptive_field == (1, 1)
