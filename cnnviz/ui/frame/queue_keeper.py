"""Somebody who looks after the queue while nobody has a page open."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import streamlit as st
from streamlit.runtime import Runtime

from cnnviz.runs import RunStore, StoreError
from cnnviz.runs.queue import tend

SECONDS = 5.0  # a worker that ends hands the queue on itself; this is for one that was killed


def keep_queue() -> None:
    """Start the keeper, once a server."""
    if Runtime.exists():
        _start(RunStore())


@st.cache_resource(show_spinner=False)
def _start(_store: RunStore) -> None:
    def keep() -> None:
        while True:
            time.sleep(SECONDS)
            with suppress(StoreError):  # the page says it
                tend(_store)

    threading.Thread(target=keep, daemon=True).start()
