"""The download, against a server on this machine that has the real formats in small."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data import SOURCES, DataError, downloads, is_available, load_dataset
from cnnviz.data.sources import npz_path, write_npz
from cnnviz.torchvision_guard import torchvision

SENTENCE = r"\A[A-Z](?:(?!\. )[^\n])*\.\Z"
NAMES = list(SOURCES)
TROUBLES = ["cut", "cut chunks", "wrong", "missing", "no HTTP"]
LAST = {"mnist": "/mnist/t10k-labels-idx1-ubyte.gz", "cifar10": "/cifar10/cifar-10-python.tar.gz"}


def assert_loads(name: str, arrays: dict[str, np.ndarray]) -> None:
    dataset = load_dataset(name)
    for part, split in (("train", dataset.train), ("test", dataset.test)):
        images = split.images.transpose(0, 2, 3, 1).reshape(arrays[f"x_{part}"].shape)
        np.testing.assert_array_equal(images, arrays[f"x_{part}"])
        np.testing.assert_array_equal(split.labels, arrays[f"y_{part}"])


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "data").iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("name", NAMES)
def test_fetched_once(site, home: Path, name: str) -> None:
    assert not is_available(name)
    assert_loads(name, site.arrays[name])
    assert is_available(name)
    assert files(home) == [f"{name}.npz"]
    asked = len(site.requests)
    assert_loads(name, site.arrays[name])
    assert len(site.requests) == asked > 0


@pytest.mark.parametrize("name", NAMES)
def test_progress_grows_to_the_whole(site, name: str) -> None:
    calls: list[tuple[int, int]] = []
    assert downloads.download(name, lambda fetched, total: calls.append((fetched, total))) == npz_path(name)
    fetched = [count for count, _ in calls]
    assert len(fetched) > 1
    assert fetched == sorted(set(fetched))
    assert fetched[-1] == site.size(name)
    assert {total for _, total in calls} == {SOURCES[name].download_bytes}


def test_progress_never_passes_the_whole(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads.SOURCES["mnist"].__class__, "download_bytes", 10, raising=False)
    object.__setattr__  # noqa: B018
