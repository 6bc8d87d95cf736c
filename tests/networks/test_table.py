"""Receptive fields against what gradients reach, known values, errors in their places, and sizes without end."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

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
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    Reach,
    ReLU,
    Residual,
    ShapeError,
    Sigmoid,
    SiLU,
    Softmax,
    SqueezeExcitation,
    Tanh,
)
from cnnviz.networks import Draft, Network, Totals, architecture, architectures, table, totals
from cnnviz.networks.table import check_runs
from tests.networks.gradients import at_the_border, reached

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


pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
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


def test_a_layer_that_cannot_follow_says_why_in_its_row_and_the_next_reads_what_it_should_have():
    layers = (
        Conv2d(out_channels=4, kernel_size=3),
        Conv2d(out_channels=4, kernel_size=9, padding=(1, 0)),
        MaxPool2d(kernel_size=2),
    )
    first, large, pool = table(Draft(name="wrong", input_shape=(1, 8, 8), layers=layers))
    assert not first.error
    assert not pool.error
    assert "9×9 kernel on a 6×6 input" in large.error
    assert large.input_shape == pool.input_shape == first.output_shape == (4, 6, 6)
    assert (large.output_shape, large.params, large.activation_bytes, large.receptive_field) == (None, 0, 0, None)
    assert pool.receptive_field == (4, 4)


def test_one_missing_flatten_is_one_error():
    layers = (Linear(out_features=10), ReLU(), Linear(out_features=3))
    dense, relu, last = table(Draft(name="wrong", input_shape=(1, 8, 8), layers=layers))
    assert "put a Flatten before it" in dense.error
    assert (relu.error, last.error) == ("", "")
    assert (last.input_shape, last.receptive_field) == ((10,), (8, 8))


def test_an_error_inside_a_block_is_in_the_row_of_the_layer_and_what_follows_goes_on():
    body = (Conv2d(out_channels=2, kernel_size=9), Conv2d(out_channels=2, kernel_size=3, padding=1))
    block, large, same, relu = table(Draft(name="wrong", input_shape=(2, 6, 6), layers=(Residual(body=body), ReLU())))
    assert [row.name for row in (block, large, same)] == ["residual1", "residual1.body.conv1", "residual1.body.conv2"]
    assert "9×9 kernel on a 6×6 input" in large.error
    assert not same.error
    assert same.input_shape == relu.output_shape == (2, 6, 6)
    assert large.path == (0, "body", 0)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (Residual(body=(Conv2d(out_channels=3, kernel_size=3),)), "adds 3×4×4 of its body to 2×6×6 of its shortcut"),
        (Concat(branches=((), (MaxPool2d(kernel_size=2),))), "puts 2×6×6, 2×3×3 one after the other"),
        (Concat(branches=()), "no branches"),
        (DualPath(body=(MaxPool2d(kernel_size=2),), added=1), "channels of 2×3×3 and 2×6×6"),
        (DualPath(body=(), added=3), "adds 3 channels, but its paths have 2 and 2"),
    ],
)
def test_paths_that_do_not_meet_are_an_error_of_the_block(block, reason):
    rows = table(Draft(name="wrong", input_shape=(2, 6, 6), layers=(block, ReLU())))
    assert reason in rows[0].error
    assert not any(row.error for row in rows[1:])
    assert rows[-1].input_shape == (2, 6, 6)
    with pytest.raises(ValidationError, match=f"{rows[0].name}: {block.kind}"):
        Network(name="wrong", input_shape=(2, 6, 6), layers=(block, ReLU()))


def test_a_draft_with_the_same_layers_as_a_network_has_its_table_and_totals():
    network = architecture("resnet18_cifar")
    rows = table(Draft(name="d", input_shape=network.input_shape, layers=network.layers))
    assert rows == table(network)
    assert totals(rows).params == network.num_params
    assert totals([]) == Totals(0, 0, 0)


def test_training_needs_weights_gradients_and_moments_and_what_is_kept_of_a_batch():
    total = Totals(params=1000, macs=1, activation_bytes=300, kept_bytes=200)
    assert total.training_bytes(batch_size=8) == 4 * 4 * 1000 + 8 * 260
    assert total.training_bytes(batch_size=8, moments=1) == 3 * 4 * 1000 + 8 * 260


@pytest.mark.parametrize(
    ("input_shape", "layer"),
    [
        ((1, 28, 28), Conv2d(out_channels=1, kernel_size=3, padding=65_536)),
        ((1, 8_000, 8_000), Conv2d(out_channels=65_536, kernel_size=1)),
        ((65_536, 28, 28), Conv2d(out_channels=65_536, kernel_size=3)),
        ((1, 28, 28), ConvTranspose2d(out_channels=1, kernel_size=2, stride=65_536)),
        ((1, 28, 28), AdaptiveAvgPool2d(output_size=65_536)),
        ((65_536,), Linear(out_features=65_536)),
        ((65_536, 65_536, 65_536), ReLU()),
        ((1_000, 1_000, 1_000), Dropout()),
        ((65_536, 65_536, 65_536), LocalResponseNorm(size=5)),
        ((65_536, 65_536, 65_536), PositionBias()),
        ((65_536, 65_536, 65_536), Flatten()),
    ],
)
def test_what_is_too_large_gives_one_sentence_and_nothing_is_allocated(input_shape, layer):
    tracemalloc.start()
    (row,) = table(Draft(name="huge", input_shape=input_shape, layers=(layer,)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row.error.startswith(layer.kind)
    assert "larger than this app computes with" in row.error or "more than this app computes with" in row.error
    assert "\n" not in row.error
    assert most < 10_000_000
    with pytest.raises(ValidationError, match="than this app computes with"):
        Network(name="huge", input_shape=input_shape, layers=(layer,))


def test_a_transposed_convolution_of_a_wide_stride_is_no_burden():
    layer = ConvTranspose2d(out_channels=1, kernel_size=(65_536, 1), stride=(65_535, 1), padding=(30_720, 0))
    (row,) = table(Draft(name="wide", input_shape=(1, 1, 1), layers=(layer,)))
    assert row.output_shape == (1, 4_096, 1)
    assert row.receptive_field == (1, 1)


@pytest.mark.parametrize("input_shape", [(1, 0, 0), (1, -4, 4), (0, 4, 4), (0,)])
def test_an_input_that_holds_nothing_is_refused(input_shape):
    with pytest.raises(ValidationError):
        Draft(name="nothing", input_shape=input_shape, layers=(ReLU(),))


def nested(depth: int):
    layer = ReLU()
    for _ in range(depth):
        layer = Residual(body=(layer,))
    return layer


@pytest.mark.parametrize(
    ("input_shape", "layers", "reason"),
    [
        ((1, 8, 8), (ReLU(),) * 2_001, "more than 2,000 layers"),
        ((1, 8, 8), (Residual(body=(ReLU(),) * 2_000),), "more than 2,000 layers"),
        ((1, 8, 8), (nested(17),), "more than 16 deep"),
        ((1, 10**9, 10**9), (), "no side of an input may be more than 65,536"),
        ((10**9,), (), "no side of an input may be more than 65,536"),
        ((8, 8), (), "an input is"),
        ((), (), "an input is"),
    ],
)
def test_no_draft_is_larger_than_its_limits(input_shape, layers, reason):
    with pytest.raises(ValidationError, match=reason):
        Draft(name="huge", input_shape=input_shape, layers=layers)


def test_a_draft_can_be_as_large_as_its_limits():
    assert len(table(Draft(name="long", input_shape=(1, 8, 8), layers=(ReLU(),) * 2_000))) == 2_000
    assert len(table(Draft(name="deep", input_shape=(1, 8, 8), layers=(nested(16),)))) == 17


@pytest.mark.parametrize("layer", [Softmax(), Linear(out_features=3)])
def test_no_side_of_the_largest_input_costs_anything_where_a_layer_cannot_read_it(layer):
    (row,) = table(Draft(name="huge", input_shape=(65_536, 65_536, 65_536), layers=(layer,)))
    assert "put a Flatten before it" in row.error


def test_a_block_that_reads_features_is_one_error():
    block = Residual(body=(Conv2d(out_channels=2, kernel_size=3, padding=1), Residual(body=(ReLU(),))))
    rows = table(Draft(name="late", input_shape=(2, 6, 6), layers=(Flatten(), block, Linear(out_features=3))))
    assert [row.name for row in rows if row.error] == ["residual1"]
    assert "move it before Flatten" in rows[1].error
    assert [row.name for row in rows[2:5]] == [
        "residual1.body.conv1",
        "residual1.body.residual1",
        "residual1.body.residual1.body.relu1",
    ]
    assert not any(row.output_shape for row in rows[2:5])
    assert rows[-1].output_shape == (3,)


def test_what_is_too_large_to_be_run_is_a_sentence() -> None:
    conv = Conv2d(out_channels=1, kernel_size=63)
    for shape, layers, what in (
        ((65536, 65536, 65536), (), "pixels a side"),
        ((3, 60000, 60000), (), "pixels a side"),
        ((64, 600, 600), (conv,) * 6, "multiply-adds"),
        ((1, 640, 640), (ReLU(),) * 2000, None),
        ((16, 640, 640), (ReLU(),) * 200, "numbers in its outputs"),
        ((4000,), (Linear(out_features=60_000),), "parameters"),
    ):
        draft = Draft(name="large", input_shape=shape, layers=layers)
        if what is None:
            check_runs(draft)
        else:
            with pytest.raises(ShapeError, match=what):
                check_runs(draft)


@pytest.mark.parametrize("key", architectures())
def test_every_architecture_can_be_run(key: str) -> None:
    check_runs(architecture(key))
