"""Runs the real app and a real browser, for benchmarks, browser tests and the README's picture."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parent.parent
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


_BASE = "--server.baseUrlPath"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """A served app, the repository's where no ``command`` serves it on ``port``. ``kill`` ends it as a crash would."""

    def __init__(
        self,
        home: Path,
        port: int | None = None,
        *,
        command: Sequence[str] | None = None,
        options: Sequence[str] = (),
        folder: Path = PROJECT,
    ) -> None:
        self.home = home
        self.port = port or free_port()
        base = options[options.index(_BASE) + 1] if _BASE in options else ""
        self.url = f"http://127.0.0.1:{self.port}/{base}".rstrip("/")
        own = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        own += ["--server.port", str(self.port), "--server.address", "127.0.0.1", *options]
        self._log = (home / f"app-{self.port}.log").open("wb")
        self._process = subprocess.Popen(
            command or own,
            cwd=folder,
            env={**os.environ, "CNNVIZ_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, seconds: float = 60) -> None:
        """Until the server answers. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"the app did not start: {self.log()[-2000:]}")

    def packs(self) -> bool:
        """Whether it packs what it sends through the socket."""
        key = base64.b64encode(os.urandom(16)).decode()
        asks = ["GET /_stcore/stream HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Origin: http://127.0.0.1:{self.port}"]
        asks += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        asks += ["Sec-WebSocket-Protocol: streamlit", "Sec-WebSocket-Extensions: permessage-deflate", "", ""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall("\r\n".join(asks).encode())
            answer = line.recv(4096).decode("latin-1")
        return "permessage-deflate" in answer

    def log(self) -> str:
        return Path(self._log.name).read_text("utf-8", errors="replace")

    def end(self) -> int:
        """As a terminal that is closed or a supervisor ends it; its exit status."""
        self._process.terminate()
        return self._process.wait()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Meanwhile the server does nothing, as if it were very busy."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


@contextmanager
def running_app(home: Path) -> Iterator[App]:
    app = App(home)
    try:
        app.wait()
        yield app
    finally:
        app.kill()


@contextmanager
def browser() -> Iterator[Browser]:
    """The machine's Chromium, headless, the shell first, which needs less; Playwright's own build where there is none."""
    from playwright.sync_api import sync_playwright

    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()
