"""The explorer's arithmetic, run in the browser, beside torch: forward and backward, for random layers."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import cnnviz.components.window_explorer as component
from cnnviz.layers import ACTIVATIONS, Conv2d, ConvTranspose2d, LeakyReLU
from tests.components.modules import with_functions
from tests.layers.cases import convolutions, transposed

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


_RUN = """({ spec, arrays, filter, row, col, g, source }) => {
  const size = spec.output.reduce((a, b) => a * b);
  const model = { spec, z: new Float32Array(size), a: new Float32Array(size) };
  for (const name of ["x", "kernels", "bias", "rest"]) if (arrays[name]) model[name] = Float32Array.from(arrays[name]);
  for (const name of ["rowPlaces", "colPlaces", "rowSources", "colSources"]) model[name] = Int32Array.from(arrays[name]);
  withTaps(model);
  convolve(model, Array.from({ length: spec.kernel[0] }, (_, f) => f));
  const found = windowTerms(model, filter, row, col), gradients = windowGradients(found, g);
  const parts = channelMaps(model, filter).map((map) => Array.from(map));
  const fed = fedBy(model, ...source);
  return {
    z: Array.from(model.z), a: Array.from(model.a), found, parts, fed,
    weights: gradients.weights, bias: gradients.z,
    inputs: gradients.inputs.map((value, i) => [found.terms[i].source, value]),
    painted: spec.transposed ? paintedTerms(model, filter, ...source) : null,
  };
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "window_explorer/geometry.js", "window_explorer/arithmetic.js")
    yield page
    page.close()


layers = convolutions().map(lambda case: (Conv2d(**case[0]), case[1])) | transposed().map(
    lambda case: (ConvTranspose2d(**case[0]), case[1])
)
activations = (
    st.none()
    | st.sampled_from(ACTIVATIONS).map(lambda kind: kind())
    | st.builds(LeakyReLU, negative_slope=st.floats(0, 0.5))
)


def close(ours: object, theirs: torch.Tensor) -> None:
    theirs = theirs.detach()
    magnitude = max(1.0, float(theirs.abs().max())) if theirs.numel() else 1.0
    torch.testing.assert_close(
        torch.tensor(ours, dtype=torch.float32).reshape(theirs.shape), theirs, rtol=0, atol=1e-5 * magnitude
    )


