"""The commands of ``cnnviz``, one module each."""

import os


def processes() -> int:
    """How many train one run together: those that ``torchrun`` has started, or this one."""
    return int(os.environ.get("WORLD_SIZE", "1"))
