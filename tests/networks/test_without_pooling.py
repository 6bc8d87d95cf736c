import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.layers import MaxPool2d, ShapeError
from cnnviz.networks import Network, architecture
from cnnviz.networks.without_pooling import Costs, costs, poolings, subsampling, without


def test_the_pooling_layers_of_lenet5():
    assert poolings(architecture("lenet5")) == ["pool1", "pool2"]
    assert poolings(architecture("lenet5_strided")) == []


def test_without_a_layer_the_others_read_what_it_read():
    shorter = without(architecture("lenet5"), "pool2")
    assert shorter.shapes[4:6] == ((48, 14, 14), (48 * 14 * 14,))
    with pytest.raises(KeyError):
        without(shorter, "pool9")


@pytest.mark.parametrize("key", ["lenet5", "lenet5_strided", "tutorial_net"])
@pytest.mark.parametrize("is_pooled", [True, False])
def test_costs_are_torchs(key, is_pooled):
    network = architecture(key)
    if not is_pooled:
        network = without(network, *poolings(network))
    module, sizes = network.module(), []
    for child in module:
        child.register_forward_hook(lambda _, __, out: sizes.append(out.numel()))
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, *network.input_shape))
    parameters = sum(p.numel() for p in module.parameters())
    assert costs(network) == Costs(sum(sizes), counter.get_total_flops() // 2, parameters)


def test_costs_of_the_rest():
    network = architecture("lenet5")
    assert costs(network, len(network.layers)) == Costs(0, 0, 0)
    assert costs(network, len(network.layers) - 1) == Costs(10, 840, 850)
    assert costs(network).params == network.num_params


def test_bare_subsampling_takes_the_same_weights_and_keeps_the_first_cell_of_each_window():
    network = architecture("lenet5")
    bare = subsampling(network)
    module = bare.module()
    module.load_state_dict(network.module().state_dict())
    x = torch.randn(1, 1, 28, 28)
    torch.testing.assert_close(module.get_submodule("pool1")(x), x[:, :, ::2, ::2])
    assert bare.shapes == network.shapes


def test_bare_subsampling_of_another_shape_is_refused():
    network = Network(name="odd", input_shape=(1, 7, 7), layers=(MaxPool2d(kernel_size=2),))
    with pytest.raises(ShapeError, match="odd: pool1 gives 1×3×3 with windows and 1×4×4 without"):
        subsampling(network)
