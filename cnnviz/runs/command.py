"""The command that makes a run again, as it is recorded, shown and taken away."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator

_NOTES = ("--notes", "--note", "--not")  # the command line takes what can be nothing else


def without_notes(command: str) -> str:
    """A command as others may read it: what its owner has noted stands in the run's notes, which are his alone."""
    try:
        words = shlex.split(command)
    except ValueError:  # no command of ours: rather too little than too much
        return command.partition(" --not")[0]
    kept, skips = [], False
    for word in words:
        if not skips and word.partition("=")[0] not in _NOTES:
            kept.append(word)
        skips = not skips and word in _NOTES
    return command if kept == words else shlex.join(kept)


Command = Annotated[str, AfterValidator(without_notes)]
