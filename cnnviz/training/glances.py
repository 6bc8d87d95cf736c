"""Looks at a network while it learns: its first kernels, and what it says of a few test images."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn

from cnnviz.data.augmentation import Resident
from cnnviz.inspection.kernels import first_weights
from cnnviz.training.events import Glance

STRIP = 12
"""Test images whose answers are told, image by image."""
SAMPLE = 500
"""Test images by which a moment's accuracy is measured: a share that costs little and is known to two percent."""
MOMENTS = 30
_MOST_NUMBERS = 2**15  # of a glance's kernels


def moments(total_steps: int, most: int = MOMENTS) -> list[int]:
    """The steps to keep, from 0 to the last: close together at first, when a network changes fastest."""
    spaced = np.linspace(0, 1, most) ** 2 * total_steps
    return np.unique(spaced.round().astype(int)).tolist()


def glance(
    module: nn.Module, data: Resident, autocast: torch.autocast, *, sample: int = 0, batch: int = SAMPLE
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
    return Glance(kernels, answers.astype(np.float16), right / min(images, sample) if sample else math.nan)
