"""The download, against a server on this machine that has the real formats in small."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import gzip
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


def failure(name: str) -> str:
    with pytest.raises(DataError, match=SENTENCE) as caught:
        load_dataset(name)
    return str(caught.value)


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
    monkeypatch.setitem(downloads.SOURCES, "mnist", dataclasses.replace(SOURCES["mnist"], download_bytes=100))
    calls: list[tuple[int, int]] = []
    downloads.download("mnist", lambda fetched, total: calls.append((fetched, total)))
    assert all(0 < fetched <= total for fetched, total in calls)


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # torchvision's HTTP 404 keeps its connection until it is collected
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", LAST)
def test_trouble_is_one_sentence_and_the_next_try_works(site, home: Path, name: str, trouble: str) -> None:
    site.trouble[LAST[name]] = trouble
    said = failure(name)
    assert SOURCES[name].title in said
    assert "Digits or Shapes" in said
    gc.collect()
    assert not is_available(name)
    assert not npz_path(name).exists()

    site.trouble.clear()
    assert_loads(name, site.arrays[name])
    assert files(home) == [f"{name}.npz"]


def test_whole_files_are_not_fetched_again(site) -> None:
    site.trouble["/mnist/t10k-labels-idx1-ubyte.gz"] = "cut"
    failure("mnist")
    site.trouble.clear()
    site.requests.clear()
    load_dataset("mnist")
    assert set(site.requests) == {"/mnist/t10k-labels-idx1-ubyte.gz"}


def test_silent_server(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_PATIENCE", 0.3)
    site.trouble["/mnist/train-labels-idx1-ubyte.gz"] = "silent"
    assert "timed out" in failure("mnist")


@pytest.mark.parametrize("name", NAMES)
def test_no_network(site, home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"  # bound, not listening
        kind = getattr(torchvision().datasets, SOURCES[name].torchvision_class)
        monkeypatch.setattr(
            kind, "url" if name == "cifar10" else "mirrors", nobody if name == "cifar10" else [nobody] * 2
        )
        said = failure(name)
    assert "check the network" in said
    assert "refused" in said
    assert site.requests == []
    assert f"{name}.npz" not in files(home)


def test_full_disk(site, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        assert "No space left on device" in failure("mnist")
    assert_loads("mnist", site.arrays["mnist"])
    assert files(home) == ["mnist.npz"]


def test_data_folder_that_cannot_be(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("no folder")
    monkeypatch.setenv("CNNVIZ_HOME", str(home / "file"))
    assert not is_available("mnist")
    failure("mnist")


@pytest.mark.parametrize("damage", ["text", "cut"])
def test_damaged_file_is_fetched_again(site, home: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    load_dataset("mnist")
    assert capsys.readouterr().err == ""  # torchvision's bar is not shown
    whole = npz_path("mnist").read_bytes()
    npz_path("mnist").write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"no archive")
    assert_loads("mnist", site.arrays["mnist"])
    assert "mnist.npz is damaged" in capsys.readouterr().err
    assert npz_path("mnist").stat().st_size == len(whole)


def test_killed_while_unpacking(site, home: Path) -> None:
    """torchvision takes its unpacked MNIST files for whole; after a kill they may not be."""
    raw = home / "data/mnist.download/MNIST/raw"
    raw.mkdir(parents=True)
    for path, content in site.files.items():
        if path.startswith("/mnist/"):
            (raw / path.split("/")[2].removesuffix(".gz")).write_bytes(gzip.decompress(content))
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"")
    with contextlib.suppress(DataError):  # at once or at the next try
        load_dataset("mnist")
    assert_loads("mnist", site.arrays["mnist"])


@pytest.mark.parametrize("trouble", [None, "cut"])
def test_torchvision_and_socket_are_left_as_they_were(site, trouble: str | None) -> None:
    utils = torchvision().datasets.utils
    bar, patience = utils.tqdm, socket.getdefaulttimeout()
    seen: list[object] = []
    site.on_request = lambda: seen.append((utils.tqdm, socket.getdefaulttimeout()))
    if trouble:
        site.trouble["/mnist/t10k-labels-idx1-ubyte.gz"] = trouble
    socket.setdefaulttimeout(77)
    try:
        with contextlib.suppress(DataError):
            load_dataset("mnist")
        assert (utils.tqdm, socket.getdefaulttimeout()) == (bar, 77)
    finally:
        socket.setdefaulttimeout(patience)
    assert seen
    assert all(bar_then is not bar and patience_then == 30 for bar_then, patience_then in seen)


def test_two_at_once_fetch_it_once(site) -> None:
    """The second waits for the first and keeps what that one wrote."""
    with downloads.lock("mnist"):
        second = threading.Thread(target=downloads.download, args=("mnist",))
        second.start()
        second.join(0.2)
        assert second.is_alive()
        write_npz("mnist", site.arrays["mnist"])
    second.join(10)
    assert not second.is_alive()
    assert site.requests == []
    assert_loads("mnist", site.arrays["mnist"])
