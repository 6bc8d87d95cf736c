"""The message about a unit is small, and numbers that are not finite break nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.layers import Convolution, Linear
from cnnviz.layers.base import pair
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.focus import Focus
from cnnviz.ui.inside import unit_view as module_under_test
from cnnviz.ui.inside.network_maps import with_softmax
from cnnviz.ui.inside.unit_view import MOST_NUMBERS, Unit
from tests.ui.inside.units import GROUPED, Followed, followed, model_of, unit_of

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

CONV = GROUPED.layers[0].model_copy(update={"kernel_size": 1, "padding": 0})
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
            models[key], nodes[key], zeros(*networks[key].input_shape), Focus(name, node.channels - 1), told.append
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
        shown(unit_of(seen, Focus("conv1", 0)))
    assert "600×600" in told[0]
    assert MOST_NUMBERS < 600 * 600


@pytest.mark.parametrize(("side", "sent"), [(100, 4), (250, 3), (300, 1)])
def test_the_number_of_input_maps_that_is_offered_is_the_number_that_is_sent(shown, monkeypatch, side, sent):
    network = Network(name="wide", input_shape=(16, side, side), layers=[CONV.model_copy(update={"out_channels": 1})])
    seen = SimpleNamespace(nodes={node.name: node for node in with_softmax(network)})
    seen.x, seen.model = np.ones(network.input_shape, np.float32), model_of(network, network.module().eval())
    offered = []
    monkeypatch.setattr(module_under_test, "choice", lambda name, **_: offered.append(name) or "strongest")
    _, arguments, _ = shown(unit_of(seen, Focus("conv1", 0)))
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
        shown(unit_of(seen, Focus(name, 0)))


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
    _, _, more = shown(unit_of(changed, Focus(name, 0)))
    assert 3 in [int(label.rpartition(" ")[2]) for label in more["channel_names"]]
    assert np.isfinite(more["rest"]).all()
