"""Any torch module as a table, against our own tables, torchinfo and torch's count of operations."""

import copy
import tracemalloc
from functools import cache

import pytest
import torch
import torchinfo
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.networks import analyze, architecture, architectures, table, totals
from cnnviz.torchvision_guard import torchvision

COMPARED = ("name", "kind", "output_shape", "params", "macs", "activation_bytes", "receptive_field", "jump")
THEIRS = ["resnet18", "vgg16", "densenet121", "efficientnet_b0", "googlenet", "mobilenet_v3_small"]


def compared(rows):
    return [tuple(getattr(row, name) for name in COMPARED) for row in rows]


@cache
def on_meta(key: str) -> nn.Module:
    with torch.device("meta"):
        return architecture(key).module().eval()


def of_torchvision(name: str) -> nn.Module:
    arguments = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        return getattr(torchvision().models, name)(weights=None, **arguments).eval()


def flops(module: nn.Module, input_shape) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, *input_shape, device="meta"))
    return counter.get_total_flops()


@pytest.mark.parametrize("key", architectures())
def test_the_module_of_an_architecture_has_the_rows_of_its_table(key):
    network = architecture(key)
    expected = [row for row in table(network) if not row.is_block]
    assert compared(analyze(on_meta(key), network.input_shape)) == compared(expected)


@pytest.mark.parametrize("key", architectures())
def test_multiply_adds_are_half_of_torchs_operations(key):
    network = architecture(key)
    assert 2 * totals(table(network)).macs == flops(on_meta(key), network.input_shape)


@pytest.mark.parametrize("key", architectures())
def test_shapes_and_parameters_are_torchinfos(key):
    network = architecture(key)
    rows = {row.name: row for row in analyze(on_meta(key), network.input_shape)}
    shape = (1, *network.input_shape)
    summary = torchinfo.summary(on_meta(key), input_size=shape, device="meta", depth=99, verbose=0, mode="eval")
    seen = set()
    for info in summary.summary_list:
        name = name_of(info)
        if name not in rows:
            continue
        seen.add(name)
        row = rows[name]
        assert info.class_name == row.kind
        assert tuple(info.output_size[1:]) == row.output_shape
        assert info.num_params == row.params
    assert seen == set(rows)
    assert summary.total_params == sum(row.params for row in rows.values()) == totals(table(network)).params


def name_of(info) -> str:
    names = []
    while info.parent_info is not None:
        names.append(info.var_name)
        info = info.parent_info
    return ".".join(reversed(names))


@pytest.mark.parametrize("name", THEIRS)
def test_torchvisions_own_modules_are_counted(name):
    module = of_torchvision(name)
    rows = analyze(module, (3, 224, 224))
    # in eval mode the side classifiers of googlenet do not run
    run = [p for n, p in module.named_parameters() if not n.startswith("aux")]
    assert sum(row.params for row in rows) == sum(p.numel() for p in run)
    assert not any(row.macs is None for row in rows)
    assert 2 * sum(row.macs for row in rows) == flops(module, (3, 224, 224))
    assert rows[-1].output_shape == (1000,)
    assert rows[0].receptive_field == (7, 7) if name in ("resnet18", "densenet121", "googlenet") else (3, 3)


def test_torchvisions_resnet18_has_the_receptive_fields_of_ours():
    ours = [row for row in analyze(on_meta("resnet18"), (3, 224, 224)) if row.kind == "Conv2d"]
    theirs = [row for row in analyze(of_torchvision("resnet18"), (3, 224, 224)) if row.kind == "Conv2d"]
    assert [row.receptive_field for row in ours] == [row.receptive_field for row in theirs]
    assert [row.jump for row in ours] == [row.jump for row in theirs]


