"""Each optimizer beside torch's own, and stopped and gone on from a file beside never stopped."""

from copy import deepcopy

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, PositionBias, ReLU
from cnnviz.networks import Network
from cnnviz.training import TrainingConfig
from cnnviz.training.optimizers import (
    COEFFICIENTS,
    Muon,
    flat_state,
    hidden_weights,
    load_flat_state,
    make_optimizer,
    orthogonal,
)

SETTINGS = {
    "adam": {"optimizer": "adam", "weight_decay": 0.02},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.02},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0.02},
    "nesterov": {"optimizer": "sgd", "learning_rate": 0.05, "nesterov": True},
    "plain_sgd": {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0},
    "muon": {"optimizer": "muon", "weight_decay": 0.02},
    "muon_without_momentum": {"optimizer": "muon", "momentum": 0},
}
NETWORK = Network(
    name="small",
    input_shape=(2, 6, 6),
    layers=[
        Conv2d(out_channels=4, kernel_size=3),
        BatchNorm2d(),
        ReLU(),
        Conv2d(out_channels=6, kernel_size=3, groups=2, bias=False),
        PositionBias(),
        Flatten(),
        Linear(out_features=7),
        ReLU(),
        Linear(out_features=3),
    ],
)


def made(name, seed=0):
    torch.manual_seed(seed)
    config = TrainingConfig(**SETTINGS[name])
    module = NETWORK.module()
    return module, make_optimizer(module, config), config


def learn(module, optimizer, first, last):
    """Steps with these numbers, each on images of its own and at its own rate."""
    base = 0.01
    for number in range(first, last):
        generator = torch.Generator().manual_seed(number)
        x, labels = torch.randn(5, 2, 6, 6, generator=generator), torch.randint(3, (5,), generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = base / (1 + number % 3)
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(module(x), labels).backward()
        optimizer.step()


def same(module, other):
    assert module.state_dict().keys() == other.state_dict().keys()
    return all(torch.equal(t, other.state_dict()[name]) for name, t in module.state_dict().items())


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("adam", lambda p: torch.optim.Adam(p, 1e-3, weight_decay=0.02)),
        ("adamw", lambda p: torch.optim.AdamW(p, 1e-3, weight_decay=0.02)),
        ("sgd", lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, weight_decay=0.02)),
        ("nesterov", lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
        ("plain_sgd", lambda p: torch.optim.SGD(p, 0.05)),
    ],
)
def test_torchs_optimizers_with_the_settings_rate_momentum_and_decay(name, theirs):
    module, optimizer, config = made(name)
    assert [group["lr"] for group in optimizer.param_groups] == [config.learning_rate]
    other = deepcopy(module)
    learn(module, optimizer, 0, 4)
    learn(other, theirs(other.parameters()), 0, 4)
    assert same(module, other)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_requires_no_gradient_stays_out(name):
    module = NETWORK.module()
    module.get_submodule("conv1").requires_grad_(False)
    optimizer = make_optimizer(module, TrainingConfig(**SETTINGS[name]))
    own = [id(p) for group in optimizer.param_groups for p in group["params"]]
    expected = [id(p) for name, p in module.named_parameters() if not name.startswith("conv1")]
    assert sorted(own) == sorted(expected)
    if len(optimizer.param_groups) == 1:
        assert own == expected


def test_impossible_optimizers_are_refused():
    with pytest.raises(ValueError, match="Nesterov looks ahead along the momentum, which is 0"):
        make_optimizer(NETWORK.module(), TrainingConfig(optimizer="sgd", momentum=0, nesterov=True))
    with pytest.raises(ValueError, match="nothing to learn"):
        make_optimizer(nn.Sequential(nn.ReLU()), TrainingConfig())
    with pytest.raises(ValueError, match=r"orthogonal, but a weight has the shape \(4,\)"):
        Muon([nn.Parameter(torch.ones(4))], [nn.Parameter(torch.ones(4))])


