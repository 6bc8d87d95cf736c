"""The settings of a training run."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cnnviz.training.setting import COURSE, IMAGES, LENGTH, MACHINE, MEASURING, OVERFITTING, STEPS, Setting

OptimizerName = Literal["adam", "adamw", "sgd", "muon"]
ScheduleName = Literal["constant", "step", "cosine", "one_cycle", "triangle"]
Flip = Literal["none", "random", "alternating"]
Views = Literal["none", "mirror", "translate"]
Recipe = Literal["plain", "speed"]
Precision = Literal["auto", "fp32", "bf16"]


def _known_device(name: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name, re.ASCII):
        raise ValueError("must be auto, cpu, mps, cuda, or a cuda with its number, as cuda:0")
    return name


Device = Annotated[str, AfterValidator(_known_device)]


class TrainingConfig(BaseModel):
    """One value for everything that shapes a run, with what is said of it and the reason for its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: Annotated[
        int,
        Field(ge=1, le=1000),
        Setting("Epochs", "An epoch is once through all training images.", LENGTH, usual="3 to 30", grid="3, 10, 30"),
    ] = 3  # enough to see the curves bend
    batch_size: Annotated[
        int,
        Field(ge=1, le=4096),
        Setting(
            "Batch size",
            "So many images make one step: more are faster, fewer make more steps.",
            LENGTH,
            usual="16 to 256",
            grid="16, 64, 256",
        ),
    ] = 64  # small enough to learn from 1,400 digits, large enough to be fast

    optimizer: Annotated[
        OptimizerName,
        Setting(
            "Optimiser",
            "How a gradient becomes a step: adam fits each weight's steps by itself, sgd needs a rate that suits it.",
            STEPS,
            usual="adam",
            grid="sgd, adam, adamw",
            in_words={"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "muon": "Muon"},
        ),
    ] = "adam"  # works untuned
    learning_rate: Annotated[
        float,
        Field(gt=0, le=10, allow_inf_nan=False),
        Setting(
            "Learning rate",
            "How long the steps are at most: too long and the loss leaps about, too short and it hardly falls.",
            STEPS,
            usual="0.0003 to 0.01 with adam, 0.01 to 0.5 with sgd",
            step=1e-3,
            least=1e-6,
            grid="0.0003, 0.001, 0.003, 0.01",
        ),
    ] = 1e-3  # Adam's own default; the peak of a schedule

    schedule: Annotated[
        ScheduleName,
        Setting(
            "Schedule",
            "What becomes of the learning rate during the run: long steps find the region, short ones the place in it.",
            COURSE,
            usual="one_cycle or cosine",
            grid="constant, cosine, one_cycle",
            in_words={"one_cycle": "one cycle"},
        ),
    ] = "constant"  # one thing at a time
    warmup_epochs: Annotated[
        float,
        Field(ge=0, le=1000),
        Setting(
            "Warm-up, epochs",
            "The rate rises from nearly 0 for so long, while the weights settle.",
            COURSE,
            usual="0 to 5",
            step=0.5,
            heeded_with={"schedule": ("constant", "step", "cosine", "one_cycle")},
        ),
    ] = 0.0  # small networks need none; one_cycle rises for a third by itself
    step_epochs: Annotated[
        float,
        Field(gt=0, le=1000),
        Setting(
            "Shrinks every … epochs",
            "So often the step schedule shrinks the rate.",
            COURSE,
            usual="a third of the run",
            least=0.01,
            heeded_with={"schedule": ("step",)},
        ),
    ] = 10.0
    step_factor: Annotated[
        float,
        Field(gt=0, le=1),
        Setting(
            "To this share",
            "What the step schedule leaves of the rate each time.",
            COURSE,
            usual="0.1 to 0.5",
            step=0.1,
            least=1e-4,
            heeded_with={"schedule": ("step",)},
        ),
    ] = 0.1  # as He et al. did
    momentum: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            "Momentum",
            "How much of the last step goes on in the next one.",
            COURSE,
            usual="0.9",
            step=0.05,
            most=0.999,
            grid="0, 0.9, 0.99",
            heeded_with={"optimizer": ("sgd", "muon")},
        ),
    ] = 0.9  # as most courses set it
    nesterov: Annotated[
        bool,
        Setting(
            "Nesterov",
            "Takes the gradient where the momentum is about to lead.",
            COURSE,
            heeded_with={"optimizer": ("sgd",)},
        ),
    ] = False  # as torch.optim.SGD; Muon always looks ahead

    weight_decay: Annotated[
        float,
        Field(ge=0, le=10, allow_inf_nan=False),
        Setting(
            "Weight decay",
            "Pulls every weight towards 0, so that none grows without need.",
            OVERFITTING,
            usual="0, or 0.0001 to 0.01",
            step=1e-4,
            grid="0, 0.0005, 0.01",
        ),
    ] = 0.0  # first see a network overfit
    label_smoothing: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            "Label smoothing",
            "Asks for a little less than certainty, so that no answer is driven to extremes.",
            OVERFITTING,
            usual="0 to 0.2",
            step=0.05,
            most=0.99,
            grid="0, 0.1",
        ),
    ] = 0.0
    dropout: Annotated[
        float | None,
        Field(ge=0, lt=1),
        Setting(
            "Dropout",
            "Leaves this share of the units out at random, so that none relies on another; not set, the layers' own holds.",
            OVERFITTING,
            usual="0.1 to 0.5",
            step=0.1,
            most=0.99,
            first=0.5,
            grid="0, 0.3, 0.6",
        ),
    ] = None  # leaves the network's own
    ema: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            "Averaged weights (decay)",
            "Tests and keeps a moving average of the weights, of the last hundred steps or so at 0.99, which is calmer.",
            OVERFITTING,
            usual="0 (none), or 0.9 to 0.999",
            step=0.01,
            most=0.99999,
        ),
    ] = 0.0

    flip: Annotated[
        Flip,
        Setting(
            "Mirrored",
            "Turns images over, left to right: a mirrored car is a car, a mirrored 2 is no 2.",
            IMAGES,
            usual="random for photographs, none for digits",
        ),
    ] = "none"  # a mirrored 2 is no 2
    crop_padding: Annotated[
        int,
        Field(ge=0, le=16),
        Setting(
            "Cut out of a black frame, pixels",
            "Puts a black ring around each image and cuts the size out at random.",
            IMAGES,
            usual="2 to 4",
            grid="0, 2, 4",
        ),
    ] = 0
    translate: Annotated[
        int,
        Field(ge=0, le=16),
        Setting("Shifted by at most, pixels", "Moves each image at random, its edge mirrored.", IMAGES, usual="1 to 4"),
    ] = 0
    cutout: Annotated[
        int,
        Field(ge=0, le=64),
        Setting(
            "Hidden square, pixels",
            "Hides a square of each image, so that no single part decides.",
            IMAGES,
            usual="8 to 16 of 32 pixels",
            grid="0, 8, 16",
        ),
    ] = 0  # its colour is the mean one
    colour_shift: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            "Colour shift",
            "Shifts the colours of each image a little, as other light would.",
            IMAGES,
            usual="0.1, as AlexNet had it",
            step=0.05,
        ),
    ] = 0.0  # standard deviation along the colours' principal axes

    held_out: Annotated[
        int,
        Field(ge=0, le=10**6),
        Setting(
            "Training images held out",
            "So many are not learned from but measured after each epoch, class by class; the test images are measured once, at "
            "the end, and have then chosen nothing.",
            MEASURING,
            usual="0, or a tenth of them",
            step=1000,
        ),
    ] = 0
    test_time_augmentation: Annotated[
        Views,
        Setting(
            "Views of each test image",
            "Tests with the mean of the answers to several views of an image, which is right more often and takes longer.",
            MEASURING,
            usual="none",
        ),
    ] = "none"

    device: Annotated[
        Device,
        Setting(
            "Device",
            "What computes: auto is the fastest that this machine has.",
            MACHINE,
            usual="auto",
            changes_result=False,
        ),
    ] = "auto"
    seed: Annotated[
        int,
        Field(ge=0, lt=2**31),
        Setting(
            "Seed",
            "The same number gives the same first weights and the same order of images again.",
            MACHINE,
            most=2**31 - 1,
            grid="0, 1, 2",
            is_a_number_to_say=False,
        ),
    ] = 0
    recipe: Annotated[
        Recipe,
        Setting(
            "Recipe",
            "speed is a whitening first layer and the rest of arXiv 2404.00498, for Airbench 94 with sgd.",
            MACHINE,
            usual="plain",
            is_side_by_side=True,
        ),
    ] = "plain"
    precision: Annotated[
        Precision,
        Setting(
            "Precision",
            "How long the numbers are: bf16 is faster on newer GPUs, fp32 more exact.",
            MACHINE,
            usual="auto",
            changes_result=False,
            needs_cuda=True,
            is_side_by_side=True,
        ),
    ] = "auto"  # bf16 on CUDA devices that compute in it, else fp32
    compile: Annotated[
        bool,
        Setting(
            "Compile",
            "Writes faster code for the GPU first, which costs a minute at the start.",
            MACHINE,
            changes_result=False,
            needs_cuda=True,
        ),
    ] = False  # CUDA only

    @property
    def evaluated_on(self) -> Literal["test", "held-out"]:
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

    accelerators = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        accelerators.append("mps")
    return [*accelerators, "cpu"]
