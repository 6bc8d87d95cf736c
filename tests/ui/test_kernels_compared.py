import numpy as np
import pytest

from cnnviz.ui.kernels_compared import tiles


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
