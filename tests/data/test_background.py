"""Downloads as processes: what their status says in each of their states."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cnnviz.data import SOURCES, DataError, background, is_available, load_dataset
from cnnviz.data.background import DownloadStatus, download_status, main, start_download
from cnnviz.data.downloads import download, lock
from cnnviz.paths import PROJECT

SENTENCE = r"\A[A-Z](?:(?!\. )[^\n])*\.\Z"


def write_status(home: Path, text: str, age: float = 0.0) -> None:
    path = home / "data/mnist.status.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)


def said(fraction: float, error: str | None = None) -> str:
    return json.dumps({"fraction": fraction, "error": error})


@contextlib.contextmanager
def downloading() -> Iterator[None]:
    """Another thread holds the lock, as a process that downloads does."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with lock("mnist"):
            held.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        release.set()
        thread.join()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been started."""
    commands: list[list[str]] = []

    def popen(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(wait=lambda: 0)

    monkeypatch.setattr(subprocess, "Popen", popen)
    return commands


# status


def test_none_yet() -> None:
    assert download_status("mnist") is None


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", '{"fraction": "much", "error": null}', '{"fraction": 0.5}', "\xff"]
)
def test_unreadable_status_is_none(home: Path, text: str) -> None:
    write_status(home, text)
    assert download_status("mnist") is None


@pytest.mark.parametrize(("fraction", "age"), [(0.0, 0.0), (0.0, 1000.0), (0.4, 0.0), (0.4, 1000.0)])
def test_running_while_the_lock_is_held(home: Path, fraction: float, age: float) -> None:
    write_status(home, said(fraction), age)
    with downloading():
        assert download_status("mnist") == DownloadStatus(fraction, running=True)


def test_running_while_the_process_loads(home: Path) -> None:
    write_status(home, said(0.0))
    status = download_status("mnist")
    assert status is not None
    assert status.running
    assert status.error is None


@pytest.mark.parametrize(("fraction", "age"), [(0.0, 1000.0), (0.4, 0.0), (0.4, 1000.0)])
def test_interrupted_where_nobody_holds_the_lock(home: Path, fraction: float, age: float) -> None:
    write_status(home, said(fraction), age)
    status = download_status("mnist")
    assert status is not None
    assert (status.fraction, status.running) == (fraction, False)
    assert "interrupted" in str(status.error)
    assert re.search(SENTENCE, str(status.error))


@pytest.mark.parametrize("held", [False, True])
def test_error_and_end_are_final(home: Path, held: bool) -> None:
    with downloading() if held else contextlib.nullcontext():
        write_status(home, said(0.3, "No network."))
        assert download_status("mnist") == DownloadStatus(0.3, running=False, error="No network.")
        write_status(home, said(1.0))
        assert download_status("mnist") == DownloadStatus(1.0, running=False)


# start


def test_started_once_while_it_runs(started: list[list[str]]) -> None:
    start_download("mnist")
    assert started == [[sys.executable, "-m", "cnnviz.data.background", "mnist"]]
    status = download_status("mnist")
    assert status is not None
    assert (status.fraction, status.running) == (0.0, True)
    start_download("mnist")
    assert len(started) == 1
    start_download("cifar10")
    assert len(started) == 2


def test_not_started_beside_one_that_runs(home: Path, started: list[list[str]]) -> None:
    write_status(home, said(0.4), age=1000)
    with downloading():
        start_download("mnist")
    assert started == []
    assert json.loads((home / "data/mnist.status.json").read_text())["fraction"] == 0.4


@pytest.mark.parametrize(
    "before", [said(0.4), said(0.4, "No network."), said(1.0), "{"], ids=["interrupted", "error", "end", "junk"]
)
def test_started_again(home: Path, started: list[list[str]], before: str) -> None:
    write_status(home, before, age=1000)
    start_download("mnist")
    assert len(started) == 1
    assert download_status("mnist") == DownloadStatus(0.0, running=True)


def test_folder_that_cannot_be_written(home: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("no folder")
    monkeypatch.setenv("CNNVIZ_HOME", str(home / "file"))
    with pytest.raises(DataError, match=SENTENCE):
        start_download("mnist")
    assert started == []


# the process


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_main_to_the_end(site, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, name, dataclasses.replace(SOURCES[name], download_bytes=site.size(name)))
    said: list[float] = []
    say = background._say
    monkeypatch.setattr(
        background, "_say", lambda name, fraction, error=None: (said.append(fraction), say(name, fraction, error))
    )
    while_it_runs: list[DownloadStatus | None] = []
    site.on_request = lambda: while_it_runs.append(download_status(name))
    background._say(name, 0.0)
    main(name)
    assert said == sorted(set(said))
    assert len(said) > 3
    assert said[-2:] == [0.99, 1.0]
    assert while_it_runs
    assert all(status is not None and status.running for status in while_it_runs)
    assert download_status(name) == DownloadStatus(1.0, running=False)
    assert is_available(name)


@pytest.mark.parametrize("trouble", ["cut", "no HTTP"])
def test_main_in_trouble(site, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "mnist", dataclasses.replace(SOURCES["mnist"], download_bytes=site.size("mnist")))
    site.trouble["/mnist/t10k-labels-idx1-ubyte.gz"] = trouble
    with pytest.raises(SystemExit) as caught:
        main("mnist")
    assert caught.value.code == 1
    status = download_status("mnist")
    assert status is not None
    assert not status.running
    assert status.fraction > 0.5
    assert re.search(SENTENCE, str(status.error))
    assert "MNIST could not be downloaded" in str(status.error)
    site.trouble.clear()
    main("mnist")
    assert download_status("mnist") == DownloadStatus(1.0, running=False)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that start_download starts, kept and at last killed."""
    kept: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        kept.append(real(*arguments, **options))
        return kept[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    yield kept
    for process in kept:
        process.kill()
        process.wait()


def test_real_process(home: Path, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while a server keeps silent, then started again without a network."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.chdir(home)  # the process finds the package from anywhere
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, proxy)
        start_download("mnist")
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            os.utime(home / "data/mnist.status.json", (0, 0))  # long after the start
            status = download_status("mnist")
            assert status is not None
            assert status.running
            start_download("mnist")
            assert len(processes) == 1
            processes[0].send_signal(signal.SIGKILL)
            processes[0].wait()
        status = download_status("mnist")
        assert status is not None
        assert "interrupted" in str(status.error)
        assert not status.running

    start_download("mnist")  # nobody listens at the proxy any more
    assert processes[1].wait(60) == 1
    status = download_status("mnist")
    assert status is not None
    assert not status.running
    assert re.search(SENTENCE, str(status.error))
    assert "MNIST could not be downloaded" in str(status.error)
    assert not is_available("mnist")


def test_module_on_the_command_line(home: Path) -> None:
    """An unknown name ends the process; it does not hang."""
    process = subprocess.run(
        [sys.executable, "-m", "cnnviz.data.background", "nothing"], cwd=PROJECT, capture_output=True, timeout=60
    )
    assert process.returncode != 0


def test_a_data_folder_that_cannot_be_written_is_not_named_by_its_place(home: Path) -> None:
    (home / "data").write_text("no folder")
    for start in (start_download, download):
        with pytest.raises(DataError) as found:
            start("mnist")
        assert str(home) not in str(found.value)


def test_a_damaged_file_that_stays_is_named_without_its_place(home: Path) -> None:
    (home / "data" / "mnist.npz").mkdir(parents=True)  # nothing that could be unlinked
    with pytest.raises(DataError, match=r"^The damaged file mnist\.npz cannot be removed \("):
        load_dataset("mnist")
