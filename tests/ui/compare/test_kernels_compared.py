import numpy as np
import pytest

from cnnviz.ui.compare.kernels_compared import own_scale, tiles


def test_a_row_of_tiles_holds_one_channel() -> None:
    kernels = np.arange(10 * 3 * 4 * 4, dtype=np.float32).reshape(10, 3, 4, 4)
    maps, numbers, across = tiles(kernels)
    assert across == 5
    for at, (tile, unit) in enumerate(zip(maps, numbers, strict=True)):
        np.testing.assert_array_equal(tile, kernels[unit, at // across % 3])
    assert numbers[:10] == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize(
    ("shape", "shown"), [((64, 3, 3, 3), 32), ((11, 3, 5, 5), 8), ((1, 1, 5, 5), 1), ((10, 3, 32, 32), 3)]
)
def test_rows_of_tiles_are_full(shape: tuple[int, ...], shown: int) -> None:
    maps, numbers, across = tiles(np.ones(shape, np.float32))
    assert len(maps) == len(numbers) == shown * shape[1]
    assert shown % across == 0


def test_its_own_scale() -> None:
    assert own_scale(np.array([[[-0.25, 0.5]]], np.float32)) == "Its own scale: from −0.25 to 0.5, colours end at ±0.5."
    many = np.linspace(-1, 1, 2000, dtype=np.float32).reshape(20, 10, 10)
    many[0, 0, 0] = -7  # a single large one does not set the colours' end
    assert own_scale(many) == "Its own scale: from −7 to 1, colours end at ±0.99."
    assert own_scale(np.full((1, 2, 2), np.nan, np.float32)) == "No weight of it is a finite number."
