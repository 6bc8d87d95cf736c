"""When a training loop reports, and what: numbers stay on the device until they are read."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from cnnviz.training.events import Step
from cnnviz.training.team import Team

REPORT_SECONDS = 0.25  # four points a second look alive, and cost one reading of the metrics each
SNAPSHOT_SECONDS = 2.0


class Clock:
    """Says when the next report is due, and how fast training has been since the last one."""

    def __init__(self, first_step: int, total_steps: int, team: Team) -> None:
        self.total_steps = total_steps
        self.started = self._learning_since = self._last = time.perf_counter()
        self._first_step = self._last_step = first_step
        self._due_step = first_step + 1
        self._team = team
        self._images = 0

    def due(self, step: int) -> bool:
        """Alone, by the time that has passed; in a team, at a step that all of them have agreed on."""
        if self._team.size > 1:
            return step >= self._due_step
        return time.perf_counter() - self._last >= REPORT_SECONDS

    def begin_epoch(self) -> None:
        """What has passed since the last report was no training."""
        self._last, self._images = time.perf_counter(), 0

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done meanwhile does not count as training."""
        began = time.perf_counter()
        yield
        passed = time.perf_counter() - began
        self._last += passed
        self._learning_since += passed

    def saw(self, images: int) -> None:
        self._images += images

    def report(self, step: int, epoch: float, **metrics: Any) -> Step:
        now = time.perf_counter()
        passed = max(now - self._last, 1e-9)
        done = step - self._first_step
        left = (now - self._learning_since) / done * (self.total_steps - step) if done else math.nan
        told = Step(step, self.total_steps, epoch, self._images / passed, left, **metrics)
        if self._team.size > 1:
            ahead = max(1, round((step - self._last_step) / passed * REPORT_SECONDS))
            self._due_step = step + int(self._team.agree(ahead))
        self._last, self._last_step, self._images = now, step, 0
        return told


class Tally:
    """Loss and right answers, summed on the device; read only when they are reported."""

    def __init__(self, device: torch.device, team: Team) -> None:
        self._sums = torch.zeros(4, device=device)
        self._team = team
        self.images = self.batches = 0

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """``loss`` is the mean over these images."""
        loss = loss.detach().float()
        right = (logits.detach().argmax(1) == labels).sum()
        # Batches until the sum is no number any more are those before the first bad one.
        self._sums[:3] += torch.stack((loss * len(labels), right.float(), self._sums[0].isfinite().float()))
        self.images += len(labels)
        self.batches += 1

    def read(self) -> tuple[float, float]:
        """Mean loss and accuracy since the last reading, of the whole team. Raises Diverged."""
        self._sums[3] = self.images
        self._team.sum(self._sums)
        loss, right, good, images = self._sums.tolist()
        batches, size = self.batches, self._team.size
        self._sums.zero_()
        self.images = self.batches = 0
        if not math.isfinite(loss) or loss / images > HOPELESS:
            raise Diverged(loss / images, batches - round(good / size))
        return loss / images, right / images


HOPELESS = 1e4
"""Guessing among ten classes costs 2.3; nothing comes back from here."""


class Diverged(ArithmeticError):
    def __init__(self, loss: float, batches_ago: int) -> None:
        super().__init__(f"loss {loss}, {batches_ago} batches ago")
        self.loss, self.batches_ago = loss, batches_ago
