"""The recipe beside its original: a plain loop with the parametrisation of Jordan's airbench94."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import Conv2d, Flatten, Linear, MaxPool2d
from cnnviz.networks import Network, architecture
from cnnviz.training import Checkpoint, Epoch, TrainingConfig, TrainingError, train
from cnnviz.training.presets import PRESETS
from cnnviz.training.speed_run import SpeedRun, whitening_filters

RECIPE = PRESETS["speed_run"].config


def shapes(images: int) -> Dataset:
    data = load_dataset("shapes")
    return replace(
        data,
        train=Split(data.train.images[:images], data.train.labels[:images]),
        test=Split(data.test.images[:40], data.test.labels[:40]),
    )


def normalised(data: Dataset) -> Tensor:
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (data.mean, data.std))
    return (torch.from_numpy(data.train.images).float() / 255 - mean) / std


# The first filters


def test_whitened_patches_have_the_identity_as_their_covariance() -> None:
    images = normalised(shapes(400))
    filters = whitening_filters(images, (2, 2))
    assert filters.shape == (24, 3, 2, 2)
    torch.testing.assert_close(filters[12:], -filters[:12])
    found = F.conv2d(images, filters[:12]).permute(1, 0, 2, 3).flatten(1).double()
    moments = found @ found.T / found.shape[1]  # around 0: the images' mean is there already

    patches = F.unfold(images, 2).permute(1, 0, 2).flatten(1).double().numpy()
    variances = np.linalg.svd(patches, compute_uv=False)[:12] ** 2 / patches.shape[1]  # the largest first
    torch.testing.assert_close(moments.diag(), torch.from_numpy(variances / (variances + 5e-4)), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(moments, moments.diag().diag(), rtol=0, atol=5e-3)
    assert moments.diag().min() > 0.9
    # the strongest axis of all images: all pixels alike
    assert filters[0].flatten().sign().unique().numel() == 1


@pytest.mark.parametrize(("channels", "size"), [(1, (3, 2)), (3, (1, 1))])
def test_filters_of_other_sizes_whiten_too(channels: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    images = F.avg_pool2d(torch.randn(60, channels, 20, 18), 3, 1) * 4
    half = channels * size[0] * size[1]
    filters = whitening_filters(images, size)
    assert filters.shape == (2 * half, channels, *size)
    found = F.conv2d(images, filters[:half]).permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(found @ found.T / found.shape[1], torch.eye(half), rtol=0, atol=0.02)


# What the recipe does to a network


def test_identities_whitening_normalisation_and_the_last_layer() -> None:
    network, images = architecture("airbench94"), normalised(shapes(200))
    torch.manual_seed(3)
    before = network.module()
    torch.manual_seed(3)
    module = network.module()
    SpeedRun(module, images, RECIPE, 100)

    torch.testing.assert_close(module[0].weight, whitening_filters(images, (2, 2)))
    assert not module[0].weight.requires_grad
    assert module[0].bias.requires_grad
    assert torch.equal(module[0].bias, torch.zeros(24))
    torch.testing.assert_close(module[-1].weight, before[-1].weight / 9)

    convolutions = [(new, old) for new, old in zip(module, before, strict=True) if isinstance(new, nn.Conv2d)][1:]
    assert [new.out_channels for new, _ in convolutions] == [64, 64, 256, 256, 256, 256]
    for new, old in convolutions:
        assert new.bias is None
        inputs = new.in_channels
        for number, kernel in enumerate(new.weight[:inputs]):
            assert kernel.count_nonzero() == 1
            assert kernel[number, 1, 1] == 1
        assert torch.equal(new.weight[inputs:], old.weight[inputs:])
    norms = [part for part in module if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 6
    for norm in norms:
        assert (norm.eps, norm.momentum) == (1e-12, pytest.approx(0.4))
        assert not norm.weight.requires_grad
        assert norm.bias.requires_grad


def test_the_groups_have_the_originals_rates_and_decays() -> None:
    """Decay is as large for all weights, whatever their learning rates."""
    module = architecture("airbench94").module()
    recipe = SpeedRun(module, normalised(shapes(50)), RECIPE, 100)
    optimizer = recipe.optimizer(module, RECIPE)
    seen: dict[int, tuple[float, float]] = {}
    for group in optimizer.param_groups:
        assert (group["momentum"], group["nesterov"]) == (0.85, True)
        for parameter in group["params"]:
            assert id(parameter) not in seen
            seen[id(parameter)] = group["scale"], group["weight_decay"] * group["scale"]
    learning = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    assert len(seen) == len(learning) == 1 + 6 + 6 + 1
    for name, parameter in learning.items():
        scale, decay = seen[id(parameter)]
        assert decay == pytest.approx(RECIPE.weight_decay)
        expected = 64 if name.startswith("bn") else 1 / 81 if name.startswith("fc") else 1
        assert scale == pytest.approx(expected), name
    # in the paper's own terms: 11.5 and 0.0153 for sums over 1024 images
    kilostep = 1024 * (1 + 1 / (1 - 0.85))
    assert RECIPE.learning_rate == pytest.approx(11.5 / kilostep * 1024)
    assert RECIPE.weight_decay * RECIPE.learning_rate == pytest.approx(0.0153 * 1024 / kilostep, rel=1e-3)


# Beside the original


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, numbers: Tensor) -> Tensor:
        return numbers * self.factor


def original_network(images: Tensor) -> nn.Sequential:
    """The network of the paper, its logits multiplied by 1/9, with the paper's start."""
    parts: list[nn.Module] = [nn.Conv2d(3, 24, 2), nn.GELU()]
    before = 24
    for width in (64, 256, 256):
        for inputs, pool in ((before, [nn.MaxPool2d(2)]), (width, [])):
            conv = nn.Conv2d(inputs, width, 3, padding="same", bias=False)
            parts += [conv, *pool, nn.BatchNorm2d(width, eps=1e-12, momentum=1 - 0.6), nn.GELU()]
        before = width
    module = nn.Sequential(*parts, nn.MaxPool2d(3), nn.Flatten(), nn.Linear(256, 10, bias=False), Times(1 / 9))
    with torch.no_grad():
        module[0].weight.copy_(whitening_filters(images, (2, 2)))
        module[0].bias.zero_()
        for part in module[1:]:
            if isinstance(part, nn.Conv2d):
                for channel in range(part.in_channels):
                    part.weight[channel] = 0
                    part.weight[channel, channel, 1, 1] = 1
    for part in module:
        if isinstance(part, nn.BatchNorm2d):
            part.weight.requires_grad = False
    module[0].weight.requires_grad = False
    return module