def run(page: Page, layer, x: torch.Tensor, activation, arrays, **look: object) -> dict:
    """What the browser makes of ``x`` ``(C, H, W)`` and the other arrays."""
    arrays = {"x": x.detach().numpy(), **arrays, **component._geometry(layer, x.shape)}
    return page.evaluate(
        _RUN,
        {
            "spec": component._spec(layer, arrays["x"], arrays["kernels"], activation, True),
            "arrays": {name: np.asarray(array).flatten().tolist() for name, array in arrays.items()},
            **look,
        },
    )


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(layers, activations, st.randoms(use_true_random=False))
def test_forward_and_backward_are_torchs(page: Page, case, activation, random) -> None:
    layer, shape = case
    generator = torch.Generator().manual_seed(random.randrange(2**31))
    module = layer.module(shape)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    x = torch.randn(shape, generator=generator).requires_grad_()
    z = module(x[None])[0]
    a = z if activation is None else activation.module(shape)(z)
    filters, height, width = a.shape
    filter, row, col = random.randrange(filters), random.randrange(height), random.randrange(width)  # noqa: A001
    source = [random.randrange(shape[1]), random.randrange(shape[2])]
    g = random.choice([1.0, -0.5, 3.0])
    kernels = layer.by_filter(module.weight.detach().numpy())
    bias = module.bias.detach().numpy() if layer.bias else np.zeros(filters, np.float32)
    arrays = {"kernels": kernels, "bias": bias}
    ours = run(page, layer, x, activation, arrays, filter=filter, row=row, col=col, g=g, source=source)
    close(ours["z"], z)
    close(ours["a"], a)
    close(ours["found"]["result"], a[filter, row, col])
    close(np.sum(ours["parts"], axis=0) + bias[filter], z[filter].flatten())

    a[filter, row, col].backward(torch.tensor(g))
    weight_gradient = layer.by_filter(module.weight.grad.numpy())[filter]
    close(ours["weights"], torch.from_numpy(weight_gradient))
    if layer.bias:
        close(ours["bias"], module.bias.grad[filter])
    flat = x.grad.flatten().numpy()
    reached = {at: value for at, value in ours["inputs"] if at >= 0}
    close([reached.get(at, 0.0) for at in range(len(flat))], x.grad.flatten())

    fed = torch.zeros(height, width, dtype=torch.bool)
    for at in ours["fed"]:
        fed[tuple(at)] = True
    rows, cols = (torch.from_numpy(taps) for taps in layer.taps(shape))
    assert torch.equal(fed, (rows == source[0]).any(1)[:, None] & (cols == source[1]).any(1)[None, :])
    if isinstance(layer, ConvTranspose2d):
        check_painting(layer, module, x.detach(), filter, source, ours["painted"])


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(layers, activations, st.randoms(use_true_random=False))
def test_with_the_rest_of_the_channels_it_is_the_whole_layer(page: Page, case, activation, random) -> None:
    """A part of the input channels is sent, and what torch says that the others add."""
    layer, shape = case
    layer = layer.model_copy(update={"groups": 1})
    generator = torch.Generator().manual_seed(random.randrange(2**31))
    module = layer.module(shape)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    x = torch.randn(shape, generator=generator).requires_grad_()
    z = module(x[None])[0]
    a = z if activation is None else activation.module(shape)(z)
    filters, height, width = a.shape
    filter, row, col = random.randrange(filters), random.randrange(height), random.randrange(width)  # noqa: A001
    g = random.choice([1.0, -0.5, 3.0])
    sent = sorted(random.sample(range(shape[0]), random.randint(1, shape[0])))
    bias = module.bias.detach() if layer.bias else torch.zeros(filters)
    others = torch.ones(shape[0])
    others[sent] = 0
    with torch.no_grad():
        rest = module((x * others[:, None, None])[None])[0] - bias[:, None, None]
    arrays = {
        "kernels": layer.by_filter(module.weight.detach().numpy())[:, sent],
        "bias": bias.numpy(),
        "rest": rest.numpy(),
    }
    ours = run(page, layer, x[sent], activation, arrays, filter=filter, row=row, col=col, g=g, source=[0, 0])
    close(ours["z"], z)
    close(ours["a"], a)
    found = ours["found"]
    close(found["rest"], rest[filter, row, col])
    close(found["total"] + found["rest"] + found["bias"], z[filter, row, col])
    close(found["result"], a[filter, row, col])
    close(np.sum(ours["parts"], axis=0), (z - rest - bias[:, None, None])[filter].flatten())

    a[filter, row, col].backward(torch.tensor(g))
    close(ours["weights"], torch.from_numpy(layer.by_filter(module.weight.grad.numpy())[filter, sent]))
    reached = {at: value for at, value in ours["inputs"] if at >= 0}
    close([reached.get(at, 0.0) for at in range(x[sent].numel())], x.grad[sent].flatten())


def check_painting(layer, module, x, filter, source, painted) -> None:  # noqa: A002
    """What an input cell paints is the output of an input in which it stands alone."""
    alone = torch.zeros_like(x)
    alone[:, source[0], source[1]] = x[:, source[0], source[1]]
    expected = module(alone[None])[0][filter]
    if layer.bias:
        expected = expected - module.bias[filter]
    ours = torch.zeros(expected.shape)
    for term in painted:
        if term["output"] is not None:
            ours[tuple(term["output"])] += term["product"]
    close(ours.tolist(), expected)
