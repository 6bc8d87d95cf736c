"""What windows leave out and where they meet, beside torch that computes with ones."""

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnviz.layers import AdaptiveAvgPool2d, AvgPool2d, Conv2d, ConvTranspose2d, MaxPool2d, ShapeError
from cnnviz.layers.coverage import empty, meeting, unread
from cnnviz.layers.window import LocalLayer
from tests.scale import SEED, cases


def drawn(draw: random.Random) -> tuple[LocalLayer, tuple[int, int, int]]:
    """A layer that fits, of any kind, and its input."""

    def two(low: int, high: int) -> tuple[int, int]:
        return draw.randint(low, high), draw.randint(low, high)

    while True:
        shape = (1, *two(1, 11))
        kind, size = draw.choice(["conv", "same", "transposed", "max", "mean", "adaptive"]), two(1, 5)
        more: dict[str, Any] = {"kernel_size": size, "stride": two(1, 5)}
        layer: LocalLayer
        if kind == "conv":
            mode = draw.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
            layer = Conv2d(out_channels=1, padding=two(0, 4), dilation=two(1, 3), padding_mode=mode, **more)
        elif kind == "same":
            layer = Conv2d(out_channels=1, kernel_size=size, padding="same", dilation=two(1, 3))
        elif kind == "transposed":
            layer = ConvTranspose2d(
                out_channels=1, padding=two(0, 3), output_padding=two(0, 2), dilation=two(1, 3), **more
            )
        elif kind == "adaptive":
            layer = AdaptiveAvgPool2d(output_size=two(1, 6))
        else:
            padding = (draw.randint(0, size[0] // 2), draw.randint(0, size[1] // 2))
            more |= {"padding": padding, "ceil_mode": draw.random() < 0.5}
            layer = MaxPool2d(dilation=two(1, 3), **more) if kind == "max" else AvgPool2d(**more)
        if layer.fits(shape):
            return layer, shape


def with_ones(layer: LocalLayer, shape: tuple[int, int, int]) -> torch.nn.Module:
    module = layer.module(shape).double()
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, float(parameter.ndim > 1))
    return module


def marked(lines: Any, size: tuple[int, ...]) -> np.ndarray[Any, Any]:
    cells = np.zeros(size, bool)
    cells[list(lines.rows)] = True
    cells[:, list(lines.cols)] = True
    assert cells.sum() == lines.cells
    return cells


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_cells_that_nothing_reads_and_windows_that_see_only_padding() -> None:
    draw, seen = random.Random(SEED), {"unread": 0, "empty": 0}
    for _ in range(cases(4_000)):
        layer, shape = drawn(draw)
        module = with_ones(layer, shape)
        x = torch.ones(1, *shape, dtype=torch.float64)
        out = module(x)
        one_by_one = torch.eye(shape[1] * shape[2], dtype=torch.float64).reshape(-1, *shape)
        moves = (module(x + one_by_one) != out).flatten(1).any(1).reshape(shape[1:])  # an output follows each cell
        without, nothing = unread(layer, shape), empty(layer, shape)
        np.testing.assert_array_equal(marked(without, shape[1:]), ~moves.numpy())
        floor = -torch.inf if isinstance(layer, MaxPool2d) else 0
        holds = ~(out.nan_to_num(0, neginf=-torch.inf) == floor)[0, 0].numpy()
        np.testing.assert_array_equal(marked(nothing, tuple(out.shape[2:])), ~holds)
        seen["unread"] += without.cells > 0
        seen["empty"] += nothing.cells > 0
    assert min(seen.values()) > cases(4_000) / 50


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", range(1, 5))
@pytest.mark.parametrize("kernel", range(1, 8))
def test_how_many_products_meet_in_a_cell(kernel: int, stride: int, dilation: int, padding: int) -> None:
    size = (kernel, max(1, kernel - 1))
    layer = ConvTranspose2d(
        out_channels=1, kernel_size=size, stride=(stride, 2), dilation=(dilation, 1), padding=(padding, 0)
    )
    long = 40
    painted = functional.conv_transpose2d(
        torch.ones(1, 1, long, long),
        torch.ones(1, 1, *size),
        stride=(stride, 2),
        dilation=(dilation, 1),
        padding=(padding, 0),
    )[0, 0]
    rows, cols = meeting(layer)
    assert (len(rows), len(cols)) == (stride, 2)
    first = -(-dilation * kernel // stride) * stride + 2 * stride, 16  # past the edge, at the start of a period
    inside = painted[first[0] : first[0] + 3 * stride, first[1] : first[1] + 6]
    np.testing.assert_array_equal(inside, np.outer(np.tile(rows, 3), np.tile(cols, 3)))


def test_a_layer_that_does_not_fit_says_so() -> None:
    with pytest.raises(ShapeError, match="on a 2×2 input"):
        unread(Conv2d(out_channels=1, kernel_size=3), (1, 2, 2))