def original_training(images: Tensor, labels: Tensor, epochs: int, batch: int, lr: float, decay: float) -> nn.Module:
    """``lr`` and ``decay`` are those of a sum over 1024 images; decay is decoupled from the learning rate."""
    torch.manual_seed(0)
    module = original_network(images)
    kilostep = 1024 * (1 + 1 / (1 - 0.85))
    rate, shrink = lr / kilostep, decay * batch / kilostep
    shifts = [part.bias for part in module if isinstance(part, nn.BatchNorm2d)]
    kept = {id(shift) for shift in shifts}
    others = [p for p in module.parameters() if p.requires_grad and id(p) not in kept]
    optimizer = torch.optim.SGD(
        [
            {"params": shifts, "lr": 64 * rate, "weight_decay": shrink / (64 * rate)},
            {"params": others, "lr": rate, "weight_decay": shrink / rate},
        ],
        momentum=0.85,
        nesterov=True,
    )
    total = epochs * ceil(len(images) / batch)
    rising = int(total * 0.23)

    def triangle(step: int) -> float:
        if step < rising:
            return 0.2 + 0.8 * step / rising
        return 1 - 0.93 * (step - rising) / (total - rising)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, triangle)
    slow = {name: tensor.clone() for name, tensor in module.state_dict().items()}

    def look(share: float) -> None:
        for name, tensor in module.state_dict().items():
            if tensor.dtype == torch.float32:
                slow[name] = share * slow[name] + (1 - share) * tensor
                tensor.copy_(slow[name])

    step = 0
    for epoch in range(epochs):
        module[0].bias.requires_grad = epoch < 3
        shuffle = torch.Generator().manual_seed(epoch + 1)
        for which in torch.randperm(len(images), generator=shuffle).split(batch):
            loss = F.cross_entropy(module(images[which]), labels[which], label_smoothing=0.2, reduction="none").sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 5 == 0:
                look(0.95**5 * (step / total) ** 3)
            if step == total:
                look(1)
    return module


def settings(epochs: int, batch: int, lr: float, decay: float) -> TrainingConfig:
    """The same in the terms of a mean."""
    plain = {"translate": 0, "flip": "none", "epochs": epochs, "batch_size": batch, "test_time_augmentation": "none"}
    rate = lr / (1 + 1 / (1 - 0.85)) * batch / 1024
    return RECIPE.model_copy(update={**plain, "learning_rate": rate, "weight_decay": decay / lr})


