"""The explorer's pooling, run in the browser, beside torch: values, winners, gradients, for random layers and inputs."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import cnnviz.components.window_explorer as component
from cnnviz.layers import AvgPool2d, MaxPool2d, ShapeError
from cnnviz.layers.pooling import Max, Mean
from tests.components.modules import with_functions
from tests.layers.cases import pools

_RUN = """({ spec, arrays, channel, row, col, g, y, x }) => {
  const model = { spec, x: Float32Array.from(arrays.x), divisors: arrays.divisors && Float32Array.from(arrays.divisors) };
  for (const name of ["rowPlaces", "colPlaces", "rowSources", "colSources"]) model[name] = Int32Array.from(arrays[name]);
  pool(withTaps(model));
  const found = poolTerms(model, 0, channel, row, col);
  const plain = (value) => (value === -Infinity ? null : value);
  return {
    maps: model.maps[0].map(({ values, winners }) => ({ values: Array.from(values, plain), winners: Array.from(winners || []) })),
    result: plain(found.result), sum: found.sum, divisor: plain(found.divisor),
    terms: found.terms.map(({ value, source, counts, won }) => ({ value: plain(value), source, counts, won })),
    inputs: windowGradients(found, g).inputs.map((value, i) => [found.terms[i].source, value]),
    whole: Array.from(inputGradients(model, 0, channel)),
    fed: fedBy(model, y, x),
  };
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(
        chromium, "window_explorer/geometry.js", "window_explorer/arithmetic.js", "window_explorer/pooling.js"
    )
    yield page
    page.close()


def border(layer, shape) -> list[int]:
    """Left, right, above, below: up to where windows reach."""
    rows, cols = (len(source) for source in layer.sources(shape))
    (top, _), (left, _) = layer.borders if hasattr(layer, "borders") else ((0, 0), (0, 0))
    return [left, cols - shape[2] - left, top, rows - shape[1] - top]


def close(ours: object, theirs: torch.Tensor) -> None:
    ours = torch.tensor([-torch.inf if n is None else n for n in ours], dtype=torch.float32).reshape(theirs.shape)  # type: ignore[attr-defined]
    torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-4)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(pools(), st.sampled_from(["normal", "equal values", "negative"]), st.randoms(use_true_random=False))