def test_muon_takes_weights_between_the_first_and_the_last():
    module, optimizer, config = made("muon")
    names = {id(p): name for name, p in module.named_parameters()}
    first, second = ([names[id(p)] for p in group["params"]] for group in optimizer.param_groups)
    assert first == ["conv2.weight", "fc1.weight"]
    assert second == [name for name, _ in module.named_parameters() if name not in first]
    assert "positionbias1.bias" in second  # numbers of cells, not a matrix
    assert {group["lr"] for group in optimizer.param_groups} == {config.learning_rate}
    module.get_submodule("conv1").requires_grad_(False)
    assert [id(weight) for weight in hidden_weights(module)] == [id(p) for p in optimizer.param_groups[0]["params"]]


def test_muon_learns_where_no_weight_is_between():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(72, 3))
    other = deepcopy(module)
    learn(module, make_optimizer(module, TrainingConfig(optimizer="muon", weight_decay=0.1)), 0, 3)
    learn(other, torch.optim.AdamW(other.parameters(), weight_decay=0.1), 0, 3)
    assert same(module, other)


@pytest.mark.parametrize("shape", [(12, 40), (40, 12), (16, 16), (1, 9), (9, 1)])
def test_singular_values_become_nearly_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    assert s.min() / s.norm() > 0.01  # the iteration needs more steps for smaller ones
    got = orthogonal(matrix)
    values = torch.diag(u.T @ got @ v.T)
    assert values.min() > 0.65
    assert values.max() < 1.25
    torch.testing.assert_close(got, u @ torch.diag(values) @ v, atol=2e-5, rtol=0)


def test_the_iteration_is_a_polynomial_of_each_singular_value():
    matrix = torch.randn(5, 8, generator=torch.Generator().manual_seed(2)) * 1e3
    u, s, v = torch.linalg.svd(matrix.double(), full_matrices=False)
    a, b, c = COEFFICIENTS
    s = s / s.norm()
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    torch.testing.assert_close(orthogonal(matrix).double(), u @ torch.diag(s) @ v, atol=2e-5, rtol=0)
    assert torch.equal(orthogonal(torch.zeros(3, 4)), torch.zeros(3, 4))


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (8, 4, 3, 3), (4, 1, 3, 3)])
def test_muon_is_torchs_but_for_bfloat16(shape):
    torch.manual_seed(3)
    start = torch.randn(shape)
    bias = torch.randn(5)
    weight, ours_bias = nn.Parameter(start.clone()), nn.Parameter(bias.clone())
    matrix, theirs_bias = nn.Parameter(start.flatten(1).clone()), nn.Parameter(bias.clone())
    ours = Muon([weight], [ours_bias], lr=0.02, momentum=0.9, weight_decay=0.1)
    theirs = torch.optim.Muon([matrix], 0.02, 0.1, 0.9, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW([theirs_bias], 0.02, weight_decay=0.1)
    for _ in range(4):
        before, before_theirs = weight.detach().clone().flatten(1), matrix.detach().clone()
        weight.grad, ours_bias.grad = torch.randn(shape), torch.randn(5)
        matrix.grad, theirs_bias.grad = weight.grad.flatten(1).clone(), ours_bias.grad.clone()
        for optimizer in (ours, theirs, adamw):
            optimizer.step()
        step, step_theirs = weight.detach().flatten(1) - before, matrix.detach() - before_theirs
        assert (step - step_theirs).norm() < 0.05 * step.norm()  # bfloat16 has 8 bits, and torch rounds 15 products
        assert torch.equal(ours_bias, theirs_bias)


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (5, 5)])
def test_the_iteration_in_bfloat16_is_torchs(shape):
    torch.manual_seed(5)
    matrix = nn.Parameter(torch.zeros(shape))
    matrix.grad = torch.randn(shape)
    torch.optim.Muon([matrix], 1.0, 0.0, momentum=0, adjust_lr_fn="match_rms_adamw").step()
    expected = -0.2 * max(shape) ** 0.5 * orthogonal(matrix.grad, torch.bfloat16)
    assert not torch.allclose(expected, -0.2 * max(shape) ** 0.5 * orthogonal(matrix.grad), atol=1e-3)
    torch.testing.assert_close(matrix.detach(), expected, atol=1e-6, rtol=1e-6)


