"""Watches a page as a browser does, without drawing: a websocket client that keeps the page's live parts running."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect


class Watcher:
    def __init__(self, socket: ClientConnection, page: str, query: str) -> None:
        self.updates = 0
        """How many times a live part has been drawn again."""
        self._socket, self._page, self._query = socket, page, query
        self._ended = False
        self._due: dict[str, tuple[float, float]] = {}  # fragment -> (interval, when next)
        self._rerun()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _rerun(self, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        self._socket.send(message.SerializeToString())

    def _watch(self) -> None:
        while not self._ended:
            wait = min((at for _, at in self._due.values()), default=time.monotonic() + 0.5) - time.monotonic()
            try:
                self._read(self._socket.recv(timeout=max(0.0, wait)))
            except TimeoutError:
                pass
            except Exception:
                if not self._ended:
                    raise
            for fragment, (interval, at) in list(self._due.items()):
                if time.monotonic() >= at:
                    self._due[fragment] = (interval, time.monotonic() + interval)
                    self._rerun(fragment)

    def _read(self, content: bytes | str) -> None:
        assert isinstance(content, bytes)
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self._due[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "script_finished" and self._due:
            self.updates += 1

    def end(self) -> None:
        self._ended = True
        self._socket.close()
        self._thread.join()


@contextmanager
def watching(port: int, query: str, page: str = "train") -> Iterator[Watcher]:
    """A visitor on ``page`` with the address ``query``."""
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        watcher = Watcher(socket, page, query)
        try:
            yield watcher
        finally:
            watcher.end()
