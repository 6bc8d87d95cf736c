"""Loads the heavy libraries behind the first page's back."""

from __future__ import annotations

import importlib
import threading

import streamlit as st


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import torch and Plotly in a thread, once a process. Call it when the page stands."""

    def load() -> None:
        for name in ("plotly.graph_objects", "torch", "safetensors.torch"):
            importlib.import_module(name)

    threading.Thread(target=load, name="warm-up", daemon=True).start()