def test_muon_steps_exactly():
    torch.manual_seed(4)
    weight = nn.Parameter(torch.randn(4, 2, 3, 3))
    expected, mean = weight.detach().double().flatten(1), torch.zeros(4, 18, dtype=torch.float64)
    optimizer = Muon([weight], [], lr=0.05, momentum=0.8, weight_decay=0.3)
    for _ in range(3):
        weight.grad = torch.randn(4, 2, 3, 3)
        optimizer.step()
        gradient = weight.grad.double().flatten(1)
        mean = 0.8 * mean + 0.2 * gradient
        x = 0.2 * gradient + 0.8 * mean
        x = x / x.pow(2).sum().sqrt()
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x - 4.7750 * gram @ x + 2.0315 * gram @ gram @ x
        expected = expected * (1 - 0.05 * 0.3) - 0.05 * 0.2 * 18**0.5 * x
        torch.testing.assert_close(weight.detach().double().flatten(1), expected, atol=1e-5, rtol=0)


def test_muon_runs_a_closure_with_gradients_and_skips_what_has_none():
    module, optimizer, _ = made("muon")
    before = deepcopy(module)

    def closure():
        loss = module.get_submodule("fc2")(torch.ones(1, 7)).sum()
        loss.backward()
        return loss

    assert torch.equal(optimizer.step(closure), before.get_submodule("fc2")(torch.ones(1, 7)).sum())
    changed = [
        name
        for (name, p), q in zip(module.named_parameters(), before.parameters(), strict=True)
        if not torch.equal(p, q)
    ]
    assert changed == ["fc2.weight", "fc2.bias"]


@pytest.mark.parametrize("name", SETTINGS)
def test_gone_on_from_a_file_is_never_stopped(name):
    module, optimizer, _ = made(name)
    learn(module, optimizer, 0, 5)
    file, weights = save(flat_state(optimizer)), deepcopy(module.state_dict())
    learn(module, optimizer, 5, 10)

    again, fresh, _ = made(name, seed=9)
    again.load_state_dict(weights)
    load_flat_state(fresh, load(file))
    learn(again, fresh, 5, 10)
    assert same(module, again)
    assert fresh.state_dict()["state"].keys() == optimizer.state_dict()["state"].keys()

    without, forgetful, _ = made(name, seed=9)
    without.load_state_dict(weights)
    learn(without, forgetful, 5, 10)
    assert same(module, without) == (name == "plain_sgd")  # which remembers nothing


@pytest.mark.parametrize("name", ["adam", "sgd", "muon"])
def test_the_order_of_channels_in_memory_comes_back(name):
    module, optimizer, _ = made(name)
    module.to(memory_format=torch.channels_last)
    learn(module, optimizer, 0, 2)
    flat = flat_state(optimizer)
    assert all(tensor.is_contiguous() for tensor in flat.values())
    fresh = make_optimizer(module, TrainingConfig(**SETTINGS[name]))
    load_flat_state(fresh, flat)
    for parameter, values in fresh.state.items():
        for key, value in values.items():
            assert torch.equal(value, optimizer.state[parameter][key])
            assert value.stride() == (() if key == "step" else parameter.stride())


