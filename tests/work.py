"""Work counted in calls of functions: a slow machine needs no more of them than a fast one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HUNG = 100
"""Seconds of the processor in which no test comes near its number of calls: it hangs in a single one."""


class _TooMuch(BaseException):
    """Not to be caught by what is tested."""


@contextmanager
def at_most(most: int) -> Iterator[None]:
    """Fails where more functions than that are called, Python's or C's; and where a call does not come to its end."""
    made = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")
        if made > most:
            raise _TooMuch(f"more than {most:,} calls")

    def hangs(*_: object) -> None:
        raise _TooMuch(f"hung after {made:,} calls")

    handler = signal.signal(signal.SIGVTALRM, hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, HUNG)
    sys.setprofile(called)
    try:
        yield
    except _TooMuch as error:
        raise AssertionError(str(error)) from None
    finally:
        sys.setprofile(None)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
