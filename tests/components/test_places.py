"""Where a place is after a change of the layer: as the server has it, and as the explorer in the browser has it."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import cnnviz.components.window_explorer as component
from cnnviz.components.window_explorer.places import is_place_in, same_place
from cnnviz.layers import AvgPool2d, Conv2d, MaxPool2d
from tests.components.modules import with_functions
from tests.components.test_sliding import cases

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

_RUN = """([former, model, row, col]) => {
  const state = { row, col };
  const made = ({ spec, rowPlaces, colPlaces }) =>
    ({ spec, rowPlaces: Float32Array.from(rowPlaces), colPlaces: Float32Array.from(colPlaces) });
  keepPlace(made(former), made(model), state);
  return [state.row, state.col];
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "window_explorer/geometry.js")
    yield page
    page.close()


def described(layer, shape) -> dict:
    spec = component._shapes(layer, np.zeros(shape, np.float32), True)
    geometry = component._geometry(layer, shape)
    spec["kernel"] = (1, 1, geometry["rowPlaces"].shape[1], geometry["colPlaces"].shape[1])
    names = ("rowPlaces", "colPlaces")
    return {"spec": {name: spec[name] for name in ("kernel", "output", "padding", "input")}} | {
        name: geometry[name].ravel().tolist() for name in names
    }


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(cases, cases, st.data())
def test_server_and_browser_keep_the_same_place(page: Page, before, after, data) -> None:
    (former, former_shape), (layer, shape) = before, after
    rows, columns = former.output_shape(former_shape)[1:]
    row, column = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    at = same_place(f"0.{row}.{column}~-2", former, former_shape, layer, shape)
    there = page.evaluate(_RUN, [described(former, former_shape), described(layer, shape), row, column])
    assert at == f"0.{there[0]}.{there[1]}~-2"
    assert is_place_in(at, layer.output_shape(shape))


@pytest.mark.parametrize(
    ("layer", "at"),
    [
        (Conv2d(out_channels=4, kernel_size=3, padding=1, stride=2), "3.6.6"),  # middles 12.5 and 12.5 of 28
        (Conv2d(out_channels=4, kernel_size=3), "3.11.11"),
        (Conv2d(out_channels=4, kernel_size=5, padding=1), "3.11.11"),
        (Conv2d(out_channels=4, kernel_size=3, padding=1), "3.12.12"),
        (MaxPool2d(kernel_size=4), "3.3.3"),
        (AvgPool2d(kernel_size=28), "3.0.0"),
    ],
)
def test_the_middle_of_the_window_stays_where_it_was(layer, at: str) -> None:
    same = Conv2d(out_channels=4, kernel_size=3, padding=1)
    assert same_place("3.12.12", same, (1, 28, 28), layer, (1, 28, 28)) == at


def test_half_as_large_an_image_has_it_in_its_half() -> None:
    layer = Conv2d(out_channels=1, kernel_size=3, padding=1)
    assert same_place("0.12.20", layer, (1, 28, 28), layer, (1, 14, 14)) in ("0.6.10", "0.5.9")
