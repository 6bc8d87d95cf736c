"""One unit: what is sent to the browser makes, by each layer's arithmetic, the number that torch gives."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.layers import Activation, Convolution, ConvTranspose2d, Flatten, Linear, Pooling, Softmax
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT
from tests.ui.inside.units import followed, unit_of

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

ALL_LAYERS = ["layers", "blocks", "grouped", "fcn_end", "lenet5_1998", "lenet5", "tutorial_net", "simplified_resnet"]
SOME_LAYERS = [
    "preact_resnet18_cifar",
    "densenet121_cifar",
    "dpn92_cifar",
    "resnext29_32x4d_cifar",
    "efficientnet_b0",
    "alexnet_2012",
    "alphago_policy_128",
]


def close(ours, theirs):
    """Up to float32 rounding."""
    theirs = np.asarray(theirs, np.float64)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-5 * max(1, np.abs(theirs).max(initial=0)))


def convolved(layer, x, kernels, bias, rest=None, **_):
    made = layer.model_copy(update={"bias": False}).module(x.shape)
    weight = torch.from_numpy(kernels)
    made.weight = nn.Parameter(weight.transpose(0, 1) if isinstance(layer, ConvTranspose2d) else weight)
    with torch.no_grad():
        out = made(torch.from_numpy(np.ascontiguousarray(x))[None])[0].double().numpy()
    return out + bias[:, None, None] + (0 if rest is None else rest)


def celled(kind, inputs, numbers):
    """As the browser computes each cell."""
    x = torch.from_numpy(inputs).double()
    if kind == "LeakyReLU":
        return F.leaky_relu(x[0], numbers["negative_slope"])
    if kind in ("ReLU", "Sigmoid", "Tanh", "GELU", "SiLU"):
        return getattr(nn, kind)()(x[0])
    if kind == "BatchNorm2d":
        n = SimpleNamespace(**numbers)
        return (x[0] - n.mean) / np.sqrt(n.var + n.eps) * n.weight + n.bias
    if kind == "LocalResponseNorm":
        n = SimpleNamespace(**numbers)
        return x[int(n.own)] / (n.k + n.alpha * x.square().sum(0) / n.size) ** n.beta
    if kind == "scale":
        return x[0] * x[1]
    assert kind in ("sum", "same")
    assert kind == "sum" or len(x) == 1
    return x.sum(0)


def expected_activation(seen, name):
    readers = [node for node in seen.nodes.values() for source in node.inputs if source == name]
    return readers[0].layer if len(readers) == 1 and isinstance(readers[0].layer, Activation) else None


def check(seen, show, name, channel, option=0):
    node, layer = seen.nodes[name], seen.nodes[name].layer
    cell = (node.map_size[0] - 1, 0) if channel % 2 else None
    unit = unit_of(seen, Focus(name, channel, cell))
    face, arguments, more = show(unit, option)
    truth = seen.given[name][channel]
    if isinstance(layer, Convolution):
        assert face == "window_explorer"
        made = convolved(*arguments, **more)
        assert len(made) == 1
        close(made[0], truth)
        sent = arguments[1]
        assert len(more["channel_names"]) == len(sent)
        for label, map_ in zip(more["channel_names"], sent, strict=True):
            source, _, number = label.partition(" · map ")
            np.testing.assert_array_equal(map_, seen.given[INPUT if source == "Input" else source][int(number)])
        per_group = seen.nodes[node.inputs[0]].channels // layer.groups
        assert (more["rest"] is None) == (len(sent) == per_group)
        if per_group > 8 and option == 0:
            assert len(sent) == 4
        assert more["at"] == ("0" if cell is None else f"0.{cell[0]}.{cell[1]}")
    elif isinstance(layer, Pooling):
        assert face == "pooling_explorer"
        (pool,), x = arguments
        close(pool.module(x.shape)(torch.from_numpy(x)[None])[0, 0], truth)
        assert more["at"] == ("0" if cell is None else f"0.{cell[0]}.{cell[1]}")
    elif isinstance(layer, Linear):
        assert face == "linear_terms"
        x, weight, bias = arguments
        close(np.dot(x.astype(np.float64), weight.astype(np.float64)) + bias, truth)
        if more["maps"] is not None:
            flat = seen.nodes[node.inputs[0]]
            assert isinstance(flat.layer, Flatten)
            np.testing.assert_array_equal(x.reshape(more["maps"]), seen.given[flat.inputs[0]])
            assert len(more["input_names"]) == more["maps"][0]
        else:
            assert len(more["input_names"]) == len(x)
    elif isinstance(layer, Softmax):
        assert face == "softmax_terms"
        logits, names, chosen = arguments
        assert chosen == channel
        powers = np.exp(logits.astype(np.float64) - logits.max())
        close(powers[chosen] / powers.sum(), truth)
        assert len(names) in (0, len(logits))
    elif layer is None:
        assert face == "map_grid"
        np.testing.assert_array_equal(arguments[0], truth[None])
    else:
        assert face == "cell_arithmetic"
        kind, inputs, output = arguments
        made = celled(kind, inputs, more["numbers"]).numpy()
        close(made, output)
        np.testing.assert_array_equal(output, truth.reshape(output.shape))
        assert more["at"] == ("" if cell is None else f"{cell[0]}.{cell[1]}")
        for label, map_ in zip(more["input_names"], inputs, strict=True):
            source, number = label.partition(" · ")[0], label.rpartition(" ")[2]
            source = INPUT if source == "Input" else source
            if source in seen.given and number.isdigit() and "gate" not in label and not isinstance(layer, Flatten):
                np.testing.assert_array_equal(map_, seen.given[source][int(number)].reshape(map_.shape))
    if isinstance(layer, Convolution | Linear):
        assert more["activation"] == expected_activation(seen, name)


@pytest.mark.parametrize("key", ALL_LAYERS)
def test_every_layer(shown, quick, key):
    seen = quick(followed(key))
    random = np.random.default_rng(0)
    for name, node in seen.nodes.items():
        for channel in {0, node.channels - 1, int(random.integers(node.channels))}:
            check(seen, shown, name, channel)


@pytest.mark.parametrize("key", SOME_LAYERS)
def test_some_of_each_kind_of_layer(shown, quick, key):
    seen = quick(followed(key))
    random = np.random.default_rng(0)
    for name in seen.some():
        for channel in {seen.nodes[name].channels - 1, int(random.integers(seen.nodes[name].channels))}:
            check(seen, shown, name, channel)


@pytest.mark.parametrize(
    "key", ["tutorial_net", "grouped", "simplified_resnet", "resnext29_32x4d_cifar", "alexnet_2012"]
)
def test_all_input_maps_of_a_convolution(shown, quick, key):
    seen = quick(followed(key))
    for name in seen.some():
        if isinstance(seen.nodes[name].layer, Convolution):
            check(seen, shown, name, seen.nodes[name].channels - 1, option=-1)


@pytest.mark.parametrize("key", ["layers", "blocks", "lenet5"])
def test_by_its_own_forward_passes(shown, key):
    """As the page does it, nothing replaced."""
    seen = followed(key)
    for name in [*seen.nodes][-8:]:
        check(seen, shown, name, seen.nodes[name].channels // 2)


def test_the_strongest_input_maps_are_sent(shown, quick):
    seen = quick(followed("simplified_resnet"))
    name = next(
        name for name, node in seen.nodes.items() if isinstance(node.layer, Convolution) and node.input_shape[0] > 8
    )
    child = seen.model.module.get_submodule(name)
    x = torch.from_numpy(seen.given[seen.nodes[name].inputs[0]])
    with torch.no_grad():
        parts = [
            child._conv_forward(torch.eye(len(x))[i][:, None, None] * x, child.weight[2:3], None) for i in range(len(x))
        ]
    strongest = torch.stack([part.square().mean() for part in parts]).topk(4).indices.sort().values
    _, _, more = shown(unit_of(seen, Focus(name, 2)))
    assert [int(label.rpartition(" ")[2]) for label in more["channel_names"]] == strongest.tolist()
