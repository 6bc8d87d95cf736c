"""The loop beside a plain PyTorch loop."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import Conv2d, ShapeError
from cnnviz.networks import Network, architecture
from cnnviz.training import Checkpoint, Epoch, Finished, Snapshot, Step, TrainingConfig, TrainingError, train
from cnnviz.training import reporting as reporting_module
from tests.training.cases import SMALL, few
from tests.training.plain_loop import NORMALISED, plain_batches


def last_weights(network: Network, dataset: Dataset, config: TrainingConfig) -> dict[str, Tensor]:
    return [e for e in train(network, dataset, config) if isinstance(e, Checkpoint)][-1].weights


OPTIMIZERS: dict[str, tuple[dict[str, object], Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]]] = {
    "sgd": ({"optimizer": "sgd"}, lambda p: torch.optim.SGD(p, 0.01, 0.9)),
    "nesterov": (
        {"optimizer": "sgd", "momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
        lambda p: torch.optim.SGD(p, 0.01, 0.8, nesterov=True, weight_decay=0.05),
    ),
    "adam": (
        {"optimizer": "adam", "weight_decay": 0.05},
        lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.05),
    ),
    "adamw": (
        {"optimizer": "adamw", "weight_decay": 0.5},
        lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.5),
    ),
}


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_equal_those_of_a_plain_loop(optimizer: str, schedule: str) -> None:
    data = few()
    settings, make = OPTIMIZERS[optimizer]
    smoothing = 0.2 if schedule == "cosine" else 0.0
    config = TrainingConfig(
        epochs=2, batch_size=32, learning_rate=0.01, seed=3, schedule=schedule, label_smoothing=smoothing, **settings
    )
    ours = last_weights(SMALL, data, config)

    torch.manual_seed(3)
    module = SMALL.module()
    made = make(module.parameters())
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(made, 14)
    for images, labels in plain_batches(data, config):
        made.zero_grad()
        F.cross_entropy(module(images), labels, label_smoothing=smoothing).backward()
        made.step()
        if schedule == "cosine":
            falling.step()
    for name, weight in module.state_dict().items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-4, atol=1e-5)


def test_images_held_out_are_not_learned_from_and_are_measured_instead() -> None:
    data, config = few(), TrainingConfig(epochs=2, batch_size=32, learning_rate=0.01, seed=3, held_out=60)
    told = list(train(SMALL, data, config))
    learned, measured = data.parts(60, 3)
    as_test = replace(data, train=learned, test=measured)
    vars(as_test)["_moments"] = (data.mean, data.std)  # standardised as before
    plain = list(train(SMALL, as_test, config.model_copy(update={"held_out": 0})))
    for ours, theirs in zip(told, plain, strict=True):
        if isinstance(ours, Epoch):
            assert (ours.test_loss, ours.test_accuracy) == (theirs.test_loss, theirs.test_accuracy)
            assert (ours.confusion == theirs.confusion).all()
            assert ours.mistakes == theirs.mistakes
        if isinstance(ours, Checkpoint):
            assert all(weight.equal(theirs.weights[name]) for name, weight in ours.weights.items())
    last = [event for event in told if isinstance(event, Checkpoint)][-1].weights
    module = SMALL.module().eval()
    module.load_state_dict(last)
    images = (torch.from_numpy(data.test.images).float() / 255 - data.mean[0]) / data.std[0]
    right = (module(images).argmax(1).numpy() == data.test.labels).mean()
    assert told[-1] == replace(told[-1], test_accuracy=pytest.approx(right))


def test_more_cannot_be_held_out_than_there_are() -> None:
    with pytest.raises(TrainingError, match="200 of the 200 training images cannot be held out"):
        list(train(SMALL, few(), TrainingConfig(held_out=200)))


def test_dropout_draws_from_a_seed_for_each_epoch() -> None:
    data = few(96)
    config = TrainingConfig(epochs=2, batch_size=32, learning_rate=0.01, optimizer="sgd", seed=2, dropout=0.5)
    ours = last_weights(SMALL, data, config)

    torch.manual_seed(2)
    module = SMALL.module()
    made = torch.optim.SGD(module.parameters(), 0.01, 0.9)
    for step, (images, labels) in enumerate(plain_batches(data, config)):
        if step % 3 == 0:
            torch.manual_seed(2 * 1000 + step // 3 + 1)
        made.zero_grad()
        features = F.dropout(module[:-1](images), 0.5)
        F.cross_entropy(module[-1](features), labels).backward()
        made.step()
    for name, weight in module.state_dict().items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dropout": 0.4, "ema": 0.9},
        {"optimizer": "muon", "batch_size": 100, "network": "two_hidden"},
        {
            "crop_padding": 2,
            "translate": 1,
            "flip": "alternating",
            "cutout": 6,
            "colour_shift": 0.1,
            "test_time_augmentation": "translate",
        },
    ],
    ids=["plain", "dropout and average", "muon", "augmentation"],
)
def test_same_seed_gives_the_same_weights_and_another_seed_others(settings: dict[str, object]) -> None:
    settings = dict(settings)
    network = architecture("tutorial_net") if settings.pop("network", None) else SMALL
    one, same, other = (
        last_weights(network, few(150), TrainingConfig(epochs=2, seed=seed, **settings)) for seed in (1, 1, 2)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["conv1.weight"], other["conv1.weight"])


def test_events_come_in_order_and_measure_the_whole_test_set() -> None:
    events = list(train(SMALL, few(), TrainingConfig(epochs=2, batch_size=64)))
    epochs = [e for e in events if isinstance(e, Epoch)]
    assert [e.epoch for e in epochs] == [0, 1, 2]
    assert [e.step for e in epochs] == [0, 4, 8]
    assert [e.epoch for e in events if isinstance(e, Checkpoint)] == [1, 2]
    assert isinstance(events[-1], Finished)
    assert events[-1].test_accuracy == epochs[-1].test_accuracy
    for epoch in epochs:
        assert math.isclose(epoch.test_accuracy * 70, round(epoch.test_accuracy * 70), abs_tol=1e-4)
    assert any(isinstance(e, Snapshot) and e.step == 0 for e in events)


@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_test_accuracy_is_that_of_the_weights(ema: float) -> None:
    data = few()
    final = [e for e in train(SMALL, data, TrainingConfig(epochs=2, ema=ema)) if isinstance(e, Checkpoint)][-1]
    module = SMALL.module()
    module.load_state_dict(final.weights)
    images = (torch.from_numpy(data.test.images).float() / 255 - data.mean[0]) / data.std[0]
    right = (module(images).argmax(1).numpy() == data.test.labels).mean()
    assert final.test_accuracy == pytest.approx(right)
    are_the_last = all(torch.equal(final.weights[name], final.state[f"weights.{name}"]) for name in final.weights)
    assert are_the_last == (not ema)


def test_steps_are_reported_while_an_epoch_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 0.0)
    steps = [e for e in train(SMALL, few(), TrainingConfig(epochs=1, batch_size=50)) if isinstance(e, Step)]
    trained = [e for e in steps if e.loss is not None]
    assert [e.step for e in trained] == [1, 2, 3, 4]
    assert [e.epoch for e in trained] == [0.25, 0.5, 0.75, 1.0]
    assert all(e.images_per_second > 0 and 0 <= e.accuracy <= 1 for e in trained)
    assert all(e.total_steps == 4 and (e.seconds_left >= 0 if e.step else math.isnan(e.seconds_left)) for e in steps)


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_reported_losses_are_those_of_a_plain_loop(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", seconds)
    data, config = few(110), TrainingConfig(epochs=1, batch_size=50, optimizer="sgd", learning_rate=0.01)
    steps = [e for e in train(SMALL, data, config) if isinstance(e, Step) and e.loss is not None]

    torch.manual_seed(0)
    module = SMALL.module()
    made = torch.optim.SGD(module.parameters(), 0.01, 0.9)
    losses, rights, counts = [], [], []
    for images, labels in plain_batches(data, config):
        made.zero_grad()
        logits = module(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        made.step()
        losses.append(loss.item())
        rights.append((logits.argmax(1) == labels).sum().item())
        counts.append(len(labels))
    if seconds:  # one report for the epoch: each image counts once
        losses, rights, counts = [np.average(losses, weights=counts)], [sum(rights)], [sum(counts)]
    assert [e.loss for e in steps] == pytest.approx(losses, rel=1e-4)
    assert [e.accuracy for e in steps] == pytest.approx([r / n for r, n in zip(rights, counts, strict=True)])


def test_a_network_for_other_images_is_fitted() -> None:
    shapes = load_dataset("shapes")
    data = replace(
        shapes,
        train=Split(shapes.train.images[:64], shapes.train.labels[:64]),
        test=Split(shapes.test.images[:10], shapes.test.labels[:10]),
    )
    assert last_weights(architecture("lenet5"), data, TrainingConfig(epochs=1))["conv1.weight"].shape == (32, 3, 5, 5)


def test_a_network_that_cannot_fit_is_refused() -> None:
    tiny = Dataset("t", "T", ("a", "b"), *(Split(np.zeros((4, 1, 6, 6), np.uint8), np.arange(4) % 2) for _ in range(2)))
    with pytest.raises(ShapeError, match="needs images of at least 16×16, and these are 6×6"):
        next(train(architecture("tutorial_net"), tiny, TrainingConfig()))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"compile": True, "device": "cpu"}, "on CUDA devices only: switch compile off"),
        ({"optimizer": "sgd", "momentum": 0, "nesterov": True}, "switch Nesterov off"),
    ],
)
def test_settings_that_cannot_be_together_are_refused(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        next(train(SMALL, few(), TrainingConfig(**settings)))


def test_half_precision_leaves_the_weights_whole() -> None:
    config = TrainingConfig(epochs=1, batch_size=32, device="cpu", precision="bf16")
    half = last_weights(SMALL, few(), config)
    full = last_weights(SMALL, few(), config.model_copy(update={"precision": "fp32"}))
    for name, weight in full.items():
        assert half[name].dtype == torch.float32
        assert not torch.equal(half[name], weight)
        torch.testing.assert_close(half[name], weight, rtol=0, atol=0.02)


# Normalisation needs two images


def test_a_remainder_of_one_image_is_left_out_before_normalisation() -> None:
    data, config = few(65), TrainingConfig(epochs=2, batch_size=32, optimizer="sgd", learning_rate=0.01)
    events = list(train(NORMALISED, data, config))
    ours = [e for e in events if isinstance(e, Checkpoint)][-1].weights
    assert [e.step for e in events if isinstance(e, Epoch)] == [0, 2, 4]

    torch.manual_seed(0)
    module = NORMALISED.module()
    made = torch.optim.SGD(module.parameters(), 0.01, 0.9)
    for images, labels in plain_batches(data, config):
        if len(images) > 1:
            made.zero_grad()
            F.cross_entropy(module(images), labels).backward()
            made.step()
    assert ours["bn1.num_batches_tracked"] == 4
    for name, weight in module.state_dict().items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-4, atol=1e-5)


def test_batches_of_one_image_are_either_learned_from_or_refused() -> None:
    spacious = NORMALISED.model_copy(
        update={"layers": (Conv2d(out_channels=2, kernel_size=5, stride=4), *NORMALISED.layers[1:])}
    )
    refusal, learned = "", 0
    try:
        learned = int(last_weights(spacious, few(6), TrainingConfig(epochs=1, batch_size=1))["bn1.num_batches_tracked"])
    except TrainingError as error:
        refusal = str(error)
    assert learned == 6 or "batch" in refusal


def test_curves_of_train_and_test_images_are_of_one_kind() -> None:
    data = few()
    data = replace(data, test=data.train)
    config = TrainingConfig(epochs=30, label_smoothing=0.4, optimizer="sgd", learning_rate=0.05, batch_size=200)
    *_, last, tested = (e for e in train(SMALL, data, config) if isinstance(e, Epoch) or getattr(e, "loss", None))
    assert isinstance(last, Step)
    assert isinstance(tested, Epoch)
    assert last.loss == pytest.approx(tested.test_loss, rel=0.25)  # measured a step apart


def test_a_device_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match=r"^There is no device cuda:99 here: choose one of .*cpu\.$"):
        list(train(SMALL, few(), TrainingConfig(device="cuda:99")))
