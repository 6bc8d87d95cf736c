"""The browser's half of the components: which files there are, and how Streamlit and its arrays reach them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_ROOT = Path(__file__).parent
_SERVED = {".js", ".css", ".html"}

FILES = {
    path.relative_to(_ROOT).as_posix(): path.read_bytes() for path in sorted(_ROOT.rglob("*")) if path.suffix in _SERVED
}
"""What the browser may ask for, as it was when the server started: what it keeps for good must not change under its name."""

VERSION = hashlib.sha256(b"".join(name.encode() + b"\0" + text + b"\0" for name, text in FILES.items())).hexdigest()[
    :12
]

MODULES = "modules"
"""Where they are served, below the app's address: ``modules/VERSION/NAME``."""


def register(name: str) -> Callable[..., Any]:
    """The component in folder ``name``, whose module is ``name/name.js``.

    Streamlit sends a component's text at every change. So the text only fetches the module, which the browser then has.
    """
    bare = re.sub(r"^ *(//|/\*\*).*\n", "", FILES["loader.js"].decode(), flags=re.MULTILINE)
    loader = bare.replace("@MODULE@", f"{MODULES}/{VERSION}/{name}/{name}.js")
    return st.components.v2.component(f"cnnviz_{name}", js=loader)


def heard(key: str, name: str) -> Any:
    """What the component ``key`` has told under ``name``; None where it has told nothing, or is not there any more.

    A click can arrive when its component has just left the page, and Streamlit has forgotten its state. One that arrives
    together with the browser's Back came before it, and is what that takes back.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.is_history_navigation:
        return None
    try:
        return st.session_state[key][name]
    except (KeyError, AttributeError, TypeError):
        return None


def packed(spec: dict[str, Any], **arrays: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What the browser gets: ``spec``, and each array as base64 of its float32 numbers, for the browser's ``unpack``; of its
    bytes, with a colon before, where its numbers are levels of 0 to 255 divided by 255.

    Streamlit's own way, Arrow, converts each array by pandas: 2 ms an array, and 0.5 s to load the libraries for the first.
    """
    return {"spec": spec, "arrays": {name: _text_of(np.asarray(array, "<f4")) for name, array in arrays.items()}}


def _text_of(numbers: np.ndarray[Any, Any]) -> str:
    if numbers.size and numbers.min() >= 0 and numbers.max() <= 1:
        levels = np.rint(numbers * 255).astype(np.uint8)
        if np.array_equal((levels / 255.0).astype("<f4"), numbers):  # as the browser divides
            return ":" + base64.b64encode(levels.tobytes()).decode()
    return base64.b64encode(numbers.tobytes()).decode()
