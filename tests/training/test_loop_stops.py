"""The loop stopped at any step goes on as if it had not, and closing it leaves nothing changed."""

from collections.abc import Generator
from contextlib import closing
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from cnnviz.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.training import Checkpoint, Kept, Step, Stop, TrainingConfig, train
from cnnviz.training import reporting as reporting_module
from tests.training.cases import SMALL, few


def test_closing_the_generator_stops_it_and_leaves_torch_as_it_was() -> None:
    with closing(train(SMALL, few(), TrainingConfig(epochs=100))) as events:
        for _, event in zip(range(6), events, strict=False):
            assert event
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


# Stopped within an epoch

DROPPING = Network(
    name="dropping",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5),
        BatchNorm2d(),
        ReLU(),
        Flatten(),
        Dropout(p=0.5),
        Linear(out_features=10),
    ),
)


@pytest.mark.parametrize("at", [0, 1, 5, 7, 8, 13, 20])
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adam", "crop_padding": 2, "flip": "random", "cutout": 5},
        {"optimizer": "sgd", "ema": 0.9, "schedule": "one_cycle", "label_smoothing": 0.1},
        {"optimizer": "muon", "warmup_epochs": 1.0},
    ],
)
def test_stopped_at_any_step_it_goes_on_as_if_it_had_not(
    settings: dict[str, Any], at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 0.0)
    config = TrainingConfig(epochs=3, batch_size=30, device="cpu", **settings)  # seven steps an epoch
    events = train(DROPPING, few(), config)
    assert isinstance(events, Generator)
    for event in events:
        if isinstance(event, Step) and event.loss is not None and event.step >= at:
            break
        if at == 0:
            break
    kept = events.throw(Stop())
    assert isinstance(kept, Kept)
    assert kept.step == at
    assert kept.epoch == pytest.approx(at / 7)
    assert int(kept.state["epoch"]) == max(0, (at - 1) // 7)  # of an epoch that is learned the measuring is missing
    with pytest.raises(StopIteration):
        next(events)
    state = load(save(kept.state))
    torch.manual_seed(99)
    again = [e for e in train(DROPPING, few(), config, state=state) if isinstance(e, Checkpoint)]
    whole = [e for e in train(DROPPING, few(), config) if isinstance(e, Checkpoint)]
    assert [e.epoch for e in again] == [1, 2, 3][int(state["epoch"]) :]
    assert again[-1].test_accuracy == whole[-1].test_accuracy
    for name, weight in whole[-1].weights.items():
        assert torch.equal(again[-1].weights[name], weight), name


def test_a_stop_after_an_epoch_keeps_the_same_as_its_checkpoint() -> None:
    events = train(DROPPING, few(), TrainingConfig(epochs=3, device="cpu"))
    assert isinstance(events, Generator)
    checkpoint = next(event for event in events if isinstance(event, Checkpoint))
    kept = events.throw(Stop())
    assert isinstance(kept, Kept)
    assert set(kept.state) == set(checkpoint.state)
    assert all(torch.equal(kept.state[name], tensor) for name, tensor in checkpoint.state.items())
