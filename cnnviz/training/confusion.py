"""Which classes a network confuses, and where it is sure of what is wrong."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.training.events import Mistake
from cnnviz.training.team import Team

MOST_MISTAKES = 24


class Errors:
    """Counts on the device; read only at the end."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._counts: Tensor | None = None
        self._worst: list[Tensor] = []
        self._answers: list[tuple[int, Tensor]] = []

    def add(self, start: int, logits: Tensor, labels: Tensor) -> None:
        """Logits ``(images, classes)`` of the images from ``start`` on."""
        classes = logits.shape[1]
        answer = logits.argmax(1)  # as the accuracy is counted: rounded probabilities may be equal where logits are not
        sure = logits.softmax(1).gather(1, answer[:, None])[:, 0]
        self._answers.append((start, answer.to(torch.uint8)))
        counts = torch.bincount(labels * classes + answer, minlength=classes * classes)
        self._counts = counts if self._counts is None else self._counts + counts
        wrong = torch.where(answer == labels, -1.0, sure)
        most, which = wrong.topk(min(MOST_MISTAKES, len(wrong)))
        self._worst.append(
            torch.stack((most, (which + start).float(), labels[which].float(), answer[which].float()), 1)
        )

    def confusion(self) -> NDArray[np.int64]:
        """``(classes, classes)``: how many images of a class (row) got which answer (column). Of the whole team."""
        parts = self._team.gather([] if self._counts is None else [self._counts.cpu().numpy()])
        total = np.sum(parts, axis=0).astype(np.int64)
        side = round(len(total) ** 0.5)
        return total.reshape(side, side)

    def answers(self) -> NDArray[np.uint8]:
        """The answer for each image, ``(images,)``. Of the whole team."""
        batches = [answer for _, answer in self._answers]
        mine = torch.cat(batches).cpu().split([len(batch) for batch in batches]) if batches else ()
        starts = [start for start, _ in self._answers]
        parts = self._team.gather([(start, part.numpy()) for start, part in zip(starts, mine, strict=True)])
        parts.sort(key=lambda part: part[0])
        return np.concatenate([np.zeros(0, np.uint8), *(part for _, part in parts)])

    def mistakes(self) -> tuple[Mistake, ...]:
        """The surest of the wrong answers of the whole team, the surest first."""
        rows = self._team.gather([row for part in self._worst for row in part.tolist() if row[0] >= 0])
        rows.sort(key=lambda row: (-row[0], row[1]))
        return tuple(
            Mistake(int(image), int(label), int(answer), sure) for sure, image, label, answer in rows[:MOST_MISTAKES]
        )
