import pytest
import torch
from torch import nn

from cnnviz.inspection import observe
from cnnviz.inspection.forward_hooks import watching
from cnnviz.networks import architecture, architectures, table, totals

MOST_MACS = 3e9  # of one forward pass; two of each are run
SMALL = [key for key in architectures() if totals(table(architecture(key))).macs < MOST_MACS]


class Fails(nn.Module):
    def forward(self, x):
        raise RuntimeError("no forward today")


class Mixed(nn.Module):
    """Gives out a tensor and text, and reads a number beside its tensor."""

    def forward(self, x, number):
        return x * number, "text"


class Branches(nn.Module):
    """Runs its layers in another order than it defines them, one of them not at all, and one of them twice."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 3)
        self.unused = nn.Linear(3, 3)
        self.block = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.mixed = Mixed()
        self.again = self.last

    def forward(self, x):
        x, _ = self.mixed(self.last(self.block(x)), 2)
        return self.again(x)


def hooks(module):
    return sum(
        len(getattr(child, name))
        for child in module.modules()
        for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    )


def modes(module):
    return [child.training for child in module.modules()]


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def names_seen(module, x, names=None):
    seen = []
    observe(module, x, lambda name, *_: seen.append(name), names)
    return seen


@pytest.fixture(scope="module", params=SMALL)
def known(request):
    """A known network: its module in training mode but for one layer, an input, and the names in its table."""
    network = architecture(request.param)
    torch.manual_seed(0)
    module = network.module().train()
    list(module.modules())[-1].eval()
    return module, batch(1, *network.input_shape), [row.name for row in table(network)]


def test_sees_what_plain_hooks_record(known):
    module, x, names = known
    before, recorded = modes(module), {}
    children = dict(module.named_modules())

    def record(name):
        return lambda _child, inputs, output: recorded.update({name: (inputs[0].clone(), output.clone())})

    handles = [children[name].register_forward_hook(record(name)) for name in names]
    with torch.no_grad():
        module.eval()
        expected = module(x)
    for handle in handles:
        handle.remove()
    for child, training in zip(module.modules(), before, strict=True):
        child.training = training

    seen = []

    def see(name, child, inputs, output):
        seen.append(name)
        assert child is children[name]
        assert torch.equal(inputs[0], recorded[name][0]), name
        assert torch.equal(output, recorded[name][1]), name

    assert torch.equal(observe(module, x, see, names), expected)
    assert sorted(seen) == sorted(names)
    assert seen == list(recorded)
    assert hooks(module) == 0
    assert modes(module) == before
    assert len(set(before)) == 2


def test_an_error_of_the_one_who_sees_leaves_no_trace(known):
    module, x, names = known
    before = modes(module)

    def see(name, *_):
        if name == names[1]:
            raise RuntimeError("seen enough")

    with pytest.raises(RuntimeError, match="seen enough"):
        observe(module, x, see, names)
    assert hooks(module) == 0
    assert modes(module) == before
    assert torch.is_grad_enabled()


def test_many_known_networks_are_small_enough():
    assert {"mlp", "lenet5", "alexnet", "resnet18", "densenet121_cifar", "dpn92_cifar", "efficientnet_b0"} <= {*SMALL}


def test_by_default_those_without_children_each_time_they_run():
    assert names_seen(Branches(), batch(1, 3)) == ["block.0", "block.1", "last", "last"]


def test_a_block_comes_after_what_is_inside_it_and_the_whole_last():
    assert names_seen(Branches(), batch(1, 3), ["", "block", "block.1"]) == ["block.1", "block", ""]


def test_a_second_name_of_a_submodule_is_a_name_too():
    assert names_seen(Branches(), batch(1, 3), ["again"]) == ["again", "again"]


def test_what_is_no_tensor_is_left_out():
    found = {}
    module = Branches()
    module.mixed.forward = lambda x, number: (torch.add(x, number), None)
    assert "mixed" not in names_seen(module, batch(1, 3))
    scaled = nn.Module()
    scaled.inner = Mixed()
    scaled.inner.forward = lambda x, number: x * number
    scaled.forward = lambda x: scaled.inner(x, 3)
    x = batch(1, 3)
    observe(scaled, x, lambda name, _child, inputs, output: found.update({name: (inputs, output)}))
    ((inputs, output),) = found.values()
    assert len(inputs) == 1
    assert torch.equal(inputs[0], x)
    assert torch.equal(output, x * 3)


def test_an_unknown_name():
    module = Branches()
    with pytest.raises(ValueError, match=r"no submodule 'block\.9' in this Branches"):
        observe(module, batch(1, 3), lambda *_: None, ["block.0", "block.9"])
    assert hooks(module) == 0


def test_the_input_stays_where_the_first_layer_works_in_place():
    x = torch.tensor([[-1.0, 2.0]])
    assert observe(nn.Sequential(nn.ReLU(inplace=True)), x, lambda *_: None).tolist() == [[0, 2]]
    assert x.tolist() == [[-1, 2]]


def test_runs_in_eval_mode_without_gradients():
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    module[0].weight.grad = torch.ones(3, 3)
    states = []

    def see(_name, child, _inputs, output):
        states.append((child.training, output.requires_grad, torch.is_grad_enabled()))

    output = observe(module, batch(8, 3).requires_grad_(), see)
    assert states == [(False, False, False)] * 3
    assert not output.requires_grad
    assert module[1].num_batches_tracked == 0
    assert (module[0].weight.grad == 1).all()
    assert module[0].weight.requires_grad


def test_an_error_inside_the_module_leaves_no_trace_and_the_callers_hooks_stay():
    module = nn.Sequential(nn.BatchNorm1d(3), Fails()).train()
    module[1].eval()
    calls = []
    module[0].register_forward_hook(lambda *_: calls.append(1))
    before = modes(module)
    with pytest.raises(RuntimeError, match="no forward today"):
        observe(module, batch(2, 3), lambda *_: None)
    assert hooks(module) == len(calls) == 1
    assert modes(module) == before
    assert torch.is_grad_enabled()


def test_watching_by_itself():
    module = nn.Sequential(nn.Dropout(), nn.Linear(2, 2).eval())
    before = modes(module)
    with watching(module) as handles:
        handles.append(module[0].register_forward_pre_hook(lambda *_: None))
        assert not any(modes(module))
        assert hooks(module) == 1
    assert modes(module) == before
    assert hooks(module) == 0
