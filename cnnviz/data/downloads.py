"""Fetching MNIST, Fashion-MNIST and CIFAR-10 with torchvision's own downloader."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from cnnviz.data.dataset import DataError
from cnnviz.data.sources import SOURCES, DatasetSource, folder, is_ready, npz_path, write_npz
from cnnviz.paths import without_places
from cnnviz.torchvision_guard import torchvision

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes in all."""

_PATIENCE = 30  # seconds without a byte before a download counts as failed


def lock(name: str) -> FileLock:
    """Held by the process that downloads ``name``."""
    return FileLock(folder() / f"{name}.lock")


def download(name: str, progress: Progress | None = None) -> Path:
    """Fetch a dataset and write its ``.npz``; what another process has fetched meanwhile is kept. Raises DataError."""
    source = SOURCES[name]
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with lock(name):
            if not is_ready(name):
                root = folder() / f"{name}.download"  # kept after a failure: whole files in it are not fetched again
                with _reporting(source, progress):
                    write_npz(name, _fetch(source, root))
                shutil.rmtree(root, ignore_errors=True)
    except (OSError, RuntimeError, EOFError, HTTPException) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise DataError(
            f"{source.title} could not be downloaded ({without_places(reason)}): check the network and try again, "
            "or take Digits or Shapes, which come with the app."
        ) from error
    return npz_path(name)


def _fetch(source: DatasetSource, root: Path) -> dict[str, np.ndarray]:
    dataset = getattr(torchvision().datasets, source.torchvision_class)
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        try:
            data = dataset(root, train=part == "train", download=True)
        except (ValueError, AssertionError, IndexError) as error:
            # torchvision takes unpacked files as whole because they are there: a kill while unpacking leaves half a file
            shutil.rmtree(root, ignore_errors=True)
            raise RuntimeError("its files are damaged") from error
        arrays[f"x_{part}"] = np.asarray(data.data, np.uint8)
        arrays[f"y_{part}"] = np.asarray(data.targets, np.uint8)
    return arrays


@contextmanager
def _reporting(source: DatasetSource, progress: Progress | None) -> Iterator[None]:
    """Have torchvision's progress bar report to ``progress``, and let a silent server end the download."""
    utils = torchvision().datasets.utils
    fetched = 0

    class Bar:
        def __init__(self, **_: Any) -> None:
            pass

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            nonlocal fetched
            fetched += count
            if progress is not None:
                progress(fetched, max(source.download_bytes, fetched))

    bar, patience = utils.tqdm, socket.getdefaulttimeout()
    utils.tqdm = Bar
    socket.setdefaulttimeout(_PATIENCE)
    try:
        yield
    finally:
        utils.tqdm = bar
        socket.setdefaulttimeout(patience)
