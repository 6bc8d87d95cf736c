"""How fast a run trains: a single report covers a quarter of a second, which anything else on the machine may spoil."""

from __future__ import annotations

from collections import deque

from cnnviz.training import Step

_REPORTS = 240  # about a minute


class Speed:
    """The mean over the last reports."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._parts: deque[tuple[float, float]] = deque(maxlen=_REPORTS)

    def now(self, event: Step, batch_size: int) -> float:
        """Images per second; the event must tell of some."""
        images = (event.step - self._step) * batch_size
        self._step = event.step
        if images:
            self._parts.append((images, images / event.images_per_second))
        seconds = sum(passed for _, passed in self._parts)
        return sum(images for images, _ in self._parts) / seconds if seconds else event.images_per_second
