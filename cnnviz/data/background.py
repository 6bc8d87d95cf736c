"""Downloads that the app starts: each a process of its own, so that a reload does not end it and two tabs share it."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from cnnviz.data.dataset import DataError
from cnnviz.data.downloads import download, lock
from cnnviz.data.sources import folder
from cnnviz.processes import start_detached

_START = 15  # seconds that Python and torchvision may take to load before the lock is held


@dataclass(frozen=True)
class DownloadStatus:
    fraction: float
    running: bool
    error: str | None = None


def _path(name: str) -> Path:
    return folder() / f"{name}.status.json"


def _say(name: str, fraction: float, error: str | None = None) -> None:
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps({"fraction": fraction, "error": error}))
    partial.replace(path)


def start_download(name: str) -> None:
    """``download_status`` tells how it goes. A second start while one runs does nothing. Raises DataError."""
    status = download_status(name)
    if status is not None and status.running:
        return
    try:
        _say(name, 0.0)
    except OSError as error:
        raise DataError(
            f"The data folder cannot be written ({error.strerror}): set CNNVIZ_HOME to one that can."
        ) from error
    start_detached("cnnviz.data.background", name)


def download_status(name: str) -> DownloadStatus | None:
    """How the download that the app started last goes; None where there was none."""
    try:
        said = json.loads(_path(name).read_text())
        fraction, error = float(said["fraction"]), said["error"]
        age = time.time() - _path(name).stat().st_mtime
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if error or fraction >= 1:
        return DownloadStatus(fraction, False, error)
    try:
        with lock(name).acquire(timeout=0):
            running = fraction == 0 and age < _START
    except (Timeout, OSError):
        running = True
    return DownloadStatus(fraction, running, None if running else "The download was interrupted: start it again.")


def main(name: str) -> None:
    """Download ``name`` and write down how it goes."""
    last = 0.0

    def progress(fetched: int, total: int) -> None:
        nonlocal last
        fraction = min(0.99, fetched / total)  # 1 is said when the file stands
        if fraction - last >= 0.005:
            last = fraction
            _say(name, fraction)

    try:
        download(name, progress)
    except DataError as error:
        _say(name, last, str(error))
        raise SystemExit(1) from error
    _say(name, 1.0)


if __name__ == "__main__":
    main(sys.argv[1])
