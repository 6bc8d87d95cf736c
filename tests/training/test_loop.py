"""The loop beside a plain PyTorch loop."""

import math
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.data import Dataset, Split, load_dataset
from cnnviz.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, ShapeError
from cnnviz.networks import Network, architecture
from cnnviz.training import Checkpoint, Epoch, Finished, Snapshot, Step, TrainingConfig, train
from cnnviz.training import loop as loop_module
from cnnviz.training.loop import TrainingError

SMALL = Network(
    name="small",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5, stride=2),
        ReLU(),
        MaxPool2d(kernel_size=2),
        Flatten(),
        Linear(out_features=10),
    ),
)


def few(images: int = 200) -> Dataset:
    digits = load_dataset("digits")
    return replace(
        digits,
        train=Split(digits.train.images[:images], digits.train.labels[:images]),
        test=Split(digits.test.images[:70], digits.test.labels[:70]),
    )


def last_weights(network: Network, dataset: Dataset, config: TrainingConfig) -> dict[str, torch.Tensor]:
    return [e for e in train(network, dataset, config) if isinstance(e, Checkpoint)][-1].weights


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_weights_equal_those_of_a_plain_loop(optimizer: str) -> None:
    data = few()
    config = TrainingConfig(epochs=2, batch_size=32, learning_rate=0.01, optimizer=optimizer, seed=3)
    ours = last_weights(SMALL, data, config)

    torch.manual_seed(3)
    module = SMALL.module()
    made = (
        torch.optim.SGD(module.parameters(), 0.01, 0.9)
        if optimizer == "sgd"
        else torch.optim.Adam(module.parameters(), 0.01)
    )
    images = (torch.from_numpy(data.train.images).float() / 255 - data.mean[0]) / data.std[0]
    labels = torch.from_numpy(data.train.labels)
    shuffle = torch.Generator().manual_seed(3)
    for _ in range(2):
        for which in torch.randperm(len(labels), generator=shuffle).split(32):
            made.zero_grad()
            F.cross_entropy(module(images[which]), labels[which]).backward()
            made.step()
    for name, weight in module.state_dict().items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-4, atol=1e-5)


def test_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    one, same, other = (last_weights(SMALL, few(), TrainingConfig(epochs=1, seed=seed)) for seed in (1, 1, 2))
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
        assert math.isclose(epoch.test_accuracy * 70, round(epoch.test_accuracy * 70), abs_tol=1e-9)
    assert any(isinstance(e, Snapshot) and e.step == 0 for e in events)


def test_test_accuracy_is_that_of_the_weights() -> None:
    data = few()
    final = [e for e in train(SMALL, data, TrainingConfig(epochs=2)) if isinstance(e, Checkpoint)][-1]
    module = SMALL.module()
    module.load_state_dict(final.weights)
    images = (torch.from_numpy(data.test.images).float() / 255 - data.mean[0]) / data.std[0]
    right = (module(images).argmax(1).numpy() == data.test.labels).mean()
    assert final.test_accuracy == pytest.approx(right)


def test_steps_are_reported_while_an_epoch_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "REPORT_SECONDS", 0.0)
    steps = [e for e in train(SMALL, few(), TrainingConfig(epochs=1, batch_size=50)) if isinstance(e, Step)]
    trained = [e for e in steps if e.loss is not None]
    assert [e.step for e in trained] == [1, 2, 3, 4]
    assert [e.epoch for e in trained] == [0.25, 0.5, 0.75, 1.0]
    assert all(e.images_per_second > 0 and 0 <= e.accuracy <= 1 for e in trained)
    assert all(e.total_steps == 4 and e.seconds_left >= 0 for e in steps)


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
    with pytest.raises(ShapeError, match="5×5 kernel on a 1×1 input"):
        next(train(architecture("tutorial_net"), tiny, TrainingConfig()))


def test_divergence_ends_in_a_sentence_that_says_what_to_try() -> None:
    with pytest.raises(TrainingError, match=r"The loss became .* by step \d+.* try 1\."):
        list(train(SMALL, few(), TrainingConfig(epochs=30, learning_rate=10, optimizer="sgd", batch_size=8)))


def test_closing_the_generator_stops_it_and_leaves_torch_as_it_was() -> None:
    with closing(train(SMALL, few(), TrainingConfig(epochs=100))) as events:
        for _, event in zip(range(6), events, strict=False):
            assert event
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
