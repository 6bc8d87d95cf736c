"""What a training loop tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Weights: TypeAlias = "dict[str, torch.Tensor]"


@dataclass(frozen=True)
class Started:
    """Training begins, or goes on after a finished epoch."""

    device: str
    epoch: int
    """The last finished one."""
    step: int


@dataclass(frozen=True)
class Step:
    """Where training stands; comes at the reporting rate, and between batches of the evaluation too."""

    step: int
    total_steps: int
    epoch: float
    """Epochs done so far, with the fraction of the present one."""
    images_per_second: float
    """Training images per second since the event before; 0 while the test set is being measured."""
    seconds_left: float
    """NaN as long as nothing has been learned to judge by."""
    loss: float | None = None
    """Mean over the batches since the event before; None where there were none."""
    accuracy: float | None = None
    """Share of right answers in the same batches, 0 to 1."""


@dataclass(frozen=True)
class Mistake:
    """A test image that the network takes for something else."""

    image: int
    """Its place among the images measured."""
    label: int
    answer: int
    confidence: float
    """The probability of the wrong answer."""


@dataclass(frozen=True)
class Off:
    """Units of an activation that pass no gradient on."""

    layer: str
    """The one whose numbers it takes."""
    share: float
    how: str
    """``zero``: units of a ReLU that are 0 for every image. ``flat``: numbers of a sigmoid or tanh where it hardly rises."""


@dataclass(frozen=True)
class Signs:
    """How a network stands: of some training images, unchanged, by the weights and in the mode that are tested."""

    images: int
    loss: float
    """Plain cross-entropy."""
    accuracy: float
    spread: float
    """The standard deviation of a class's score from image to image, the mean over the classes."""
    commonest: float
    """The share of the images that get the commonest answer."""
    weights: float
    """The Euclidean norm of all weights, biases aside."""
    input_mean: float
    input_deviation: float
    off: tuple[Off, ...] = ()
    """In the order of the layers."""


@dataclass(frozen=True)
class Epoch:
    """An epoch is done and the whole test set has been measured. Epoch 0 is the untrained network.

    Where the settings hold training images out, these have been measured in the place of the test images.
    """

    epoch: int
    step: int
    test_loss: float
    test_accuracy: float
    confusion: NDArray[np.int64]
    """How many images of each class (row) got which answer (column)."""
    mistakes: tuple[Mistake, ...]
    """Those that it is surest of, the surest first."""
    signs: Signs | None = None
    """None where it was not measured."""
    answers: NDArray[np.uint8] | None = None
    """The class that each image was taken for, ``(images,)``."""


@dataclass(frozen=True)
class Glance:
    """A look at a network that learns: small enough to be kept many times."""

    kernels: NDArray[np.float16]
    """Weights of the first layer, ``(units, channels, height, width)``."""
    answers: NDArray[np.float16]
    """Probabilities for the first images measured, ``(images, classes)``."""
    accuracy: float
    """Of the first ``sample`` images measured; NaN where that was not done."""
    sample: int


@dataclass(frozen=True)
class Snapshot:
    """The weights of the moment, for those who watch. They are copies on the CPU."""

    step: int
    epoch: float
    weights: Weights
    glance: Glance


@dataclass(frozen=True)
class Moment:
    """One of about thirty moments of a run, which are kept: the same steps each time."""

    step: int
    epoch: float
    glance: Glance


@dataclass(frozen=True)
class Checkpoint:
    """The weights at the end of an epoch, to be kept. They are copies on the CPU."""

    epoch: int
    test_accuracy: float
    weights: Weights
    state: Weights
    """All that ``train(state=…)`` needs to go on from here as if it had never stopped."""


@dataclass(frozen=True)
class Kept:
    """All that was learned when someone stopped the run, within an epoch most often. Tensors are copies on the CPU."""

    step: int
    epoch: float
    weights: Weights
    glance: Glance
    state: Weights
    """As that of a Checkpoint."""


@dataclass(frozen=True)
class Finished:
    epochs: int
    seconds: float
    """Since training began, or went on."""
    test_accuracy: float
    """Of the test images, also where others were measured until then."""


Event: TypeAlias = Started | Step | Epoch | Snapshot | Moment | Checkpoint | Kept | Finished
