"""Looks at a network while it learns: its first kernels, and what it says of a few images that it does not learn from."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn

from cnnviz.data.augmentation import Resident
from cnnviz.inspection.kernels import first_weights
from cnnviz.training.events import Glance

STRIP = 12
"""Images whose answers are told, image by image."""
MOST_SAMPLE = 500
"""Images by which a moment's accuracy is measured at most: then it is known to two percent."""
MOMENTS = 30
_SHARE = 0.04  # of the work of a run that its moments may cost
_STEP = 3  # forward passes that a training step is worth
_MOST_NUMBERS = 2**14  # of a glance's kernels
UNSEEN = Glance(np.zeros((0, 1, 1, 1), np.float16), np.zeros((0, 0), np.float16), math.nan, 0)


def moments(total_steps: int, most: int = MOMENTS) -> list[int]:
    """The steps to keep, from 0 to the last: close together at first, when a network changes fastest."""
    spaced = np.linspace(0, 1, most) ** 2 * total_steps
    return np.unique(spaced.round().astype(int)).tolist()


def sample_size(images: int, epochs: int) -> int:
    """How many images measure a moment of a run of so many training images and epochs."""
    return max(STRIP, min(MOST_SAMPLE, int(_SHARE * _STEP * images * epochs / MOMENTS)))


def glance(
    module: nn.Module, data: Resident, autocast: torch.autocast, *, sample: int = 0, batch: int = MOST_SAMPLE
) -> Glance:
    """The accuracy is that of the first ``sample`` images, looked at ``batch`` at a time."""
    training = module.training
    module.eval()
    images = min(len(data), max(STRIP, sample))
    logits, right = [], 0
    with torch.inference_mode(), autocast:
        for start in range(0, images, batch):
            shown, labels = data.batch(slice(start, min(start + batch, images)))
            logits.append(module(shown).float())
            right += int((logits[-1].argmax(1) == labels)[: max(0, sample - start)].sum())
        answers = torch.cat(logits)[:STRIP].softmax(1).cpu().numpy()
    module.train(training)
    shape = tuple(data.batch(slice(0, 1))[0].shape[1:])
    with np.errstate(over="ignore"):  # of a run that diverges
        kernels = first_weights(module, shape, _MOST_NUMBERS).astype(np.float16)
    return Glance(
        kernels, answers.astype(np.float16), right / min(images, sample) if sample else math.nan, min(images, sample)
    )
