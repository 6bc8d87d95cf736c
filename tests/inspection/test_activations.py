import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.inspection import activations
from cnnviz.networks import architecture


class Fails(nn.Module):
    def forward(self, x):
        raise RuntimeError("no forward today")


class Branches(nn.Module):
    """Runs its layers in another order than it defines them, one of them not at all, and uses nested ones."""

    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(4, 2, 1)
        self.unused = nn.Linear(3, 3)
        self.block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())

    def forward(self, x):
        return self.last(self.block(x))


def hooks(module):
    return sum(len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules())


def modes(module):
    return {name: child.training for name, child in module.named_modules()}


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
def test_equal_what_running_layer_by_layer_gives(key):
    network = architecture(key)
    module = network.module()
    x = batch(2, *network.input_shape)
    found = activations(module, x)
    assert list(found) == [name for name, _ in network.named_layers()]
    with torch.no_grad():
        for name, layer in module.named_children():
            x = layer(x)
            assert found[name].dtype == np.float32
            np.testing.assert_array_equal(found[name], x.numpy(), err_msg=name)


def test_a_layer_behind_that_works_in_place_changes_nothing():
    conv, relu = nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True)
    x = batch(1, 1, 5, 5)
    found = activations(nn.Sequential(conv, relu), x)
    before = conv(x).detach()
    assert (before < 0).any()
    np.testing.assert_array_equal(found["0"], before)
    np.testing.assert_array_equal(found["1"], before.relu())


def test_leaves_come_in_the_order_of_the_forward_pass():
    assert list(activations(Branches(), batch(1, 3, 6, 6))) == ["block.0", "block.1", "block.2", "last"]


def test_runs_in_eval_mode():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))
    x = batch(8, 3)
    found = activations(module, x)
    np.testing.assert_allclose(found["1"], x / np.sqrt(1 + module[0].eps), rtol=1e-6)
    assert module[0].num_batches_tracked == 0


@pytest.mark.parametrize("fails", [False, True])
def test_mode_of_every_submodule_is_restored(fails):
    module = nn.Sequential(Branches(), Fails() if fails else nn.Identity())
    module.train()
    module[0].block[1].eval()  # as when batch normalisation is frozen for fine-tuning
    before = modes(module)
    if fails:
        with pytest.raises(RuntimeError, match="no forward today"):
            activations(module, batch(1, 3, 6, 6))
    else:
        activations(module, batch(1, 3, 6, 6))
    assert modes(module) == before
    assert len(set(before.values())) == 2


@pytest.mark.parametrize("fails", [False, True])
def test_no_hook_leaks_and_the_callers_stay(fails):
    module = nn.Sequential(Branches(), Fails() if fails else nn.Identity())
    calls = []
    module[0].last.register_forward_hook(lambda *_: calls.append(1))
    if fails:
        with pytest.raises(RuntimeError, match="no forward today"):
            activations(module, batch(1, 3, 6, 6))
    else:
        activations(module, batch(1, 3, 6, 6))
    assert hooks(module) == 1
    assert calls == [1]


@pytest.mark.parametrize("fails", [False, True])
def test_gradients_are_as_before(fails):
    module = nn.Sequential(nn.Linear(3, 3), Fails() if fails else nn.Identity())
    module[0].weight.grad = torch.ones(3, 3)
    module[0].bias.requires_grad_(False)
    if fails:
        with pytest.raises(RuntimeError, match="no forward today"):
            activations(module, batch(1, 3))
    else:
        activations(module, batch(1, 3))
    assert torch.is_grad_enabled()
    assert module[0].weight.requires_grad
    assert not module[0].bias.requires_grad
    assert (module[0].weight.grad == 1).all()


def test_no_graph_is_kept_in_memory():
    module = nn.Sequential(nn.Linear(3, 3))
    needs_graph = []
    module[0].register_forward_hook(lambda _module, _inputs, output: needs_graph.append(output.requires_grad))
    activations(module, batch(1, 3))
    assert needs_graph == [False]


def test_a_single_layer_and_half_precision():
    found = activations(nn.ReLU(), torch.tensor([-1.0, 2.0], dtype=torch.bfloat16))
    assert found[""].dtype == np.float32
    assert found[""].tolist() == [0, 2]


def test_the_input_stays_where_the_first_layer_works_in_place():
    x = torch.tensor([-1.0, 2.0])
    assert activations(nn.ReLU(inplace=True), x)[""].tolist() == [0, 2]
    assert x.tolist() == [-1, 2]