def test_values_winners_and_gradients_are_torchs(page: Page, case, values: str, random) -> None:
    kind, arguments, shape = case
    layer = kind(**arguments)
    generator = torch.Generator().manual_seed(random.randrange(2**31))
    x = torch.randn(shape, generator=generator)
    x = {"normal": x, "equal values": x.round(), "negative": x - 5}[values].requires_grad_()
    is_max = isinstance(layer, Max)
    y = layer.module(shape)(x[None])[0]
    channels, height, width = y.shape
    channel, row, col = random.randrange(channels), random.randrange(height), random.randrange(width)
    source = [random.randrange(shape[1]), random.randrange(shape[2])]
    g = random.choice([1.0, -0.5, 3.0])
    arrays = {"x": x.detach().numpy(), **component._geometry(layer, shape)}
    if isinstance(layer, Mean):
        arrays["divisors"] = layer.divisors(shape)
    ours = page.evaluate(
        _RUN,
        {
            "spec": component._pooling_spec([layer], x.detach().numpy(), True),
            "arrays": {name: np.asarray(array).flatten().tolist() for name, array in arrays.items()},
            "channel": channel, "row": row, "col": col, "g": g, "y": source[0], "x": source[1],
        },
    )  # fmt: skip
    for c in range(channels):
        close(ours["maps"][c]["values"], y[c])
    close([ours["result"]], y[channel, row, col][None])
    if isinstance(layer, Mean):
        assert ours["sum"] / ours["divisor"] == pytest.approx(y[channel, row, col].item(), abs=1e-4)

        if arguments.get("divisor_override") is None:
            assert sum(term["counts"] for term in ours["terms"]) == ours["divisor"]
    padded = F.pad(x.detach()[channel], border(layer, shape), value=-torch.inf if is_max else 0.0)
    rows, cols = (places[at] for places, at in zip(layer.places(shape), (row, col), strict=True))
    there = [(y, x) if y >= 0 and x >= 0 else None for y in rows for x in cols]
    expected = [
        None if at is None or not term["counts"] else padded[at] for at, term in zip(there, ours["terms"], strict=True)
    ]
    close(
        [term["value"] for term, value in zip(ours["terms"], expected, strict=True) if value is not None],
        torch.tensor([value for value in expected if value is not None]),
    )

    is_empty = torch.isneginf(
        y
    )  # a dilated window may meet the border with all its cells: then torch names no cell of the map
    if is_max:
        pooled = F.max_pool2d_with_indices if isinstance(layer, MaxPool2d) else F.adaptive_max_pool2d_with_indices
        options = {"kernel_size": layer.kernel_size, "stride": layer.stride, "padding": layer.padding} | {
            "dilation": layer.dilation, "ceil_mode": layer.ceil_mode,
        } if isinstance(layer, MaxPool2d) else {"output_size": layer.output_size}  # fmt: skip
        indices = pooled(x[None], **options)[1][0]
        winners = torch.tensor([m["winners"] for m in ours["maps"]]).reshape(y.shape)
        offsets = torch.arange(channels)[:, None, None] * shape[1] * shape[2]
        assert torch.equal(winners[~is_empty], (indices + offsets)[~is_empty])
        assert (winners[is_empty] == -1).all()
        assert [term["won"] for term in ours["terms"]].count(True) == int(not is_empty[channel, row, col])

    if not is_empty.any():
        (gradient,) = torch.autograd.grad(y[channel, row, col], x, torch.tensor(g), retain_graph=True)
        flat = gradient.flatten()
        reached = {at: value for at, value in ours["inputs"] if at >= 0}
        close([reached.get(at, 0.0) for at in range(len(flat))], flat)
        (gradient,) = torch.autograd.grad(y[channel].sum(), x)
        close(ours["whole"], gradient[channel])

    fed = torch.zeros(height, width, dtype=torch.bool)
    for at in ours["fed"]:
        fed[tuple(at)] = True
    rows, cols = (torch.from_numpy(taps) for taps in layer.taps(shape))
    assert torch.equal(fed, (rows == source[0]).any(1)[:, None] & (cols == source[1]).any(1)[None, :])


def test_a_maximum_and_a_mean_are_both_made(page: Page) -> None:
    x = torch.randn(2, 6, 6, generator=torch.Generator().manual_seed(0))
    layers = [MaxPool2d(kernel_size=3, stride=2), AvgPool2d(kernel_size=3, stride=2)]
    spec = component._pooling_spec(layers, x.numpy(), True)
    geometry = component._geometry(layers[0], x.shape)
    maps = page.evaluate(
        """({ spec, x, divisors, geometry }) => {
          const model = { spec, x: Float32Array.from(x), divisors: Float32Array.from(divisors) };
          for (const name in geometry) model[name] = Int32Array.from(geometry[name]);
          pool(withTaps(model));
          return model.maps.map((channels) => channels.map(({ values }) => Array.from(values)));
        }""",
        {
            "spec": spec,
            "x": x.flatten().tolist(),
            "divisors": layers[1].divisors(x.shape).flatten().tolist(),
            "geometry": {name: array.flatten().tolist() for name, array in geometry.items()},
        },
    )
    expected = torch.stack([F.max_pool2d(x, 3, 2), F.avg_pool2d(x, 3, 2)])
    close(torch.tensor(maps).flatten().tolist(), expected)


@pytest.mark.parametrize(
    "layers",
    [
        [MaxPool2d(kernel_size=3, stride=2, padding=1), AvgPool2d(kernel_size=2)],  # the same size of other windows
        [MaxPool2d(kernel_size=2), AvgPool2d(kernel_size=3)],
        [AvgPool2d(kernel_size=2), AvgPool2d(kernel_size=2)],
    ],
)
def test_what_cannot_stand_side_by_side_is_refused(layers) -> None:
    with pytest.raises(ShapeError, match="Side by side"):
        component._pooling_spec(layers, np.zeros((1, 4, 4), np.float32), True)
