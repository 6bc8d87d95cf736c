"""The settings of a training run."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import torch


class TrainingConfig(BaseModel):
    """One value for everything that shapes a run, with the reason beside each default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(3, ge=1, le=1000)  # enough to see the curves bend
    batch_size: int = Field(64, ge=1, le=4096)  # small enough to learn from 1,400 digits, large enough to be fast
    learning_rate: float = Field(1e-3, gt=0, le=10, allow_inf_nan=False)  # Adam's own default
    optimizer: Literal["adam", "sgd"] = "adam"  # works untuned
    momentum: float = Field(0.9, ge=0, lt=1)  # SGD's, as most courses set it
    seed: int = Field(0, ge=0, lt=2**31)
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")

    def make_optimizer(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        if self.optimizer == "sgd":
            return torch.optim.SGD(parameters, self.learning_rate, self.momentum)
        return torch.optim.Adam(parameters, self.learning_rate)


def devices() -> list[str]:
    """The devices that this machine has, the fastest first."""
    if version("torch").endswith("+cpu"):  # known without the second or two that importing torch takes
        return ["cpu"]
    import torch

    found = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]
