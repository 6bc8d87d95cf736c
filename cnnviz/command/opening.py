"""The app, opened in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from cnnviz.paths import PROJECT

_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # not every platform has all


def app_command(host: str | None, port: int | None, words: Sequence[str] = ()) -> list[str]:
    """Streamlit reads ``.streamlit/config.toml`` beside ``app.py``, and ``words`` are stronger."""
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(PROJECT / "app.py")]  # -P: nothing of the cwd's
    if host is not None:
        command += ["--server.address", host]
    if port is not None:
        command += ["--server.port", str(port)]
    return [*command, *words]


def open_app(host: str | None, port: int | None, words: Sequence[str] = ()) -> int:
    """Serve it until it ends; its exit status, or 0 where somebody ended this process and so the app."""
    child = subprocess.Popen(app_command(host, port, words))
    was_ended = False

    def hand_on(*_: int | FrameType | None) -> None:
        # Ctrl+C in a terminal has reached the app already, and a second SIGINT would break off its farewell.
        nonlocal was_ended
        was_ended = True
        child.terminate()

    for name in _ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), hand_on)
    code = child.wait()
    if code < 0:
        return 0 if was_ended else 128 - code
    return code
