"""A progress bar on a terminal; nothing where the output goes to a file."""

import shutil
import sys

_WIDTH = 30


def bar(fraction: float, text: str) -> None:
    if sys.stderr.isatty():
        full = round(fraction * _WIDTH)
        line = f"[{'█' * full}{'·' * (_WIDTH - full)}] {fraction:4.0%}  {text}"
        print("\r" + line[: shutil.get_terminal_size().columns - 1].ljust(79), end="", file=sys.stderr, flush=True)


def end_bar() -> None:
    if sys.stderr.isatty():
        print("\r".ljust(80), end="\r", file=sys.stderr, flush=True)
