"""What a unit is called and what a click in its arithmetic tells the page."""

import sys

import pytest
from torch import nn

from cnnviz.layers import Flatten, Linear
from cnnviz.networks import Network, architecture
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT
from cnnviz.ui.inside import unit_view as module_under_test
from cnnviz.ui.inside.network_maps import SOFTMAX, with_softmax
from cnnviz.ui.inside.unit_view import unit_view
from tests.networks.every_layer import KINDS_OF_LAYERS
from tests.ui.inside.units import followed, model_of, unit_of

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")


def test_what_the_explorer_tells():
    seen, told = followed("lenet5"), []
    unit = unit_of(seen, Focus("conv2", 7, (3, 5), "~1"), told)
    for what, at in [("at", "0"), ("at", "0.3.4"), ("at", "0.3.4~1"), ("at", "0.3.4~-0.25"), ("at", "")]:
        unit.explored(what, at)
    unit.explored("edits", "0.1.2.2~0.5")
    assert told == [
        Focus("conv2", 7),
        Focus("conv2", 7, (3, 4)),
        Focus("conv2", 7, (3, 4), "~1"),
        Focus("conv2", 7, (3, 4), "~-0.25"),
        Focus("conv2"),
    ]


def test_what_the_cells_tell():
    seen, told = followed("lenet5"), []
    unit = unit_of(seen, Focus("relu2", 7, (3, 5)), told)
    for at in ("3.4", "3.4~1", "", "0.0"):
        unit.kept(at)
    assert told == [
        Focus("relu2", 7, (3, 4)),
        Focus("relu2", 7, (3, 4), "~1"),
        Focus("relu2", 7),
        Focus("relu2", 7, (0, 0)),
    ]


def test_the_class_that_is_chosen_is_told(shown, quick):
    seen, told = quick(followed("lenet5")), []
    _, _, more = shown(unit_of(seen, Focus(SOFTMAX, 3, (0, 0)), told))
    more["on_choose"](8)
    assert told == [Focus(SOFTMAX, 8)]


def test_the_cell_of_the_address_is_shown_also_where_there_are_no_gradients(shown, quick, monkeypatch):
    """``relu2:7:3.5~1``: the layer has no windows, but the cell is the one that the receptive field below is about."""
    seen, mounted = quick(followed("lenet5")), []
    face = sys.modules["cnnviz.components.cell_arithmetic"]
    monkeypatch.setattr(face, "_mount", lambda **arguments: mounted.append(arguments["data"]["spec"]["at"]))
    unit_view(unit_of(seen, Focus("relu2", 7, (3, 5))))
    unit_view(unit_of(seen, Focus("relu2", 7, (3, 5), "~1")))
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