def trained(network: Network, data: Dataset, config: TrainingConfig) -> list[Checkpoint]:
    return [event for event in train(network, data, config) if isinstance(event, Checkpoint)]


def test_a_few_steps_are_those_of_the_original() -> None:
    data = shapes(48)
    checkpoints = trained(architecture("airbench94"), data, settings(4, 16, 2.0, 0.2))
    expected = original_training(
        normalised(data), torch.from_numpy(data.train.labels), epochs=4, batch=16, lr=2.0, decay=0.2
    ).state_dict()
    ours = checkpoints[-1].weights
    assert len(ours) == len(expected)
    for (name, weight), other in zip(ours.items(), expected.values(), strict=True):
        if name.startswith("fc"):
            other = other / 9
        # small variances divide the error of their axes; shifts began at 0
        exactness = 2e-4 if name == "conv1.weight" else min(4e-5, 6e-3 * float(other.abs().max()))
        torch.testing.assert_close(
            weight, other, rtol=0, atol=exactness, msg=lambda words, name=name: f"{name}: {words}"
        )


def test_the_first_biases_rest_after_three_epochs() -> None:
    states = [checkpoint.state for checkpoint in trained(narrow(), shapes(40), settings(6, 20, 11.5, 0.0153))]
    biases = [state["weights.conv1.bias"] for state in states]
    assert not torch.equal(biases[0], biases[2])
    # the slow weights still pull them towards where they were: the two come to lie on one another
    slow = [state["recipe.conv1.bias"] for state in states]
    for fast, average in zip(biases[3:], slow[3:], strict=True):
        low, high = torch.minimum(biases[2], slow[2]) - 1e-7, torch.maximum(biases[2], slow[2]) + 1e-7
        assert ((fast >= low) & (fast <= high)).all()
        assert ((average >= low) & (average <= high)).all()
    assert not torch.equal(states[2]["weights.conv2.weight"], states[4]["weights.conv2.weight"])


def narrow() -> Network:
    layers = (
        Conv2d(out_channels=24, kernel_size=2),
        *architecture("airbench94").layers[1:2],
        Conv2d(out_channels=8, kernel_size=3, padding=1, bias=False),
        *architecture("airbench94").layers[3:6],
        MaxPool2d(kernel_size=5),
        Flatten(),
        Linear(out_features=10, bias=False),
    )
    return Network(name="narrow", input_shape=(3, 32, 32), layers=layers)


@pytest.mark.parametrize("images", [40, 41])  # 41: the last image of each epoch is left out
def test_the_slow_weights_are_those_at_the_end(images: int) -> None:
    state = trained(narrow(), shapes(images), settings(3, 20, 11.5, 0.0153))[-1].state
    slow = {name.removeprefix("recipe."): tensor for name, tensor in state.items() if name.startswith("recipe.")}
    assert "conv1.weight" in slow
    assert "bn1.running_mean" in slow
    for name, tensor in slow.items():
        assert torch.equal(tensor, state[f"weights.{name}"]), name


def test_it_learns() -> None:
    events = list(train(narrow(), shapes(600), settings(3, 60, 11.5, 0.0153)))
    accuracies = [event.test_accuracy for event in events if isinstance(event, Epoch)]
    assert accuracies[-1] > max(0.3, accuracies[0])


# Where it cannot be


REFUSED: dict[str, tuple[Network, dict[str, object], str]] = {
    "optimizer": (narrow(), {"optimizer": "adam"}, "made for SGD: choose the optimizer sgd"),
    "no convolution first": (architecture("mlp"), {}, "convolution first and a linear layer last: take airbench94"),
    "first layer without bias": (
        Network(
            name="no bias",
            input_shape=(3, 32, 32),
            layers=(Conv2d(out_channels=24, kernel_size=2, bias=False), *narrow().layers[1:]),
        ),
        {},
        "convolution first and a linear layer last: take airbench94",
    ),
    "other filters": (
        architecture("tutorial_net"),
        {},
        "wants 150 filters in the first layer, two for each number of a 5×5 patch, not 6: take airbench94",
    ),
    "looking ahead without momentum": (narrow(), {"momentum": 0.0}, "Nesterov"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_other_networks_and_optimizers_are_refused(why: str) -> None:
    network, changed, sentence = REFUSED[why]
    with pytest.raises(TrainingError, match=sentence):
        next(train(network, shapes(20), RECIPE.model_copy(update=changed)))


def test_grey_images_need_fewer_filters() -> None:
    with pytest.raises(TrainingError, match="wants 8 filters in the first layer"):
        next(train(architecture("airbench94"), load_dataset("digits"), RECIPE))
