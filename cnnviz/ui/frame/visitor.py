"""Who is in front of the browser: a name that outlives reloads and is the same in all tabs, and says nothing else."""

from __future__ import annotations

import hashlib
import secrets
from itertools import cycle

import streamlit as st

from cnnviz.runs import Run, hosting
from cnnviz.runs.hosting import SeenRuns

_COOKIE = "_streamlit_xsrf"  # what Streamlit gives each browser; it goes when the browser is closed


def visitor() -> str:
    """The same for all tabs of a browser; of the visit alone where the browser keeps no cookies, on every page of it."""
    cookie = st.context.cookies.get(_COOKIE, "")
    token = _token(cookie) if cookie else b""
    if not token:
        token = st.session_state.setdefault("_visitor", secrets.token_bytes(16))  # with _: it outlives a change of page
    return hashlib.sha256(token).hexdigest()[:12]


def _token(cookie: str) -> bytes:
    """What stays of the cookie, whose mask is another one each time: ``2|mask|token, masked|time``."""
    try:
        _, mask, masked, _ = cookie.strip("\"'").split("|")
        return bytes(a ^ b for a, b in zip(bytes.fromhex(masked), cycle(bytes.fromhex(mask)), strict=False))
    except ValueError:
        return b""


def seen_runs() -> SeenRuns:
    """The store as this visitor sees it: what pages show of runs, they read here."""
    return SeenRuns(visitor())


def may_change(run: Run) -> bool:
    """Whether this visitor may stop, resume, describe or delete the run."""
    return hosting.may_change(run, visitor())