def test_the_flat_state_is_a_copy_of_all_that_is_remembered():
    module, optimizer, _ = made("muon")
    assert flat_state(optimizer) == {}
    learn(module, optimizer, 0, 1)
    flat = flat_state(optimizer)
    adams = {f"{index}.{name}" for index in range(2, 10) for name in ("step", "exp_avg", "exp_avg_sq")}
    assert set(flat) == {"0.momentum_buffer", "1.momentum_buffer"} | adams
    kept = {name: tensor.clone() for name, tensor in flat.items()}
    learn(module, optimizer, 1, 2)
    fresh = make_optimizer(module, TrainingConfig(**SETTINGS["muon"]))
    load_flat_state(fresh, flat)
    learn(module, fresh, 2, 3)
    assert all(torch.equal(flat[name], tensor) for name, tensor in kept.items())


def test_muons_own_state_dict_holds_tensors_and_numbers():
    module, optimizer, _ = made("muon")
    learn(module, optimizer, 0, 1)
    saved = optimizer.state_dict()
    values = [value for state in saved["state"].values() for value in state.values()]
    assert all(isinstance(value, torch.Tensor) for value in values)
    settings = [value for group in saved["param_groups"] for key, value in group.items() if key != "params"]
    assert all(isinstance(value, int | float) for value in settings)


def test_numbers_come_back_as_what_they_were():
    parameter = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adagrad([parameter])
    numbers = {"steps": 2**53 + 1, "share": 0.1, "is_late": True, "nothing": None, "step": torch.tensor(3.0)}
    optimizer.state[parameter] = dict(numbers)
    flat = flat_state(optimizer)
    assert [flat[f"0.{name}"].dtype for name in ("steps", "share", "is_late")] == [
        torch.int64,
        torch.float64,
        torch.bool,
    ]
    assert all(tensor.ndim == 0 for tensor in flat.values())
    fresh = torch.optim.Adagrad([parameter])
    load_flat_state(fresh, load(save(flat)))
    got = fresh.state[parameter]
    del numbers["nothing"]
    assert got == numbers
    assert [type(got[name]) for name in numbers] == [int, float, bool, torch.Tensor]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s | {"99.exp_avg": torch.ones(1)}, "has '99.exp_avg', but the optimizer has 10 parameters"),
        (lambda s: s | {"-1.exp_avg": torch.ones(1)}, "has '-1.exp_avg'"),
        (lambda s: s | {"step": torch.ones(1)}, "has 'step'"),
        (lambda s: s | {"0.exp_avg": torch.ones(2)}, r"0.exp_avg of shape \(2,\) instead of \(4, 2, 3, 3\)"),
        (lambda s: s | {"0.step": torch.ones(2)}, r"0.step of shape \(2,\) instead of \(\)"),
        (lambda s: {k: t for k, t in s.items() if k != "0.step"}, "parameter 0 is exp_avg, exp_avg_sq, but Adam has"),
        (lambda s: {"0.momentum_buffer": s["0.exp_avg"]}, "momentum_buffer, but Adam has .*: it is of another"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(change, message):
    module, optimizer, _ = made("adam")
    learn(module, optimizer, 0, 1)
    flat = flat_state(optimizer)
    with pytest.raises(ValueError, match=message):
        load_flat_state(optimizer, change(flat))
    assert all(torch.equal(tensor, flat[name]) for name, tensor in flat_state(optimizer).items())


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("other", ["adam", "sgd", "muon"])
def test_another_optimizers_state_is_refused(name, other):
    module, optimizer, _ = made(other)
    learn(module, optimizer, 0, 1)
    fresh = make_optimizer(module, TrainingConfig(**SETTINGS[name]))
    alike = {"adam": ("adam", "adamw"), "sgd": ("sgd", "nesterov"), "muon": ("muon", "muon_without_momentum")}
    if name in alike[other]:
        load_flat_state(fresh, flat_state(optimizer))
        assert flat_state(fresh).keys() == flat_state(optimizer).keys()
    else:
        with pytest.raises(ValueError, match="The optimizer's state"):
            load_flat_state(fresh, flat_state(optimizer))
