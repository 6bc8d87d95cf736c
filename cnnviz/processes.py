"""Work that has to outlive the app."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from cnnviz.paths import PROJECT


def start_detached(module: str, *words: str, log: Path | None = None) -> None:
    """Run ``python -m module words…`` in a session of its own; what it prints goes to the end of ``log``."""
    output = subprocess.DEVNULL if log is None else log.open("ab")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=PROJECT,
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
