"""Reads the text files of a component and packs its arrays for the browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import streamlit as st

from cnnviz.plots import ScaleName, lookup_table

_ROOT = Path(__file__).parent


def register(name: str, *scripts: str) -> Callable[..., Any]:
    """Register the component in folder ``name``; ``scripts`` of it and of ``shared/`` are joined into one module.

    Ahead of them stands, where they use it, the constant ``COLOURS``: the theme's colour tables, base64 of 256 RGB triples each.
    """
    folder, shared = _ROOT / name, _ROOT / "shared"
    colours = {scale: base64.b64encode(lookup_table(scale).tobytes()).decode() for scale in get_args(ScaleName)}
    parts = [(shared / s if (shared / s).exists() else folder / s).read_text("utf-8") for s in scripts]
    if any("COLOURS" in part for part in parts):
        parts.insert(0, f"const COLOURS = {json.dumps(colours)};")
    style = (shared / "maps.css").read_text("utf-8") + (folder / f"{name}.css").read_text("utf-8")
    html = (folder / f"{name}.html").read_text("utf-8")
    return st.components.v2.component(f"cnnviz_{name}", html=html, css=style, js="\n".join(parts))


def heard(key: str, name: str) -> Any:
    """What the component ``key`` has told under ``name``; None where it has told nothing, or is not there any more.

    A click can arrive when its component has just left the page, and Streamlit has forgotten its state.
    """
    try:
        return st.session_state[key][name]
    except (KeyError, AttributeError, TypeError):
        return None


def packed(spec: dict[str, Any], **arrays: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What the browser gets: ``spec``, and each array as base64 of its float32 numbers, for the browser's ``unpack``.

    Streamlit's own way, Arrow, converts each array by pandas: 2 ms an array, and 0.5 s to load the libraries for the first.
    """
    numbers = {name: np.asarray(array, "<f4").tobytes() for name, array in arrays.items()}
    return {"spec": spec, "arrays": {name: base64.b64encode(raw).decode() for name, raw in numbers.items()}}
