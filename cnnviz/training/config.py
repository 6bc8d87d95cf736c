"""The settings of a training run."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

OptimizerName = Literal["adam", "adamw", "sgd", "muon"]
ScheduleName = Literal["constant", "step", "cosine", "one_cycle", "triangle"]
Flip = Literal["none", "random", "alternating"]
Views = Literal["none", "mirror", "translate"]


def _known_device(name: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name, re.ASCII):
        raise ValueError("must be auto, cpu, mps, cuda, or a cuda with its number, as cuda:0")
    return name


Device = Annotated[str, AfterValidator(_known_device)]


class TrainingConfig(BaseModel):
    """One value for everything that shapes a run, with the reason beside each default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(3, ge=1, le=1000)  # enough to see the curves bend
    batch_size: int = Field(64, ge=1, le=4096)  # small enough to learn from 1,400 digits, large enough to be fast

    optimizer: OptimizerName = "adam"  # works untuned
    learning_rate: float = Field(1e-3, gt=0, le=10, allow_inf_nan=False)  # Adam's own default; the peak of a schedule
    momentum: float = Field(0.9, ge=0, lt=1)  # SGD's and Muon's, as most courses set it
    nesterov: bool = False  # as torch.optim.SGD; Muon always looks ahead
    weight_decay: float = Field(0.0, ge=0, le=10, allow_inf_nan=False)  # first see a network overfit

    schedule: ScheduleName = "constant"  # one thing at a time
    warmup_epochs: float = Field(0.0, ge=0, le=1000)  # small networks need none; one_cycle rises for a third by itself
    step_epochs: float = Field(10.0, gt=0, le=1000)  # of the step schedule: this often …
    step_factor: float = Field(0.1, gt=0, le=1)  # … the rate shrinks to this share, as He et al. did

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    dropout: float | None = Field(None, ge=0, lt=1)  # None leaves the network's own
    ema: float = Field(0.0, ge=0, lt=1)  # decay of the averaged weights, which are then tested and kept; 0: no average

    crop_padding: int = Field(0, ge=0, le=16)  # pixels of black around an image from which a random part is cut
    translate: int = Field(0, ge=0, le=16)  # pixels that an image is shifted by at most, its edge mirrored
    flip: Flip = "none"  # a mirrored 2 is no 2
    cutout: int = Field(0, ge=0, le=64)  # side of a square that is set to the mean colour
    colour_shift: float = Field(0.0, ge=0, le=1)  # standard deviation along the colours' principal axes; AlexNet: 0.1

    test_time_augmentation: Views = "none"  # mean over views of each test image
    recipe: Literal["plain", "speed"] = "plain"  # speed: whitening and the rest of arXiv 2404.00498, for its network

    held_out: int = Field(0, ge=0, le=10**6)  # training images to measure by, so that the test images choose nothing
    seed: int = Field(0, ge=0, lt=2**31)
    device: Device = "auto"  # the fastest
    precision: Literal["auto", "fp32", "bf16"] = "auto"  # auto: bf16 on CUDA devices that compute in it, else fp32
    compile: bool = False  # costs a minute at the start; CUDA only

    @property
    def measured(self) -> Literal["test", "held-out"]:
        """Which images are measured after each epoch."""
        return "held-out" if self.held_out else "test"

    @property
    def conflict(self) -> str:
        """Why these settings do not go together, in a sentence; nothing where they do."""
        if self.optimizer == "sgd" and self.nesterov and not self.momentum:
            return "Nesterov looks ahead along the momentum, which is 0: set one, or switch Nesterov off."
        if self.recipe == "speed" and self.optimizer != "sgd":
            return "The speed recipe's step sizes are made for SGD: choose the optimizer sgd, or the recipe plain."
        return ""


def devices() -> list[str]:
    """The devices that this machine has, the fastest first."""
    if version("torch").endswith("+cpu"):  # known without the second or two that importing torch takes
        return ["cpu"]
    import torch

    found = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]
