"""Loss and accuracy over a whole split, and the views that an image is shown in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.data.augmentation import Resident
from cnnviz.training.config import Views
from cnnviz.training.confusion import Errors
from cnnviz.training.events import Mistake, Step
from cnnviz.training.reporting import Clock, Tally
from cnnviz.training.team import Team


def _both_ways(module: nn.Module, images: Tensor) -> Tensor:
    seen: Tensor = (module(images) + module(images.flip(-1))) / 2
    return seen


def answers(module: nn.Module, images: Tensor, views: Views) -> Tensor:
    """Logits, the mean over the views: the image and its mirror image; with ``translate`` half of it from the mean over
    two more pairs, shifted by one pixel to the upper left and the lower right (Jordan, arXiv 2404.00498)."""
    if views == "none":
        logits: Tensor = module(images)
        return logits
    seen = _both_ways(module, images)
    if views == "mirror":
        return seen
    height, width = images.shape[-2:]
    padded = F.pad(images, (1, 1, 1, 1), "reflect")
    shifted = [_both_ways(module, padded[:, :, i : i + height, i : i + width]) for i in (0, 2)]
    return seen / 2 + (shifted[0] + shifted[1]) / 4


@dataclass(frozen=True)
class Measured:
    loss: float
    accuracy: float
    confusion: NDArray[np.int64]
    mistakes: tuple[Mistake, ...]
    answers: NDArray[np.uint8]


def evaluate(
    module: nn.Module, data: Resident, views: Views, batch: int, autocast: torch.autocast, clock: Clock, step: int,
    epoch: float, team: Team,
) -> Iterator[Step | Measured]:  # fmt: skip
    """What was found over the whole split comes last; before it, reports that keep the watchers informed.

    A team shares the batches out.
    """
    training = module.training
    module.eval()
    tally, errors = Tally(data.labels.device, team), Errors(team)
    for number, start in enumerate(range(0, len(data), batch)):
        if number % team.size != team.rank:
            continue
        with torch.inference_mode(), autocast:  # closed before each yield: it must not reach into the consumer
            images, labels = data.batch(slice(start, start + batch))
            logits = answers(module, images, views).float()
            tally.add(F.cross_entropy(logits, labels), logits, labels)
            errors.add(start, logits, labels)
        if team.size == 1 and clock.due(step):
            yield clock.report(step, epoch)
    module.train(training)
    yield Measured(*tally.read(), errors.confusion(), errors.mistakes(), errors.answers())
