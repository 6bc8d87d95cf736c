"""What each row of a network's table says, and the limits of a draft."""

import tracemalloc

import pytest
from pydantic import ValidationError

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    ReLU,
    Residual,
    ShapeError,
    Softmax,
)
from cnnviz.networks import Draft, Network, Totals, architecture, architectures, table, totals
from cnnviz.networks.table import check_runs

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


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
