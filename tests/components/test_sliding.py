"""The geometry of sliding windows, run in the browser, beside that of the layers, which is held to torch."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import cnnviz.components.window_explorer as component
from cnnviz.components.window_explorer.ahead import sliding
from cnnviz.layers import AvgPool2d, Conv2d, ConvTranspose2d, MaxPool2d, ShapeError, pair
from tests.components.modules import with_functions
from tests.layers.cases import convolutions, pools, transposed

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

_RUN = """(layer) => {
  const found = slid(layer);
  if (!found) return null;
  for (const name in found.taps) found.taps[name] = Array.from(found.taps[name]);
  return { ...found, divisors: found.divisors && Array.from(found.divisors) };
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "window_explorer/sliding.js")
    yield page
    page.close()


def described(layer, shape) -> dict:
    """A layer as the browser knows it, with what its sliders say."""
    spec = sliding([layer])
    return spec | {
        "input": shape[1:],
        "kernel": pair(layer.kernel_size),
        "stride": layer.strides,
        "padding": pair(layer.padding) if spec["padding"] is None else spec["padding"],
        "dilation": layer.dilations,
    }


def holds(page: Page, layer, shape) -> None:
    found = page.evaluate(_RUN, described(layer, shape))
    try:
        out = layer.output_shape(shape)
    except ShapeError:
        assert found is None
        return
    told = component._shapes(layer, np.zeros(shape, np.float32), True)
    assert found is not None
    assert tuple(found["out"]) == out[1:]
    assert {name: tuple(found[name]) for name in ("padding", "padded", "bordered")} == {
        name: tuple(told[name])
        for name in ("padding", "padded", "bordered")  # type: ignore[arg-type]
    }
    assert tuple(found["cut"]) == (pair(layer.padding) if isinstance(layer, ConvTranspose2d) else (0, 0))
    for name, taps in component._geometry(layer, shape).items():
        assert found["taps"][name] == taps.ravel().tolist(), name
    if isinstance(layer, AvgPool2d):
        assert found["divisors"] == layer.divisors(shape).ravel().tolist()
    else:
        assert found["divisors"] is None


cases = (
    convolutions().map(lambda case: (Conv2d(**case[0]), case[1]))
    | transposed().map(lambda case: (ConvTranspose2d(**case[0]), case[1]))
    | pools()
    .map(lambda case: (case[0](**case[1]), case[2]))
    .filter(lambda case: isinstance(case[0], MaxPool2d | AvgPool2d))
)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(cases)
def test_layers_that_fit_have_the_same_geometry(page: Page, case) -> None:
    holds(page, *case)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_does_not_fit_is_nothing_there_too(page: Page, data) -> None:
    """Any values that sliders can have, on small inputs."""
    draw = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    size, kernel, stride, padding, dilation = draw(1, 9), draw(1, 6), draw(1, 4), draw(0, 5), draw(1, 3)
    kind = data.draw(st.sampled_from(["Conv2d", "same", "ConvTranspose2d", "MaxPool2d", "AvgPool2d"]))
    arguments: dict = {"kernel_size": kernel, "stride": stride, "padding": padding}
    if kind in ("Conv2d", "same"):
        mode = data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
        layer = Conv2d(out_channels=1, **arguments | {"dilation": dilation, "padding_mode": mode})
        layer = layer.but(padding="same") if kind == "same" else layer
    elif kind == "ConvTranspose2d":
        layer = ConvTranspose2d(out_channels=1, **arguments, dilation=dilation, output_padding=draw(0, 3))
    elif kind == "MaxPool2d":
        layer = MaxPool2d(**arguments, dilation=dilation, ceil_mode=data.draw(st.booleans()))
    else:
        counts, divisor = data.draw(st.booleans()), data.draw(st.sampled_from([None, 3]))
        layer = AvgPool2d(
            **arguments, ceil_mode=data.draw(st.booleans()), count_include_pad=counts, divisor_override=divisor
        )
    holds(page, layer, (1, size, draw(1, 9)))
