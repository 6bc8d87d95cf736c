"""The size of receptive fields beside gradients, where transposed convolutions, holes and blocks make neighbours differ."""

import tracemalloc
from itertools import pairwise
from math import prod
from random import Random

import numpy as np
import pytest

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Block,
    Concat,
    Conv2d,
    ConvTranspose2d,
    DualPath,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    ShapeError,
    SqueezeExcitation,
    pair,
)
from cnnviz.layers.receptive_field import MOST_COURSES, Reach
from cnnviz.networks import Draft, Network, table
from tests.networks.gradients import at_the_border, reached
from tests.scale import SEED, cases
from tests.work import at_most

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
CHANNELS = 4


def both(random: Random, low: int, high: int):
    return (
        random.randint(low, high) if random.random() < 0.5 else (random.randint(low, high), random.randint(low, high))
    )


def conv(random: Random):
    if random.random() < 0.2:
        return Conv2d(
            out_channels=CHANNELS, kernel_size=both(random, 1, 5), dilation=both(random, 1, 2), padding="same"
        )
    return Conv2d(
        out_channels=CHANNELS,
        kernel_size=both(random, 1, 5),
        stride=both(random, 1, 3),
        padding=both(random, 0, 3),
        dilation=both(random, 1, 3),
        groups=random.choice([1, 2, 4]),
    )


def upward(random: Random):
    return ConvTranspose2d(
        out_channels=CHANNELS,
        kernel_size=both(random, 1, 5),
        stride=both(random, 1, 4),
        padding=both(random, 0, 2),
        output_padding=both(random, 0, 2),
        dilation=both(random, 1, 3),
        groups=random.choice([1, 2]),
    )


def pool(random: Random):
    window = {"stride": random.choice([None, both(random, 1, 3)]), "ceil_mode": random.random() < 0.5}
    padding = both(random, 0, 1)
    if random.random() < 0.5:
        return AvgPool2d(kernel_size=both(random, 2, 4), padding=padding, **window)
    return MaxPool2d(kernel_size=both(random, 2, 4), padding=padding, dilation=both(random, 1, 2), **window)


def keeping(random: Random):
    """Layers that keep height and width: a convolution, or up and down again."""
    way = random.random()
    if way < 0.5:
        return (Conv2d(out_channels=CHANNELS, kernel_size=both(random, 1, 5), padding="same"), ReLU())
    s, p = random.randint(2, 4), random.randint(0, 2)
    up = ConvTranspose2d(out_channels=CHANNELS, kernel_size=s + 2 * p, stride=s, padding=p)
    if way < 0.7:  # with holes
        up = ConvTranspose2d(out_channels=CHANNELS, kernel_size=1, stride=s, output_padding=s - 1)
    down = [AvgPool2d(kernel_size=s), Conv2d(out_channels=CHANNELS, kernel_size=s + 2, stride=s, padding=1)]
    return (up, random.choice(down))


def block(random: Random):
    kind = random.choice([Residual, Concat, DualPath])
    if kind is Residual:
        return Residual(body=keeping(random), shortcut=keeping(random) if random.random() < 0.5 else ())
    if kind is Concat:
        return Concat(branches=((), *(keeping(random) for _ in range(random.randint(1, 2)))))
    return DualPath(body=keeping(random), shortcut=keeping(random), added=random.randint(1, 3))


def strides_up(layers, axis: int) -> int:
    """After so many cells what a cell reads comes again, at the latest."""
    return prod(
        strides_up([inner for path in layer.paths.values() for inner in path], axis)
        if isinstance(layer, Block)
        else pair(layer.stride)[axis]
        if isinstance(layer, ConvTranspose2d)
        else 1
        for layer in layers
    )


def drawn(random: Random):
    kinds = [conv, conv, upward, upward, pool, block, lambda _: BatchNorm2d(), lambda _: LeakyReLU()]
    return tuple(random.choice(kinds)(random) for _ in range(random.randint(2, 6)))


def free(network: Network, axis: int):
    """The cells that read no border on any way."""
    start = (np.zeros(network.input_shape[1 + axis], dtype=bool), True)
    return np.flatnonzero(~at_the_border(network.layers, network.input_shape, axis, start)[0])


def network_of(layers, axis: int):
    """With an input so large that enough cells in the middle read no border; and these cells along the axis."""
    needed = [strides_up(layers, axis) for axis in (0, 1)]
    sides = [0, 0]
    for along in (0, 1):
        if needed[along] > 24:
            return None
        for side in (12, 24, 48, 96, 192):
            shape = (CHANNELS, side, side)
            try:
                network = Network(name="random", input_shape=shape, layers=layers)
            except (ShapeError, ValueError):
                continue
            if max(max(shape[1:]) for shape in network.shapes) > 400:
                return None
            cells = free(network, along)
            if len(cells) >= needed[along] and cells[-1] - cells[0] == len(cells) - 1:
                sides[along] = side
                break
    if not all(sides):
        return None
    network = Network(name="random", input_shape=(CHANNELS, *sides), layers=layers)
    first = int(free(network, axis)[0])
    return network, range(first, first + needed[axis])


