"""What a visitor has started, so that a double click starts it once, however long the page takes to answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DOUBLE_CLICK = 1.5  # seconds within which the same run is not meant twice


@dataclass
class StartedRuns:
    """One visitor's. Streamlit begins a page anew at a second click while the first is still at work, in another thread."""

    count: int = 0
    """How often something was started; a click bears the count that the page knew when it drew the button."""
    _wanted: object = None
    _when: float = 0.0
    _ids: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, click: int, wanted: object, start: Callable[[], list[str]]) -> list[str]:
        """What ``start`` returns; what it returned last where the same is ``wanted`` and nobody has seen that it was started."""
        with self._lock:
            is_unseen = click < self.count or time.monotonic() - self._when < DOUBLE_CLICK
            if self.count and wanted == self._wanted and is_unseen:
                return list(self._ids)
            self._ids = start()
            self._wanted, self._when = wanted, time.monotonic()
            self.count += 1
            return list(self._ids)
