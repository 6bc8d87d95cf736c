"""Reads the text files of a component and packs its arrays for the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.plots import lookup_table

_ROOT = Path(__file__).parent


def register(name: str, *scripts: str) -> Callable[..., Any]:
    """Register the component in folder ``name``; ``scripts`` of it and of ``shared/`` are joined into one module."""
    folder = _ROOT / name
    shared = _ROOT / "shared"
    script = "\n".join((shared / s if (shared / s).exists() else folder / s).read_text("utf-8") for s in scripts)
    style = (shared / "maps.css").read_text("utf-8") + (folder / f"{name}.css").read_text("utf-8")
    return st.components.v2.component(
        f"cnnviz_{name}", html=(folder / f"{name}.html").read_text("utf-8"), css=style, js=script
    )


def packed(**arrays: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Arrays as the browser gets them: flat, float32, with the colour tables beside them."""
    flat = {name: np.ascontiguousarray(array, np.float32).reshape(-1) for name, array in arrays.items()}
    tables = {f"table_{name}": lookup_table(name).reshape(-1) for name in ("activations", "weights", "pixels")}
    return {**flat, **tables}
