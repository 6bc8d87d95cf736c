"""Runs that go on from a checkpoint beside the same runs without a stop."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks import Network, architecture
from cnnviz.training import (
    Checkpoint,
    Epoch,
    Event,
    Finished,
    Snapshot,
    Started,
    Step,
    TrainingConfig,
    TrainingError,
    train,
)
from cnnviz.training.presets import PRESETS

SMALL = Network(
    name="small",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5, stride=2),
        BatchNorm2d(),
        ReLU(),
        Conv2d(out_channels=6, kernel_size=3),
        ReLU(),
        MaxPool2d(kernel_size=2),
        Flatten(),
        Linear(out_features=12),
        ReLU(),
        Linear(out_features=10),
    ),
)


def few(images: int = 100) -> Dataset:
    digits = load_dataset("digits")
    return replace(
        digits,
        train=Split(digits.train.images[:images], digits.train.labels[:images]),
        test=Split(digits.test.images[:30], digits.test.labels[:30]),
    )


def noise(images: int = 64) -> Dataset:
    """Colour images of nothing, as large as CIFAR-10's."""
    rng = np.random.default_rng(0)
    split = Split(rng.integers(0, 256, (images, 3, 32, 32), np.uint8), np.arange(images, dtype=np.int64) % 10)
    return Dataset("noise", "Noise", tuple("0123456789"), split, Split(split.images[:16], split.labels[:16]))


def checkpoints(events: Iterable[Event]) -> list[Checkpoint]:
    return [event for event in events if isinstance(event, Checkpoint)]


