import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.inspection import influence, influences
from cnnviz.layers import AvgPool2d, Conv2d, ConvTranspose2d, MaxPool2d, Reach
from cnnviz.networks import Network, architecture


class Skipping(nn.Module):
    """Runs one of its layers twice, one not at all, one on a constant and one apart from the graph."""

    def __init__(self):
        super().__init__()
        self.twice = nn.Linear(3, 3)
        self.unused = nn.Linear(3, 3)
        self.constant = nn.Linear(3, 3)
        self.plain = nn.ReLU()
        self.apart = nn.Linear(3, 3)
        self.both = nn.Identity()
        self.pair = nn.Identity()

    def forward(self, x):
        self.constant(torch.ones(1, 3))
        self.plain(torch.ones(1, 3))
        self.apart(x.detach())
        self.pair((x, x))
        return self.both(self.twice(self.twice(x)))


class Fails(nn.Module):
    def forward(self, x):
        raise RuntimeError("no forward today")


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def hooks(module):
    return sum(len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules())


def modes(module):
    return [child.training for child in module.modules()]


def net(inplace=False):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.LeakyReLU(0.2, inplace),
        nn.Sigmoid(),
        nn.BatchNorm2d(3),
        nn.LeakyReLU(0.1, inplace),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3 * 3 * 3, 4),
        nn.ReLU(inplace),
    )


