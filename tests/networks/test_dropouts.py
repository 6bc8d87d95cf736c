"""Dropout of another share, or put in: where it is then, and that the weights stay the same."""

from math import prod

import pytest
import torch

from cnnviz.layers import AdaptiveAvgPool2d, Concat, Conv2d, Dropout, Flatten, Linear, ReLU, Residual, ShapeError
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.dropouts import with_dropout
from tests.networks.every_layer import SMALL as EVERY_LAYER

SMALL = [key for key in architectures() if architecture(key).num_params < 20_000_000]


def module_of(network):
    with torch.device("meta"):  # shapes without numbers
        return network.module()


def weights(module):
    return [(name, tensor.shape) for name, tensor in module.state_dict().items()]


def kinds(network):
    return [layer.kind for layer in network.layers]


@pytest.mark.parametrize("key", SMALL)
def test_known_networks_keep_their_weights_and_all_else(key):
    network = architecture(key)
    changed = with_dropout(network, 0.35)
    before, after = module_of(network), module_of(changed)
    assert weights(after) == weights(before)
    drops = [module for module in after.modules() if isinstance(module, torch.nn.Dropout)]
    assert all(drop.p == 0.35 for drop in drops)
    had = sum(isinstance(module, torch.nn.Dropout) for module in before.modules())
    linears = [module for module in before.modules() if isinstance(module, torch.nn.Linear)]
    from_image = sum(linear.in_features == prod(network.input_shape) for linear in linears)
    assert len(drops) == (had or len(linears) - from_image)
    others = [
        [type(module) for module in tree.modules() if not isinstance(module, torch.nn.Dropout)]
        for tree in (before, after)
    ]
    assert others[0] == others[1]
    assert changed.shapes[-1] == network.shapes[-1]
    assert (changed.name, changed.input_shape) == (network.name, network.input_shape)


def test_one_before_each_linear_that_reads_features():
    lenet = with_dropout(architecture("lenet5"), 0.2)
    assert kinds(lenet)[6:] == [
        "Flatten",
        "Dropout",
        "Linear",
        "ReLU",
        "Dropout",
        "Linear",
        "ReLU",
        "Dropout",
        "Linear",
    ]
    mlp = with_dropout(architecture("mlp"), 0.2)
    assert kinds(mlp)[:4] == ["Flatten", "Linear", *kinds(architecture("mlp"))[2:3], "Dropout"]
    features = Network(name="features", input_shape=(4,), layers=[Linear(out_features=3), Linear(out_features=2)])
    assert kinds(with_dropout(features, 0.2)) == ["Linear", "Dropout", "Linear"]


def test_linears_inside_blocks():
    inner = (Linear(out_features=6), ReLU(), Linear(out_features=6))
    block = Residual(body=inner)
    network = Network(
        name="blocks", input_shape=(6, 1, 1), layers=[Flatten(), block, Concat(branches=[(block,), (), inner])]
    )
    drop = Dropout(p=0.3)
    first = Residual(body=(inner[0], ReLU(), drop, inner[2]))
    later = (drop, inner[0], ReLU(), drop, inner[2])
    changed = with_dropout(network, 0.3)
    assert changed.layers == (Flatten(), first, Concat(branches=[(Residual(body=later),), (), later]))
    assert weights(module_of(changed)) == weights(module_of(network))


def test_every_dropout_that_is_there_and_none_more():
    block = Residual(body=(Conv2d(out_channels=2, kernel_size=1), Dropout(p=0.1)), shortcut=(Dropout(),))
    nested = Concat(branches=[(block, ReLU()), ()])
    network = Network(name="n", input_shape=(2, 3, 3), layers=[nested, Flatten(), Linear(out_features=5)])
    changed = with_dropout(network, 0)
    zero = Dropout(p=0)
    inner = Residual(body=(Conv2d(out_channels=2, kernel_size=1), zero), shortcut=(zero,))
    assert changed.layers == (Concat(branches=[(inner, ReLU()), ()]), Flatten(), Linear(out_features=5))
    assert network.layers[0] == nested


def test_every_kind_of_layer_and_block():
    for network in EVERY_LAYER:
        changed = with_dropout(network, 0.6)
        assert weights(module_of(changed)) == weights(module_of(network))
        assert changed.shapes[-1:] == network.shapes[-1:]


@pytest.mark.parametrize("key", ["lenet5", "alexnet", "efficientnet_b0"])
def test_none_leaves_it_as_it_is_and_zero_one_without(key):
    network = architecture(key)
    assert with_dropout(network, None) is network
    has_dropout = "Dropout" in kinds(network)
    assert (with_dropout(network, 0) == network) is not has_dropout
    assert kinds(with_dropout(network, 0)) == kinds(network)


def test_weights_of_the_one_load_into_the_other_and_do_the_same():
    network = architecture("tutorial_net")
    module, changed = network.module().eval(), with_dropout(network, 0.5).module().eval()
    changed.load_state_dict(module.state_dict())
    x = torch.randn(2, *network.input_shape)
    assert torch.equal(module(x), changed(x))
    changed.train()
    assert not torch.equal(module(x), changed(x))


def test_too_many_layers_are_refused():
    network = Network(name="long", input_shape=(2,), layers=[Linear(out_features=2)] * 1200)
    with pytest.raises(ShapeError, match="more than 2,000 layers"):
        with_dropout(network, 0.5)


def test_an_impossible_share_is_refused():
    with pytest.raises(ShapeError, match=r"Dropout: p = 1\.5"):
        with_dropout(architecture("lenet5"), 1.5)


def test_one_before_the_convolution_that_gives_the_classes_where_no_linear_layer_reads_features():
    layers = [Conv2d(out_channels=4, kernel_size=3), ReLU(), Conv2d(out_channels=10, kernel_size=1)]
    network = Network(name="n", input_shape=(1, 9, 9), layers=[*layers, AdaptiveAvgPool2d(output_size=1), Flatten()])
    changed = with_dropout(network, 0.3)
    assert kinds(changed) == ["Conv2d", "ReLU", "Dropout", "Conv2d", "AdaptiveAvgPool2d", "Flatten"]
    assert weights(module_of(changed)) == weights(module_of(network))
    alone = Network(name="n", input_shape=(1, 9, 9), layers=network.layers[2:])
    assert with_dropout(alone, 0.3) == alone  # it reads the image itself