def through_a_file(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return load(save(state))


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert set(one) == set(other)
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype, name
        assert torch.equal(tensor, other[name]), name


CONFIGS: dict[str, dict[str, object]] = {
    "nesterov": {"optimizer": "sgd", "nesterov": True, "learning_rate": 0.02, "weight_decay": 0.001},
    "no momentum": {"optimizer": "sgd", "momentum": 0, "learning_rate": 0.05},
    "adam": {"optimizer": "adam"},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.1, "schedule": "one_cycle"},
    "muon": {"optimizer": "muon", "learning_rate": 0.01, "weight_decay": 0.1},
    "average": {"optimizer": "sgd", "learning_rate": 0.02, "ema": 0.9, "schedule": "step", "step_epochs": 1},
    "everything": {
        "crop_padding": 2,
        "translate": 1,
        "flip": "alternating",
        "cutout": 5,
        "colour_shift": 0.2,
        "dropout": 0.3,
        "schedule": "cosine",
        "warmup_epochs": 0.5,
        "label_smoothing": 0.1,
        "ema": 0.8,
    },
    "random flips": {"flip": "random", "dropout": 0.5},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_going_on_ends_with_the_weights_of_a_run_without_a_stop(name: str) -> None:
    config = TrainingConfig(epochs=3, batch_size=32, seed=5, **CONFIGS[name])
    whole = checkpoints(train(SMALL, few(), config))
    for epoch in (1, 2):
        torch.rand(epoch)  # whatever else draws in this process
        again = checkpoints(train(SMALL, few(), config, state=through_a_file(whole[epoch - 1].state)))
        assert [c.epoch for c in again] == list(range(epoch + 1, 4))
        assert_same(again[-1].weights, whole[-1].weights)
        assert_same(again[-1].state, whole[-1].state)
        assert [c.test_accuracy for c in again] == [c.test_accuracy for c in whole[epoch:]]


def test_a_speed_run_goes_on_as_if_it_had_never_stopped() -> None:
    changed = {"epochs": 5, "batch_size": 32, "learning_rate": 0.1, "dropout": 0.2, "ema": 0.5}
    config = PRESETS["speed_run"].config.model_copy(update=changed)
    whole = checkpoints(train(architecture("airbench94"), noise(), config))
    for epoch in (2, 4):  # the first layer's biases learn until the third
        state = through_a_file(whole[epoch - 1].state)
        again = checkpoints(train(architecture("airbench94"), noise(), config, state=state))
        assert_same(again[-1].state, whole[-1].state)
        assert_same(again[-1].weights, whole[-1].weights)


def test_a_state_is_a_copy_that_training_leaves_alone() -> None:
    config = TrainingConfig(epochs=3, batch_size=32, ema=0.9)
    events = train(SMALL, few(), config)
    first = next(event for event in events if isinstance(event, Checkpoint))
    before = {name: tensor.clone() for name, tensor in first.state.items()}
    last = checkpoints(events)[-1]
    assert_same(first.state, before)
    checkpoints(train(SMALL, few(), config, state=first.state))
    assert_same(first.state, before)
    assert not torch.equal(last.weights["conv1.weight"], first.weights["conv1.weight"])


def test_what_the_watcher_draws_between_epochs_changes_nothing() -> None:
    config = TrainingConfig(epochs=3, batch_size=32, dropout=0.4, flip="random", cutout=4)
    quiet = checkpoints(train(SMALL, few(), config))[-1]
    loud = None
    for event in train(SMALL, few(), config):
        if isinstance(event, Started | Epoch | Checkpoint):
            torch.manual_seed(99)
            np.random.default_rng().random()
            torch.randn(7)
        if isinstance(event, Checkpoint):
            loud = event
    assert loud is not None
    assert_same(loud.weights, quiet.weights)


def test_it_says_where_it_goes_on_and_does_not_measure_the_untrained_network() -> None:
    config = TrainingConfig(epochs=3, batch_size=32)
    state = checkpoints(train(SMALL, few(), config))[0].state
    events = list(train(SMALL, few(), config, state=state))
    first = events[0]
    assert isinstance(first, Started)
    assert (first.epoch, first.step) == (1, 4)
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [2, 3]
    assert all(event.step > 4 and event.epoch > 1 for event in events if isinstance(event, Step))
    assert not any(isinstance(event, Snapshot) and event.step == 0 for event in events)


def test_after_the_last_epoch_only_the_end_is_told_again() -> None:
    config = TrainingConfig(epochs=2, batch_size=32)
    last = checkpoints(train(SMALL, few(), config))[-1]
    events = [event for event in train(SMALL, few(), config, state=last.state) if not isinstance(event, Step)]
    assert [type(event) for event in events] == [Started, Epoch, Finished]
    assert isinstance(events[1], Epoch)
    assert isinstance(events[2], Finished)
    assert (events[1].epoch, events[1].step) == (2, 8)
    assert events[1].test_accuracy == events[2].test_accuracy == last.test_accuracy


def test_no_right_answer_at_all_is_no_reason_to_measure_twice() -> None:
    data = few()
    learned = data.train.labels != 9
    data = replace(
        data,
        train=Split(data.train.images[learned], data.train.labels[learned]),
        test=Split(data.test.images, np.full(30, 9, np.int64)),
    )
    config = TrainingConfig(epochs=2, batch_size=32, learning_rate=0.01)
    whole = checkpoints(train(SMALL, data, config))
    assert whole[-1].test_accuracy == 0
    events = list(train(SMALL, data, config, state=whole[0].state))
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [2]


OTHERS: dict[str, tuple[Network, dict[str, object]]] = {
    "network": (SMALL.model_copy(update={"layers": (*SMALL.layers[:4], *SMALL.layers[-4:])}), {}),
    "optimizer": (SMALL, {"optimizer": "adam"}),
    "optimizer without momentum": (SMALL, {"momentum": 0}),
    "muon": (SMALL, {"optimizer": "muon"}),
    "average": (SMALL, {"ema": 0.9}),
    "batch size": (SMALL, {"batch_size": 10}),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_state_of_other_settings_is_refused(other: str) -> None:
    config = TrainingConfig(epochs=2, batch_size=32, optimizer="sgd")
    network, settings = OTHERS[other]
    state = checkpoints(train(SMALL, few(), config))[0].state
    with pytest.raises(TrainingError, match="is of another network or other settings"):
        list(train(network, few(), config.model_copy(update=settings), state=state))


@pytest.mark.parametrize("settings", [{"optimizer": "adam"}, {"ema": 0.9}], ids=str)
def test_a_state_with_more_than_the_settings_say_is_refused(settings: dict[str, object]) -> None:
    config = TrainingConfig(epochs=2, batch_size=32, optimizer="sgd", momentum=0)
    state = checkpoints(train(SMALL, few(), config.model_copy(update=settings)))[0].state
    with pytest.raises(TrainingError, match="is of another network or other settings"):
        list(train(SMALL, few(), config, state=state))


@pytest.mark.parametrize("gone", ["epoch", "weights.fc2.bias", "average.count", "optimizer.0.exp_avg"])
def test_a_state_with_a_part_missing_is_refused(gone: str) -> None:
    config = TrainingConfig(epochs=2, batch_size=32, ema=0.5)
    state = checkpoints(train(SMALL, few(), config))[0].state
    assert gone in state
    del state[gone]
    with pytest.raises(TrainingError, match="is of another network or other settings"):
        list(train(SMALL, few(), config, state=state))
