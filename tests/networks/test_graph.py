import numpy as np
import pytest
import torch

from cnnviz.inspection import activations
from cnnviz.layers import Concat, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Residual
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.graph import INPUT, graph, kindred, sources
from cnnviz.networks.table import table

SMALL = ["lenet5", "simplified_resnet", "resnet18_cifar", "densenet121_cifar", "dpn92_cifar"]


@pytest.mark.parametrize("key", list(architectures()))
def test_one_node_a_layer_as_in_the_table(key):
    network = architecture(key)
    nodes = graph(network)
    rows = {row.name: row for row in table(network)}
    assert nodes[0].name == INPUT
    assert {node.name for node in nodes[1:]} == set(rows)
    for node in nodes[1:]:
        row = rows[node.name]
        assert (node.output_shape, node.input_shape, node.layer) == (row.output_shape, row.input_shape, row.layer)
        assert (None if node.reach is None else node.reach.size) == row.receptive_field
    assert nodes[-1].output_shape == network.shapes[-1]


@pytest.mark.parametrize("key", list(architectures()))
def test_each_stands_behind_what_it_reads_and_nothing_on_another(key):
    nodes = graph(architecture(key))
    by_name = {node.name: node for node in nodes}
    assert len(by_name) == len(nodes)
    assert len({(node.column, node.lane) for node in nodes}) == len(nodes)
    for i, node in enumerate(nodes):
        for name in node.inputs:
            assert by_name[name].column < node.column
            assert by_name[name] in nodes[:i]


def test_lanes_of_a_block():
    network = Network(
        name="paths",
        input_shape=(1, 8, 8),
        layers=[
            Residual(body=(Conv2d(out_channels=2, kernel_size=1), ReLU()), shortcut=(Conv2d(out_channels=2, kernel_size=1),)),
            Concat(branches=((), (ReLU(), ReLU(), ReLU()), (ReLU(),))),
            MaxPool2d(kernel_size=2),
        ],
    )  # fmt: skip
    places = {node.name: (node.column, node.lane) for node in graph(network)}
    assert places == {
        INPUT: (0, 0),
        "residual1.body.conv1": (1, 0),
        "residual1.body.relu1": (2, 0),
        "residual1.shortcut.conv1": (1, 1),
        "residual1": (3, 0),
        "concat1.branch2.relu1": (4, 0),
        "concat1.branch2.relu2": (5, 0),
        "concat1.branch2.relu3": (6, 0),
        "concat1.branch3.relu1": (4, 1),
        "concat1": (7, 0),
        "pool1": (8, 0),
    }
    inputs = {node.name: node.inputs for node in graph(network)}
    assert inputs["residual1"] == ("residual1.body.relu1", "residual1.shortcut.conv1")
    assert inputs["concat1"] == ("residual1", "concat1.branch2.relu3", "concat1.branch3.relu1")


@pytest.mark.parametrize("key", SMALL)
def test_a_changed_channel_changes_what_has_it_as_a_source(key):
    """The sources of blocks, beside torch: what is copied or added is found again in the output."""
    network = architecture(key)
    nodes = {node.name: node for node in graph(network)}
    torch.manual_seed(0)
    x = torch.randn(1, *network.input_shape)
    module = network.module()
    seen = {INPUT: x[0].numpy()}
    names = {child: name for name, child in module.named_modules()}
    hooks = [
        child.register_forward_hook(lambda child, _, output: seen.__setitem__(names[child], output[0].numpy()))
        for child in module.modules()
    ]
    with torch.no_grad():
        module.eval()(x)
    for hook in hooks:
        hook.remove()
    checked = 0
    for node in nodes.values():
        if node.layer is None or node.layer.kind not in ("Residual", "Concat", "DualPath", "Flatten"):
            continue
        for channel in {0, node.channels // 3, node.channels // 2, node.channels - 1}:
            found = sources(node, channel, [nodes[name] for name in node.inputs])
            assert found
            parts = [seen[name][at] for name, at in found]
            if node.layer.kind == "Flatten":
                assert seen[node.name][channel] in parts[0]
            else:
                np.testing.assert_array_equal(np.sum(parts, axis=0, dtype=np.float32), seen[node.name][channel])
            checked += 1
    assert checked >= 3
    assert set(activations(module, x)) <= {*seen}


def test_what_has_weights_is_made_of_all():
    network = architecture("lenet5")
    nodes = {node.name: node for node in graph(network)}
    for node in nodes.values():
        has_weights = isinstance(node.layer, Conv2d | Linear)
        if node.layer is not None:
            assert (sources(node, 0, [nodes[name] for name in node.inputs]) is None) == has_weights


def test_kindred_show_the_same_channels():
    kin = kindred(graph(architecture("lenet5_1998")))
    nodes = graph(architecture("resnet18_cifar"))
    first_stage = {name for name, root in kindred(nodes).items() if root == kindred(nodes)["conv1"]}
    assert {"conv1", "bn1", "relu1", "residual1"} <= first_stage
    assert "residual1.body.conv1" not in first_stage
    assert kin[INPUT] == INPUT


def test_flatten_is_no_kin():
    network = Network(name="flat", input_shape=(1, 4, 4), layers=[ReLU(), Flatten(), Linear(out_features=2), ReLU()])
    kin = kindred(graph(network))
    assert kin == {INPUT: "relu1", "relu1": "relu1", "flatten1": "flatten1", "fc1": "relu2", "relu2": "relu2"}
