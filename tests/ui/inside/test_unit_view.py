"""One unit: what is sent to the browser makes, by each layer's arithmetic, the number that torch gives."""

import itertools
import json
import sys
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.layers import Activation, Convolution, ConvTranspose2d, Flatten, Linear, Pooling, Softmax
from cnnviz.layers.base import pair
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.focus import Look
from cnnviz.networks.graph import INPUT
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.parameters import PAGE, parameter
from cnnviz.ui.inside import unit_view as module_under_test
from cnnviz.ui.inside.network_maps import SOFTMAX, with_softmax
from cnnviz.ui.inside.unit_view import MOST_NUMBERS, Unit, unit_view
from cnnviz.ui.pickers.model_picker import Model
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED, trained

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

FACES = {
    "window_explorer": "window_explorer",
    "pooling_explorer": "window_explorer",
    "cell_arithmetic": "cell_arithmetic",
    "linear_terms": "term_arithmetic",
    "softmax_terms": "term_arithmetic",
    "map_grid": "map_grid",
}
GROUPED = Network(
    name="grouped",
    input_shape=(3, 11, 9),
    layers=[
        architecture("lenet5").layers[0].model_copy(update={"out_channels": 24}),
        ConvTranspose2d(out_channels=20, kernel_size=(3, 2), stride=2, groups=2, bias=False),
        KINDS_OF_LAYERS.layers[0].model_copy(update={"out_channels": 40, "groups": 20}),
        KINDS_OF_LAYERS.layers[2],
        ConvTranspose2d(out_channels=3, kernel_size=4, stride=3, padding=1, output_padding=1, dilation=2),
    ],
)
CONV = GROUPED.layers[0].model_copy(update={"kernel_size": 1, "padding": 0})
FCN_END = Network(name="end", input_shape=(21, 28, 28), layers=architecture("fcn_segmentation").layers[-1:])
OWN = {"layers": KINDS_OF_LAYERS, "blocks": NESTED, "grouped": GROUPED, "fcn_end": FCN_END}
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
OF_A_KIND = 3


