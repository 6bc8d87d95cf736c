import pytest
import torch
from pydantic import ValidationError

from cnnviz.training import TrainingConfig, devices


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"momentum": 1},
        {"optimizer": "magic"},
        {"device": "toaster"},
        {"seed": -1},
        {"unknown": 1},
    ],
)
def test_impossible_settings_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TrainingConfig(**bad)


def test_json_round_trip() -> None:
    config = TrainingConfig(epochs=7, optimizer="sgd", learning_rate=0.05)
    assert TrainingConfig.model_validate_json(config.model_dump_json()) == config


def test_the_cpu_is_always_there_and_comes_last() -> None:
    assert devices()[-1] == "cpu"
    assert ("cuda:0" in devices()) == torch.cuda.is_available()
