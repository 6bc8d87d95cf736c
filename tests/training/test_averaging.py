"""The average beside torch's AveragedModel, and beside the sum of all weights."""

from copy import deepcopy

import pytest
import torch
from safetensors.torch import load, save
from torch import nn
from torch.optim.swa_utils import AveragedModel

from cnnviz.training.averaging import Average


def small(channels=3):
    return nn.Sequential(nn.Conv2d(1, channels, 3), nn.BatchNorm2d(channels), nn.Flatten(), nn.Linear(channels * 4, 2))


def learn(module, steps, then):
    optimizer = torch.optim.SGD(module.parameters(), 0.3)
    for _ in range(steps):
        optimizer.zero_grad()
        module(torch.randn(6, 1, 4, 4)).square().sum().sqrt().backward()
        optimizer.step()
        then(module)


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.999])
def test_torchs_averaged_model_with_the_same_decay(decay):
    torch.manual_seed(0)
    module = small()

    def mean(average, weight, count):  # the copy of the first weights is counted there
        share = min(decay, count / (9 + count))
        return share * average + (1 - share) * weight

    ours, theirs = Average(module, decay), AveragedModel(module, avg_fn=mean)
    theirs.update_parameters(module)

    def update(module):
        ours.update(module)
        theirs.update_parameters(module)

    learn(module, 12, update)
    for name, parameter in theirs.module.named_parameters():
        torch.testing.assert_close(ours.module.get_parameter(name), parameter, rtol=1e-5, atol=1e-6)
    is_last = torch.equal(ours.module.get_parameter("3.weight"), module.get_parameter("3.weight"))
    assert is_last == (decay == 0)
    for name, buffer in module.named_buffers():
        assert torch.equal(ours.module.get_buffer(name), buffer)
    assert ours.count == 12


def test_weights_of_the_average_add_up_to_one():
    module = nn.Linear(1, 1, bias=False)
    values, average = torch.tensor([2.0, -1.0, 4.0, 3.0]), Average(module, 0.15)
    start = module.weight.item()
    for value in values:
        nn.init.constant_(module.weight, value)
        average.update(module)
    # 1 / 10, then 2 / 11 would be more than 0.15
    shares = [0.1 * 0.15**3, 0.9 * 0.15**3, 0.85 * 0.15**2, 0.85 * 0.15, 0.85]
    expected = shares[0] * start + sum(s * v for s, v in zip(shares[1:], values.tolist(), strict=True))
    assert sum(shares) == pytest.approx(1)
    assert average.module.weight.item() == pytest.approx(expected)


def test_the_module_itself_stays_as_it_is():
    torch.manual_seed(0)
    module = small()
    learn(module, 1, lambda _: None)
    before, gradient = deepcopy(module.state_dict()), module[0].weight.grad.clone()
    average = Average(module, 0.9)
    for _ in range(3):
        average.update(module)
    average.load({name: tensor + 1 for name, tensor in average.state().items()})
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert torch.equal(module[0].weight.grad, gradient)
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert not average.module.training
    assert not any(parameter.requires_grad for parameter in average.module.parameters())


def test_gone_on_from_a_file_is_never_stopped():
    torch.manual_seed(0)
    module = small()
    average = Average(module, 0.5)
    learn(module, 3, average.update)
    again = Average(small(), 0.5)
    again.load(load(save(average.state())))

    def update(module):
        average.update(module)
        again.update(module)

    learn(module, 9, update)
    assert again.count == average.count == 12
    theirs = average.module.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in again.module.state_dict().items())


def test_the_state_is_a_copy():
    module = small()
    average = Average(module, 0.5)
    state = average.state()
    kept = {name: tensor.clone() for name, tensor in state.items()}
    learn(module, 2, average.update)
    assert all(torch.equal(tensor, kept[name]) for name, tensor in state.items())
    assert not torch.equal(average.state()["module.0.weight"], kept["module.0.weight"])


def test_a_module_without_weights_and_one_with_whole_numbers():
    empty = nn.ReLU()
    average = Average(empty, 0.5)
    average.update(empty)
    assert average.count == 1
    module = nn.Linear(1, 1)
    module.number = nn.Parameter(torch.tensor([1, 2]), requires_grad=False)
    average = Average(module, 0.5)
    module.number.data += 4
    average.update(module)
    assert average.module.number.tolist() == [5, 6]


@pytest.mark.parametrize("decay", [-0.1, 1, float("nan")])
def test_impossible_decays_are_refused(decay):
    with pytest.raises(ValueError, match="decay of averaged weights is"):
        Average(small(), decay)


def test_another_networks_weights_are_refused():
    average = Average(small(), 0.5)
    state = average.state()
    with pytest.raises(ValueError, match="of another network"):
        average.update(small(4))
    with pytest.raises(ValueError, match="of another network"):
        average.load(Average(small(4), 0.5).state())
    for bad in (state | {"more": torch.ones(1)}, {k: t for k, t in state.items() if k != "count"}):
        with pytest.raises(ValueError, match="no state of averaged weights"):
            average.load(bad)
    assert all(torch.equal(tensor, state[name]) for name, tensor in average.state().items())