class Address(dict[str, str]):
    """As Streamlit has it, without a page."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


VERSIONS = itertools.count()  # what one network has shown is not remembered for the next


def model_of(network, module, classes=()):
    card = Card(
        name="n", network=network, dataset="", class_names=classes, mean=(0.5,), std=(0.5,), config=TrainingConfig(),
        epochs_done=0, test_images=0,
    )  # fmt: skip
    return Model("test", module, card, str(next(VERSIONS)))


class Followed:
    """A network with weights as if it had learned, and what plain hooks see."""

    def __init__(self, key, spoil=lambda module: None):
        self.network = OWN[key] if key in OWN else architecture(key)
        self.nodes = {node.name: node for node in with_softmax(self.network)}
        module = trained(self.network)
        spoil(module)
        self.model = model_of(self.network, module)
        x = torch.randn(1, *self.network.input_shape, generator=torch.Generator().manual_seed(1))
        self.x, self.given = x[0].numpy(), {INPUT: x[0].numpy()}
        handles = [
            child.register_forward_hook(lambda _c, _i, output, name=name: self.given.update({name: output[0].numpy()}))
            for name, child in module.named_modules()
        ]
        with torch.no_grad():
            scores = module(x)[0]
        for handle in handles:
            handle.remove()
        if SOFTMAX in self.nodes:
            self.given[SOFTMAX] = scores.softmax(0).numpy()

    def some(self):
        """A few of each kind of layer: the first ones, and random ones."""
        kinds = {}
        for node in self.nodes.values():
            kind = (type(node.layer), getattr(node.layer, "groups", 1) > 1)
            kinds.setdefault(kind, []).append(node.name)
        random = np.random.default_rng(0)
        return [
            name
            for names in kinds.values()
            for name in [names[0], *random.permutation(names[1:])[: OF_A_KIND - 1].tolist()]
        ]


@cache
def followed(key):
    return Followed(key)


@pytest.fixture
def shown(monkeypatch):
    """Shows a unit: which face, its arguments, and the length of the message to the browser."""
    calls, messages, chosen = [], [], {"option": 0}

    def recorded(name, face):
        def record(*arguments, **more):
            calls.append((name, arguments, more))
            return face(*arguments, **more)

        return record

    for name, package in FACES.items():
        monkeypatch.setattr(module_under_test, name, recorded(name, getattr(module_under_test, name)))
        face = sys.modules[f"cnnviz.components.{package}"]
        monkeypatch.setattr(face, "_mount", lambda **more: messages.append(more["data"]))
    options = parameter("parts", "Activations").options
    monkeypatch.setattr(module_under_test, "choice", lambda name, **more: options[chosen["option"]])
    monkeypatch.setitem(module_under_test.st.session_state, PAGE, "Activations")
    monkeypatch.setattr(module_under_test.st, "query_params", Address())

    def show(unit, option=0):
        calls.clear()
        messages.clear()
        chosen["option"] = option
        unit_view(unit)
        assert len(calls) == len(messages) == 1
        assert len(json.dumps(messages[0], allow_nan=False)) < 2_000_000
        return calls[0]

    return show


def unit_of(seen, look, told=None):
    return Unit(seen.model, seen.nodes, seen.x, look, (told if told is not None else []).append)


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
    unit = unit_of(seen, Look(name, channel, cell))
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


@pytest.fixture
def quick(monkeypatch):
    """Reads each layer's output from what the hooks saw: a forward pass for each layer would take minutes."""

    def of(seen):
        def outputs(model, x, names):
            assert model is seen.model
            assert x is seen.x
            return {name: seen.given[name] for name in names}

        monkeypatch.setattr(module_under_test, "outputs", outputs)
        return seen

    return of


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
    _, _, more = shown(unit_of(seen, Look(name, 2)))
    assert [int(label.rpartition(" ")[2]) for label in more["channel_names"]] == strongest.tolist()


SHAPES = {
    (type(node.layer).__name__, str(node.layer), node.input_shape, node.output_shape): (key, node.name)
    for key in architectures()
    for node in with_softmax(architecture(key))
}


class Names(nn.Identity):
    """Knows what its submodules are called, and has none."""

    def __init__(self, names):
        super().__init__()
        self.names = names

    def named_modules(self, *_):
        return [(name, self) for name in self.names]


