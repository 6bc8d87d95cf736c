"""Loads the heavy libraries behind the first page's back."""

from __future__ import annotations

import gc
import importlib
import threading

import streamlit as st

DELAY = 2.0  # seconds in which the first page gets to the screen without a rival


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import torch and Plotly in a thread, once a process. Call it when the page stands.

    Streamlit collects all garbage after every run of a page, and looks through all of torch for it, which takes longer
    than the page itself. What the libraries have made stays until the process ends: it is left out from then on.

    Each visitor's page looks into networks with one thread of torch: two would gain a fifth on an idle machine, and lose
    seconds on a busy one, where they wait for each other. Training has its own processes.
    """

    def load() -> None:
        for name in ("plotly.graph_objects", "torch", "safetensors.torch"):
            importlib.import_module(name)
        importlib.import_module("torch").set_num_threads(1)
        gc.collect()
        gc.freeze()

    timer = threading.Timer(DELAY, load)
    timer.daemon = True
    timer.start()
