"""The moments of a run that are kept, and the file that keeps them: ``NAME.moments.safetensors`` beside the weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnviz.runs.checkpoints import replace_file
from cnnviz.thinning import thinned
from cnnviz.training.events import Glance, Moment


@dataclass(frozen=True)
class Moments:
    """Looks at a network while it learned, the first before it had learned anything."""

    steps: NDArray[np.int64]
    epochs: NDArray[np.float32]
    accuracies: NDArray[np.float32]
    """Of some of the first images measured: of the test, or held out."""
    kernels: NDArray[np.float16]
    """Weights of the first layer, ``(moments, units, channels, height, width)``."""
    answers: NDArray[np.float16]
    """Probabilities for the first of these images, ``(moments, images, classes)``."""
    samples: NDArray[np.int64]
    """By how many images each accuracy was measured."""

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def is_whole(self) -> bool:
        """Whether the parts belong together."""
        parts = [getattr(self, name) for name in _PARTS]
        return {len(part) for part in parts} == {len(self.steps)} and [part.ndim for part in parts] == _DIMENSIONS

    def continues(self, glance: Glance) -> bool:
        """Whether a look is one at the same kernels and images."""
        return (self.kernels.shape[1:], self.answers.shape[1:]) == (glance.kernels.shape, glance.answers.shape)

    def until(self, step: int) -> Moments:
        """Those up to a step."""
        keep = self.steps <= step
        return Moments(*(getattr(self, name)[keep] for name in _PARTS))

    def thinned(self, most: int) -> Moments:
        """At most so many, evenly spaced, with the first and the last."""
        keep = thinned(len(self), most)
        return Moments(*(getattr(self, name)[keep] for name in _PARTS))

    def then(self, step: int, epoch: float, glance: Glance) -> Moments:
        """With one more; without those that were at that step or later."""
        new = (step, epoch, glance.accuracy, glance.kernels, glance.answers, glance.sample)
        kept = self.until(step - 1)
        return Moments(
            *(
                np.concatenate([getattr(kept, name), np.asarray(value, getattr(kept, name).dtype)[None]])
                for name, value in zip(_PARTS, new, strict=True)
            )
        )


_PARTS = tuple(Moments.__dataclass_fields__)
_DIMENSIONS = [1, 1, 1, 5, 3, 1]


def begun(moment: Moment) -> Moments:
    one = moment.glance
    return Moments(
        np.array([moment.step], np.int64),
        np.array([moment.epoch], np.float32),
        np.array([one.accuracy], np.float32),
        one.kernels[None],
        one.answers[None],
        np.array([one.sample], np.int64),
    )


def moments_file(checkpoint: Path) -> Path:
    return checkpoint.with_name(f"{checkpoint.name}.moments.safetensors")


def read_moments_at(checkpoint: Path) -> Moments | None:
    """None where there are none, or where they are damaged: they are for looking at only."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        stored = Moments(**load(moments_file(checkpoint).read_bytes()))
    except (OSError, SafetensorError, TypeError):
        return None
    return stored if stored.is_whole else None


def write_moments(checkpoint: Path, moments: Moments) -> None:
    from safetensors.numpy import save

    parts = {name: np.ascontiguousarray(getattr(moments, name)) for name in _PARTS}  # others are saved in wrong places
    replace_file(moments_file(checkpoint), save(parts))


def add_moment(checkpoint: Path, moment: Moment) -> None:
    kept = read_moments_at(checkpoint) if moment.step else None
    goes_on = kept is not None and kept.continues(moment.glance)
    write_moments(
        checkpoint, kept.then(moment.step, moment.epoch, moment.glance) if kept and goes_on else begun(moment)
    )


def cut_moments(checkpoint: Path, step: int) -> None:
    """Forget what came after a step: training goes on from there."""
    if (kept := read_moments_at(checkpoint)) is not None and len(kept.until(step)) < len(kept):
        write_moments(checkpoint, kept.until(step))