CELLS = {
    "0": (1, 2, 3), "1": (0, 0, 0), "2": (2, 5, 5), "3": (1, 3, 3), "4": (2, 0, 4), "5": (0, 1, 2), "6": (13,), "7": (2,)
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_equal_the_jacobian(name):
    module, x, cell = net(), batch(1, 2, 6, 6), CELLS[name]
    found = influence(module, x, name, cell)
    part = module[: int(name) + 1].eval()
    expected = torch.autograd.functional.jacobian(lambda x: part(x)[(0, *cell)], x)
    assert found.dtype == np.float32
    assert np.any(found)
    np.testing.assert_allclose(found, expected[0], rtol=1e-6)


def test_many_in_one_pass():
    module, x, runs = net(), batch(1, 2, 6, 6), []
    expected = {name: influence(module, x, name, cell) for name, cell in reversed(CELLS.items())}
    module[0].register_forward_hook(lambda *_: runs.append(1))
    found = influences(module, x, dict(reversed(CELLS.items())))
    assert list(found) == list(expected)
    for name in CELLS:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert runs == [1]
    assert influences(module, x, {}) == {}


def test_layers_that_work_in_place_change_nothing():
    x = batch(1, 2, 6, 6)
    expected, found = influences(net(), x, CELLS), influences(net(inplace=True), x, CELLS)
    for name, cell in CELLS.items():
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
        np.testing.assert_array_equal(influence(net(inplace=True), x, name, cell), expected[name], err_msg=name)


def test_a_layer_behind_that_overwrites_what_the_gradient_needs():
    sigmoid, x = nn.Sequential(nn.Sigmoid(), nn.ReLU(inplace=True), nn.Identity()), torch.zeros(1, 2)
    sigmoid[2].forward = torch.zeros_like  # so that the pass goes on, and nothing flows
    found = influences(sigmoid, x, {"0": (1,), "2": (0,)})
    assert found["0"].tolist() == [0, 0.25]
    assert found["2"].tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        influence(sigmoid, x, "1", (0,))  # torch could not train it


def test_a_first_layer_that_works_in_place():
    x = torch.tensor([[-1.0, 2.0]])
    module = nn.Sequential(nn.LeakyReLU(0.5, inplace=True))
    assert influence(module, x, "0", (0,)).tolist() == [0.5, 0]
    assert x.tolist() == [[-1, 2]]


@pytest.mark.parametrize("key", ["lenet5", "lenet5_1998", "tutorial_net", "simplified_resnet"])
def test_lies_inside_the_theoretical_receptive_field(key):
    network = architecture(key)
    torch.manual_seed(0)
    module, x = network.module(), batch(1, *network.input_shape)
    shape, reach = network.input_shape, Reach.of_input(*network.input_shape[1:])
    some = 0
    for (name, layer), after in zip(network.named_layers(), network.shapes, strict=True):
        shape, reach = after, layer.reach(reach, shape)
        if len(after) < 3:
            continue
        for row, col in {(0, after[2] - 1), (after[1] // 2, after[2] // 3)}:
            _, rows, cols = np.nonzero(influence(module, x, name, (after[0] // 2, row, col)))
            some += len(rows)
            if len(rows):
                assert reach.rows.first[row] <= rows.min() <= rows.max() <= reach.rows.last[row], name
                assert reach.cols.first[col] <= cols.min() <= cols.max() <= reach.cols.last[col], name
    assert some > 100


@pytest.mark.parametrize(
    "layers",
    [
        (Conv2d(out_channels=3, kernel_size=3, padding=1), Conv2d(out_channels=2, kernel_size=(3, 5))),
        (Conv2d(out_channels=3, kernel_size=4, stride=2, padding=(2, 1)), AvgPool2d(kernel_size=3, stride=2)),
        (
            Conv2d(out_channels=2, kernel_size=3, stride=(1, 2)),
            ConvTranspose2d(out_channels=2, kernel_size=4, stride=2, padding=1),
            Conv2d(out_channels=1, kernel_size=3, padding="same"),
        ),
    ],
)
def test_a_linear_network_of_positive_weights_fills_it_exactly(layers):
    network = Network(name="positive", input_shape=(2, 13, 17), layers=layers)
    module = network.module()
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(0.5, 1)
    shape, reach = network.input_shape, Reach.of_input(13, 17)
    for (name, layer), after in zip(network.named_layers(), network.shapes, strict=True):
        shape, reach = after, layer.reach(reach, shape)
        for row in range(0, after[1], 2):
            col = (3 * row) % after[2]
            expected = np.zeros((2, 13, 17), bool)
            rows, cols = (
                slice(max(0, int(axis.first[at])), int(axis.last[at]) + 1)
                for axis, at in ((reach.rows, row), (reach.cols, col))
            )
            expected[:, rows, cols] = True
            found = influence(module, torch.zeros(1, 2, 13, 17), name, (0, row, col))
            assert (found >= 0).all()
            np.testing.assert_array_equal(found > 0, expected, err_msg=f"{name} {row} {col}")


def test_max_pooling_passes_on_one_cell():
    network = Network(name="pool", input_shape=(1, 4, 4), layers=(MaxPool2d(kernel_size=2),))
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    found = influence(network.module(), x, "pool1", (0, 1, 0))
    assert np.argwhere(found).tolist() == [[0, 3, 1]]
    assert found.sum() == 1


def test_zero_where_nothing_flows():
    x = batch(1, 3)
    for name in ("constant", "plain", "apart"):
        assert not influence(Skipping(), x, name, (0,)).any(), name
    dead = nn.Sequential(nn.Linear(3, 1), nn.ReLU())
    nn.init.constant_(dead[0].bias, -100)
    assert influence(dead, x, "0", (0,)).all()
    assert not influence(dead, x, "1", (0,)).any()


def test_of_a_layer_that_runs_twice_the_first_time_counts():
    module = Skipping()
    found = influence(module, batch(1, 3), "twice", (1,))
    np.testing.assert_array_equal(found, module.twice.weight.detach()[1])
    later = influences(module, batch(1, 3), {"twice": (1,), "both": (2,)})
    np.testing.assert_array_equal(later["twice"], found)
    weight = module.twice.weight.detach()
    np.testing.assert_allclose(later["both"], (weight @ weight)[2], rtol=1e-5)


def test_the_forward_pass_ends_at_the_submodule():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), Fails())
    found = influence(module, batch(1, 3), "1", (0,))
    np.testing.assert_allclose(found, (module[1].weight @ module[0].weight).detach()[0], rtol=1e-5)


def test_runs_in_eval_mode_also_where_gradients_are_switched_off():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5)).train()
    with torch.no_grad():
        found = influence(module, batch(1, 3), "1", (0,))
        assert not torch.is_grad_enabled()
    np.testing.assert_allclose(found, [(1 + module[0].eps) ** -0.5, 0, 0], rtol=1e-6)
    assert module[0].num_batches_tracked == 0


@pytest.mark.parametrize("error", [None, ValueError, IndexError, RuntimeError])
def test_modes_hooks_and_gradients_are_as_before(error):
    module = nn.Sequential(nn.Linear(3, 3), nn.Dropout().eval(), Fails() if error is RuntimeError else nn.Identity())
    module.append(nn.Linear(3, 3)).train()
    module[1].eval()
    module[0].weight.grad = torch.ones(3, 3)
    module[0].bias.requires_grad_(False)
    calls = []
    module[0].register_forward_hook(lambda *_: calls.append(1))
    before, x = modes(module), batch(1, 3)
    cells = {"1": (3 if error is IndexError else 0,), ("9" if error is ValueError else "3"): (0,)}
    if error:
        with pytest.raises(error):
            influences(module, x, cells)
    else:
        influences(module, x, cells)
    assert modes(module) == before
    assert len(set(before)) == 2
    assert hooks(module) == 1
    assert (module[0].weight.grad == 1).all()
    assert module[0].weight.requires_grad
    assert not module[0].bias.requires_grad
    assert module[0].bias.grad is module[3].weight.grad is x.grad is None
    assert not x.requires_grad
    assert torch.is_grad_enabled()


def test_refusals():
    module, x = net(), batch(1, 2, 6, 6)
    for cell in ((3, 0, 0), (0, 6, 0), (0, 0, -1), (0, 0), ()):
        with pytest.raises(IndexError, match=r"0 has no cell \(.*\): its output has the shape \(3, 6, 6\)"):
            influence(module, x, "0", cell)
    with pytest.raises(IndexError, match=r"7 has no cell \(4,\)"):
        influence(module, x, "7", (4,))
    with pytest.raises(ValueError, match="no submodule 'conv9' in this Sequential"):
        influence(module, x, "conv9", (0,))
    with pytest.raises(ValueError, match="that of one input, not of 2"):
        influence(module, batch(2, 2, 6, 6), "0", (0, 0, 0))
    with pytest.raises(ValueError, match="does not reach unused"):
        influence(Skipping(), batch(1, 3), "unused", (0,))
    with pytest.raises(ValueError, match="pair gives out no tensor"):
        influence(Skipping(), batch(1, 3), "pair", (0,))
