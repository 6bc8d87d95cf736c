"""The command that makes a run again, as it is recorded, shown and taken away."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

from cnnviz.paths import without_places

_NOTES = ("--notes", "--note", "--not")  # the command line takes what can be nothing else
_FILES = ("--network", "--networ", "--netwo", "--netw", "--net")


@lru_cache(maxsize=2_000)  # a page asks for all runs again and again
def for_all(command: str) -> str:
    """A command as others may read it: without notes, which are their owner's alone, and with a file's name, not its place."""
    try:
        words = shlex.split(command)
    except ValueError:  # no command of ours: rather too little than too much
        return without_places(command.partition(" --not")[0])
    kept: list[str] = []
    former = ""
    for word in words:
        option, given, value = word.partition("=")
        if former in _FILES:
            kept.append(_name(word))
        elif former not in _NOTES and option in _FILES and given:
            kept.append(f"{option}={_name(value)}")
        elif former not in _NOTES and option not in _NOTES:
            kept.append(word)
        former = word if former not in (*_NOTES, *_FILES) else ""
    return command if kept == words else shlex.join(kept)


def _name(file: str) -> str:
    return re.split(r"[\\/]", file)[-1]
