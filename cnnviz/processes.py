"""Work that has to outlive the app."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from cnnviz.paths import PROJECT, home


def start_detached(
    module: str, *words: str, log: Path | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Run ``python -m module words…`` in a session of its own; what it prints goes to the end of ``log``.

    ``environment``: variables besides those of this process.
    """
    output = subprocess.DEVNULL if log is None else log.open("ab")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=PROJECT,
            env={
                **os.environ,
                "CNNVIZ_HOME": str(home().absolute()),
                **(environment or {}),
            },  # another current directory
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        if not isinstance(output, int):
            output.close()
    # Waiting for it keeps it from staying behind as a zombie; the thread does not keep the app from ending.
    threading.Thread(target=process.wait, daemon=True).start()
