"""Beside what plain torch says of the same images, and with units that are broken by hand."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sigmoid
from cnnviz.networks import Network
from cnnviz.training import Epoch, TrainingConfig, train
from cnnviz.training.learner import Learner
from cnnviz.training.signs import sample_of
from cnnviz.training.team import ALONE
from tests.training.cases import few

NETWORK = Network(
    name="looked at",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5, stride=3),
        BatchNorm2d(),
        ReLU(),
        Flatten(),
        Linear(out_features=6),
        Sigmoid(),
        Linear(out_features=10),
    ),
)


def learner(**settings: object) -> Learner:
    return Learner(NETWORK, few(), TrainingConfig(device="cpu", **settings), ALONE)


@pytest.mark.parametrize(("images", "size"), [(10, 10), (250, 250), (700, 250), (2_000, 500), (50_000, 1_000)])
def test_the_sample_is_as_large_as_it_should_be_and_drawn_by_the_seed(images: int, size: int) -> None:
    first, again, other = sample_of(images, 1), sample_of(images, 1), sample_of(images, 2)
    assert len(first) == len(set(first.tolist())) == size
    assert 0 <= int(first.min()) <= int(first.max()) < images
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (size == images)


def test_what_is_said_is_what_torch_finds_in_eval_mode() -> None:
    now = learner(flip="random", crop_padding=2)
    data = few()
    for which in list(now.batches())[:1]:
        logits = now.module(now.train_data.batch(which)[0])  # the running statistics move
        assert logits.requires_grad
    now.step = 1
    found = now.signs()
    assert found is not None
    assert now.module.training
    module = copy.deepcopy(now.module).eval()
    mean, std = torch.tensor(data.mean).view(1, -1, 1, 1), torch.tensor(data.std).view(1, -1, 1, 1)
    images = (torch.from_numpy(data.train.images).float() / 255 - mean) / std
    labels = torch.from_numpy(data.train.labels)
    with torch.no_grad():
        logits = module(images)
    assert found.images == len(labels)
    assert found.loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-4)
    assert found.accuracy == pytest.approx(float((logits.argmax(1) == labels).float().mean()))
    assert found.spread == pytest.approx(float(logits.std(0, correction=0).mean()), rel=1e-3)
    assert found.commonest == pytest.approx(logits.argmax(1).unique(return_counts=True)[1].max().item() / len(labels))
    norm = torch.cat([p.flatten() for p in module.parameters() if p.ndim > 1]).detach().norm()
    assert found.weights == pytest.approx(float(norm), rel=1e-4)
    assert (found.input_mean, found.input_deviation) == pytest.approx(
        (float(images.mean()), float(images.std(correction=0))), abs=1e-3
    )


def test_before_training_normalisation_goes_by_the_images_themselves() -> None:
    """Its running statistics are 0 and 1 then: deep networks would seem to lose every difference on the way."""
    block = (Conv2d(out_channels=8, kernel_size=3, padding=1), BatchNorm2d(), ReLU())
    network = Network(name="deep", input_shape=(1, 28, 28), layers=(*block * 12, Flatten(), Linear(out_features=10)))
    now = Learner(network, few(), TrainingConfig(device="cpu"), ALONE)
    before = {name: tensor.clone() for name, tensor in now.module.state_dict().items()}
    first = now.signs()
    now.step = 1
    later = now.signs()
    assert first is not None
    assert later is not None
    assert later.spread < 1e-3 < 0.01 < first.spread
    assert all(torch.equal(tensor, before[name]) for name, tensor in now.module.state_dict().items())
    assert all(part.track_running_stats for part in now.module.modules() if isinstance(part, nn.BatchNorm2d))
    module, images = copy.deepcopy(now.module).train(), now._looked_at.batch(slice(0, len(now._looked_at)))[0]
    with torch.no_grad():
        expected = float(module(images).std(0, correction=0).mean())
    assert first.spread == pytest.approx(expected, rel=0.05)


def test_units_that_are_off_are_counted() -> None:
    now = learner()
    parts = dict(now.module.named_children())
    norm, hidden = parts["bn1"], parts["fc1"]
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(hidden, nn.Linear)
    with torch.no_grad():
        norm.bias[:] = torch.tensor([-1e3, 1.0, -1e3, 1.0])  # two of four maps below 0 everywhere
        hidden.weight[:3] = 0
        hidden.bias[:3] = 50  # three of six numbers where the sigmoid is flat
        hidden.weight[3:] *= 0.01
        hidden.bias[3:] = 0
    found = now.signs()
    assert found is not None
    assert {one.layer: (one.share, one.how) for one in found.off} == {"conv1": (0.5, "zero"), "fc1": (0.5, "flat")}


def test_each_epoch_brings_them_and_they_change_no_weight() -> None:
    epochs = [e for e in train(NETWORK, few(), TrainingConfig(epochs=2, device="cpu")) if isinstance(e, Epoch)]
    assert [e.epoch for e in epochs] == [0, 1, 2]
    for event in epochs:
        assert event.signs is not None
        assert 0 <= event.signs.accuracy <= 1