def test_sizes_are_what_gradients_reach_in_the_middle_of_random_networks() -> None:
    random = Random(SEED)
    tried = upwards = 0
    while tried < cases(3_000):
        layers, axis = drawn(random), random.randrange(2)
        found = network_of(layers, axis)
        if found is None:
            continue
        network, cells = found
        hits = reached(network, axis, cells)
        largest = max((last - first + 1 for first, last in filter(None, hits)), default=0)
        last = [row for row in table(network) if len(row.path) == 1][-1]
        assert last.receptive_field is not None
        assert last.receptive_field[axis] == largest, (axis, network.model_dump_json())
        tried += 1
        upwards += strides_up(layers, axis) > 1
    assert upwards > tried / 4


def test_with_squeeze_excitation_a_cell_reads_the_whole_image_and_what_lies_around_it() -> None:
    layers = (Conv2d(out_channels=2, kernel_size=3, padding=1), SqueezeExcitation(squeeze_channels=2))
    row = table(Draft(name="n", input_shape=(1, 9, 12), layers=layers))[-1]
    assert row.receptive_field == (11, 14)


def down(kernel: int) -> Conv2d:
    return Conv2d(out_channels=2, kernel_size=kernel, stride=2, padding=1)


UP = ConvTranspose2d(out_channels=2, kernel_size=4, stride=2, padding=1)
SMOOTH = Conv2d(out_channels=2, kernel_size=3, padding=1)


@pytest.mark.parametrize("side", [8, 64])
@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ((down(3), UP, SMOOTH), 7),
        ((down(4), down(4), UP, UP, SMOOTH), 18),
        # every second cell of the upsampled map reads nothing, and a dilated window sees only these or only the others
        (
            (
                ConvTranspose2d(out_channels=2, kernel_size=1, stride=2),
                Conv2d(out_channels=2, kernel_size=3, dilation=2),
            ),
            3,
        ),
    ],
)
def test_decoders_have_the_size_that_paper_and_pencil_give(layers, size: int, side: int) -> None:
    row = table(Draft(name="n", input_shape=(1, side, side), layers=layers))[-1]
    assert row.receptive_field == (size, size)


def test_a_cell_in_a_hole_reads_nothing_and_a_map_of_holes_has_size_0() -> None:
    reach = Reach.of_input(4, 4)
    holes = ConvTranspose2d(out_channels=1, kernel_size=1, stride=2)
    rows = holes.reach(reach, (1, 4, 4)).rows
    assert rows.first.tolist() == [0, np.inf, 1, np.inf, 2, np.inf, 3]
    assert rows.last.tolist() == [0, -np.inf, 1, -np.inf, 2, -np.inf, 3]
    cut = ConvTranspose2d(out_channels=1, kernel_size=1, stride=3, padding=1)
    assert table(Draft(name="n", input_shape=(1, 2, 2), layers=(cut,)))[-1].receptive_field == (0, 0)


def test_paths_of_different_steps_go_on_each_at_its_own_beyond_the_edge() -> None:
    """On a single cell a step is not seen, but the window around it reads where its neighbours would be."""
    step = Conv2d(out_channels=1, kernel_size=1, stride=3)
    layers = (Residual(body=(step,)), Conv2d(out_channels=1, kernel_size=3, padding=1))
    row = table(Draft(name="n", input_shape=(1, 1, 1), layers=layers))[-1]
    assert row.receptive_field == (7, 7)


def test_what_never_comes_again_costs_little_time_and_memory() -> None:
    """Steps that have nothing in common, in rows of poolings and in blocks: the cells that there are stay right."""
    sizes = (4093, 4091, 4079, 4073, 4057, 4051)
    pools = [AdaptiveAvgPool2d(output_size=(size, 1)) for size in sizes]
    steps = [
        Residual(body=(Conv2d(out_channels=1, kernel_size=1, stride=s),)) for s in (2, 3, 5, 7, 11, 13, 17, 19, 23)
    ]
    assert len(steps) >= MOST_COURSES
    tracemalloc.start()
    with at_most(50_000):
        pooled = table(Draft(name="n", input_shape=(1, 4096, 1), layers=tuple(pools)))[-1]
        stepped = table(Draft(name="n", input_shape=(1, 1, 1), layers=tuple(steps)))[-1]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    low = high = np.arange(sizes[-1])
    for n, out in reversed(list(pairwise((4096, *sizes)))):
        low, high = low * n // out, -(-(high + 1) * n // out) - 1
    assert pooled.receptive_field == ((high - low).max() + 1, 1)
    assert stepped.receptive_field == (1, 1)
    assert most < 50_000_000


def test_features_of_maps_of_two_sizes_read_what_the_larger_reads() -> None:
    layers = (
        Concat(
            branches=(
                (Conv2d(out_channels=1, kernel_size=3, padding=1), Flatten()),
                (MaxPool2d(kernel_size=2), Flatten()),
            )
        ),
    )
    assert table(Draft(name="two", input_shape=(1, 28, 28), layers=layers))[0].receptive_field == (3, 3)
    rows = table(Draft(name="two", input_shape=(1, 28, 28), layers=(*layers, Linear(out_features=2))))
    assert rows[-1].receptive_field[0] >= 28