class Doubled(nn.Module):
    """A kind that cnnviz does not know, with weights."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return torch.cat([x, x * self.scale], 1)


def test_what_is_not_known_is_none_and_what_follows_goes_on():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), Doubled(), nn.Conv2d(4, 3, 3), nn.Flatten(), nn.Linear(48, 2))
    first, unknown, conv, _, dense = analyze(module, (1, 8, 8))
    assert first.receptive_field == (3, 3)
    assert (unknown.kind, unknown.output_shape, unknown.params) == ("Doubled", (4, 6, 6), 1)
    assert (unknown.macs, unknown.receptive_field, unknown.layer) == (None, None, None)
    assert (conv.output_shape, conv.params, conv.macs) == ((3, 4, 4), 111, 108 * 16)
    assert conv.receptive_field is None
    assert (dense.params, dense.macs) == (98, 96)


def test_modules_of_other_kinds_that_act_cell_by_cell_keep_the_receptive_field():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Hardswish(), nn.Identity(), nn.Dropout2d(), nn.Conv2d(2, 2, 3))
    assert [row.receptive_field for row in analyze(module, (1, 8, 8))] == [(3, 3)] * 4 + [(5, 5)]


def test_a_layer_that_runs_twice_has_two_rows():
    shared = nn.Conv2d(2, 2, 3, padding=1)
    rows = analyze(nn.Sequential(shared, nn.ReLU(), shared), (2, 8, 8))
    assert [row.kind for row in rows] == ["Conv2d", "ReLU", "Conv2d"]
    assert [row.receptive_field for row in rows] == [(3, 3), (3, 3), (5, 5)]


def test_inplace_layers_change_nothing():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Conv2d(2, 2, 3), nn.LeakyReLU(inplace=True))
    assert [row.receptive_field for row in analyze(module, (1, 8, 8))] == [(3, 3), (3, 3), (5, 5), (5, 5)]


def state(module: nn.Module):
    return [
        (
            child.training,
            dict(child._forward_hooks),
            dict(child._forward_pre_hooks),
            [(id(p), p.requires_grad, p.device, p.grad, p._version, p.data_ptr()) for p in child.parameters(False)],
            [(id(b), b._version) for b in child.buffers(False)],
        )
        for child in module.modules()
    ]


@pytest.mark.parametrize("input_shape", [(1, 12, 12), (3, 12, 12), (1, 2, 2)])
@pytest.mark.parametrize("is_training", [True, False])
def test_nothing_is_left_on_the_module_also_after_an_error(is_training, input_shape):
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(), nn.Flatten(), nn.Linear(400, 2)
    ).train(is_training)
    module[0].weight.requires_grad_(False)
    module[1].eval()
    calls = []
    module[2].register_forward_hook(lambda *_: calls.append(1))
    before, weights = state(module), copy.deepcopy(module.state_dict())
    if input_shape == (1, 12, 12):
        assert len(analyze(module, input_shape)) == 6
    else:
        with pytest.raises(RuntimeError):
            analyze(module, input_shape)
    assert state(module) == before
    assert all(torch.equal(value, weights[name]) for name, value in module.state_dict().items())
    assert not calls
    assert torch.is_grad_enabled()
    assert not any(isinstance(mode, TorchFunctionMode) for mode in _get_current_function_mode_stack())


def test_vgg16_stays_on_meta_and_allocates_nothing():
    module = on_meta("vgg16")
    tracemalloc.start()
    rows = analyze(module, (3, 224, 224))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(row.params for row in rows) == 138_357_544
    assert {p.device.type for p in module.parameters()} == {"meta"}
    assert most < 10_000_000


def test_real_weights_are_not_copied(monkeypatch):
    module = nn.Sequential(nn.Flatten(), nn.Linear(2_500, 4_000), nn.BatchNorm1d(4_000))
    before = [p.data_ptr() for p in module.parameters()]

    def refused(*_, **__):
        raise AssertionError("copied")

    for owner, name in ((torch.Tensor, "clone"), (torch.Tensor, "__deepcopy__"), (nn.Parameter, "__deepcopy__")):
        monkeypatch.setattr(owner, name, refused)
    rows = analyze(module, (1, 50, 50))
    assert [row.params for row in rows] == [0, 10_004_000, 8_000]
    assert [p.data_ptr() for p in module.parameters()] == before


class Functions(nn.Module):
    """A convolution, what a function makes of it, and a layer that keeps its receptive field."""

    def __init__(self, function) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.wide = nn.Conv2d(1, 1, 7, padding=3)
        self.end = nn.ReLU()
        self.function = function

    def forward(self, x):
        return self.end(self.function(self.conv(x), self.wide(x)))


@pytest.mark.parametrize(
    ("function", "size"),
    [
        (lambda x, _: nn.functional.relu(x), (3, 3)),
        (lambda x, _: x * 2 + 1, (3, 3)),
        (torch.add, (7, 7)),
        (lambda x, y: torch.cat([x, y], 1), (7, 7)),
        (lambda x, y: x * torch.sigmoid(y).mean((2, 3), keepdim=True), (22, 22)),  # borders count
        (lambda x, _: nn.functional.adaptive_avg_pool2d(x, 1), (18, 18)),
        (lambda x, _: x[:, :, ::2], None),
        (lambda x, _: nn.functional.max_pool2d(x, 2), None),
        (lambda x, y: x.add_(y), (7, 7)),
        (lambda x, _: nn.functional.max_pool2d(x, 3, 1, 1), None),
        (lambda x, _: x.flip(2), None),
    ],
)  # fmt: skip
def test_functions_between_layers_are_followed_or_make_the_receptive_field_unknown(function, size):
    assert analyze(Functions(function), (1, 16, 16))[-1].receptive_field == size


def test_modes_and_grads_of_meta_modules_are_left_too():
    module = on_meta("lenet5").train()
    analyze(module, (1, 28, 28))
    assert module.training
    assert all(child.training and not child._forward_hooks for child in module.modules())
    assert all(p.requires_grad for p in module.parameters())
    module.eval()


@pytest.mark.parametrize("input_shape", [(3, 32, 32), (784,), (1, 4, 4)])
def test_an_input_that_does_not_fit_raises_what_the_module_raises(input_shape):
    with pytest.raises((RuntimeError, ValueError)):
        analyze(on_meta("lenet5"), input_shape)


@pytest.mark.parametrize(
    "between", [nn.Softmax(dim=1), nn.LogSoftmax(dim=3), nn.Softmin(dim=2), nn.LayerNorm([2, 14, 14])]
)
def test_what_may_mix_cells_makes_the_receptive_field_unknown(between):
    rows = analyze(nn.Sequential(nn.Conv2d(1, 2, 3), between, nn.Conv2d(2, 2, 3)), (1, 16, 16))
    assert [row.receptive_field for row in rows] == [(3, 3), None, None]