class Made:
    """Modules and maps of zeros in the right shapes, that take no memory."""

    def __init__(self, unit):
        node, layer = unit.node, unit.node.layer
        self.bias = torch.zeros(1).expand(node.output_shape if layer.kind == "PositionBias" else (node.channels,))
        self.running_mean = self.running_var = self.weight = torch.zeros(1).expand(node.channels)
        if isinstance(layer, Convolution):
            into, out = node.input_shape[0], node.channels
            ends = (into, out // layer.groups) if "Transpose" in layer.kind else (out, into // layer.groups)
            self.weight = torch.zeros(1).expand(*ends, *pair(layer.kernel_size))
        elif isinstance(layer, Linear):
            self.weight = torch.zeros(1).expand(node.channels, node.input_shape[0])


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize("option", [0, -1])
def test_the_message_of_every_layer_of_every_architecture_is_small(shown, monkeypatch, option):
    def zeros(*shape):
        return np.broadcast_to(np.float32(0), shape)

    monkeypatch.setattr(Unit, "module", property(Made))
    monkeypatch.setattr(Unit, "maps", lambda unit, name: zeros(*unit.nodes[name].output_shape))
    monkeypatch.setattr(
        module_under_test, "outputs", lambda model, x, names: {name: zeros(4096, 1, 1) for name in names}
    )
    monkeypatch.setattr(module_under_test, "contributions", lambda *_: zeros(1, reads, *size))
    monkeypatch.setattr(module_under_test, "strengths", lambda *_: zeros(1, reads))
    networks = {key: architecture(key) for key in architectures()}
    nodes = {key: {node.name: node for node in with_softmax(network)} for key, network in networks.items()}
    models = {key: model_of(network, Names(nodes[key])) for key, network in networks.items()}
    told = []
    monkeypatch.setattr(module_under_test.st, "info", told.append)
    too_large = set()
    for key, name in SHAPES.values():
        node = nodes[key][name]
        if option and not isinstance(node.layer, Convolution):
            continue
        reads, size = node.input_shape[0] // getattr(node.layer, "groups", 1), node.map_size
        unit = Unit(
            models[key], nodes[key], zeros(*networks[key].input_shape), Look(name, node.channels - 1), told.append
        )
        before = len(told)
        try:
            shown(unit, option)
        except AssertionError as error:
            if len(told) == before:
                raise AssertionError(f"{key} {name}") from error
            too_large.add((key, name))
    assert all(key.startswith("efficientnet_b") for key, _ in too_large), too_large
    assert {name for _, name in too_large} <= {"input", "conv1"}


def test_maps_that_are_too_large_are_told(monkeypatch, shown):
    conv = architecture("lenet5").layers[0]
    network = Network(name="large", input_shape=(1, 600, 600), layers=[conv])
    seen = SimpleNamespace(
        nodes={node.name: node for node in with_softmax(network)}, x=np.zeros((1, 600, 600), np.float32)
    )
    seen.model, told = model_of(network, network.module().eval()), []
    monkeypatch.setattr(module_under_test.st, "info", told.append)
    with pytest.raises(AssertionError):  # nothing is drawn
        shown(unit_of(seen, Look("conv1", 0)))
    assert "600×600" in told[0]
    assert MOST_NUMBERS < 600 * 600


@pytest.mark.parametrize(("side", "sent"), [(100, 4), (250, 3), (300, 1)])
def test_the_number_of_input_maps_that_is_offered_is_the_number_that_is_sent(shown, monkeypatch, side, sent):
    network = Network(name="wide", input_shape=(16, side, side), layers=[CONV.model_copy(update={"out_channels": 1})])
    seen = SimpleNamespace(nodes={node.name: node for node in with_softmax(network)})
    seen.x, seen.model = np.ones(network.input_shape, np.float32), model_of(network, network.module().eval())
    offered = []
    monkeypatch.setattr(module_under_test, "choice", lambda name, **_: offered.append(name) or "strongest")
    _, arguments, _ = shown(unit_of(seen, Look("conv1", 0)))
    assert len(arguments[1]) == sent
    assert bool(offered) == (side == 100)  # there is a choice only where more could be sent


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # NumPy's word for inf − inf
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("key", ["layers", "blocks", "grouped", "lenet5"])
def test_a_diverged_run_raises_nothing(shown, quick, key, value):
    def spoil(module):
        for name, tensor in module.state_dict().items():
            if name.endswith("weight"):
                tensor.view(-1)[::7] = float(value)

    seen = quick(Followed(key, spoil))
    for name in seen.nodes:
        shown(unit_of(seen, Look(name, 0)))


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_an_infinite_input_map_does_not_turn_the_rest_into_nan(shown, quick):
    """The other maps add what they add: an infinite one among those that are sent has no part in it."""
    seen = followed("simplified_resnet")
    name = next(
        name for name, node in seen.nodes.items() if isinstance(node.layer, Convolution) and node.input_shape[0] > 8
    )
    source = seen.nodes[name].inputs[0]
    maps = seen.given[source].copy()
    maps[3, 2, 2] = np.inf
    changed = SimpleNamespace(model=seen.model, nodes=seen.nodes, x=seen.x, given=seen.given | {source: maps})
    quick(changed)
    _, _, more = shown(unit_of(changed, Look(name, 0)))
    assert 3 in [int(label.rpartition(" ")[2]) for label in more["channel_names"]]
    assert np.isfinite(more["rest"]).all()


def test_what_the_explorer_tells():
    seen, told = followed("lenet5"), []
    unit = unit_of(seen, Look("conv2", 7, (3, 5), "~1"), told)
    for what, at in [("at", "0"), ("at", "0.3.4"), ("at", "0.3.4~1"), ("at", "0.3.4~-0.25"), ("at", "")]:
        unit.explored(what, at)
    unit.explored("edits", "0.1.2.2~0.5")
    assert told == [
        Look("conv2", 7),
        Look("conv2", 7, (3, 4)),
        Look("conv2", 7, (3, 4), "~1"),
        Look("conv2", 7, (3, 4), "~-0.25"),
        Look("conv2"),
    ]


def test_what_the_cells_tell():
    seen, told = followed("lenet5"), []
    unit = unit_of(seen, Look("relu2", 7, (3, 5)), told)
    for at in ("3.4", "3.4~1", "", "0.0"):
        unit.kept(at)
    assert told == [
        Look("relu2", 7, (3, 4)),
        Look("relu2", 7, (3, 4), "~1"),
        Look("relu2", 7),
        Look("relu2", 7, (0, 0)),
    ]


def test_the_class_that_is_chosen_is_told(shown, quick):
    seen, told = quick(followed("lenet5")), []
    _, _, more = shown(unit_of(seen, Look(SOFTMAX, 3, (0, 0)), told))
    more["on_choose"](8)
    assert told == [Look(SOFTMAX, 8)]


def test_the_cell_of_the_address_is_shown_also_where_there_are_no_gradients(shown, quick, monkeypatch):
    """``relu2:7:3.5~1``: the layer has no windows, but the cell is the one that the receptive field below is about."""
    seen, mounted = quick(followed("lenet5")), []
    face = sys.modules["cnnviz.components.cell_arithmetic"]
    monkeypatch.setattr(face, "_mount", lambda **arguments: mounted.append(arguments["data"]["spec"]["at"]))
    unit_view(unit_of(seen, Look("relu2", 7, (3, 5))))
    unit_view(unit_of(seen, Look("relu2", 7, (3, 5), "~1")))
    assert mounted == ["3.5", "3.5"]


@pytest.mark.parametrize(
    ("key", "name", "channel", "classes", "expected"),
    [
        ("lenet5", "fc3", 4, tuple("abcdefghij"), "fc3 · e"),
        ("lenet5", SOFTMAX, 4, tuple("abcdefghij"), "softmax · e"),
        ("lenet5", "fc3", 4, tuple("abc"), "fc3 · unit 4"),
        ("lenet5", "fc2", 4, tuple("abcdefghij"), "fc2 · unit 4"),
        ("lenet5", "conv2", 4, tuple("abcdefghij"), "conv2 · map 4"),
        ("lenet5", INPUT, 0, (), "Input · map 0"),
        ("alphago_policy_128", "softmax1", 360, tuple(map(str, range(361))), "softmax1 · 360"),
    ],
)
def test_names(key, name, channel, classes, expected):
    network = architecture(key)
    nodes = {node.name: node for node in with_softmax(network)}
    model = model_of(network, nn.Identity(), classes)
    assert module_under_test.unit_name(nodes[name], channel, model) == expected


def test_a_hidden_unit_bears_no_name_of_a_class():
    """Also where there are as many of them as classes."""
    layers = [Flatten(), Linear(out_features=3), KINDS_OF_LAYERS.layers[2], Linear(out_features=3)]
    network = Network(name="as many", input_shape=(1, 2, 2), layers=layers)
    nodes = {node.name: node for node in with_softmax(network)}
    model = model_of(network, nn.Identity(), ("cat", "dog", "frog"))
    names = [module_under_test.unit_name(nodes[name], 1, model) for name in ("fc1", "fc2", SOFTMAX)]
    assert names == ["fc1 · unit 1", "fc2 · dog", "softmax · dog"]
