"""Which run the page shows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from cnnviz.runs import Run
from cnnviz.ui.frame.address import keep, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.visitor import may_change
from cnnviz.ui.training.setting_controls import tells_run


def show_run(run_id: str | None) -> None:
    """Show it from the next run of the page on; None: the newest."""
    st.session_state["run"] = run_id
    st.session_state["_run_pickers"] = st.session_state.get("_run_pickers", 0) + 1
    keep("run", run_id or "")


def pick_run(runs: Sequence[Run]) -> Run | None:
    """The run of the address, else the visitor's newest; the address holds its id, the control what people call it."""
    known = {run.id: run for run in runs}
    asked = text("run")
    gone = st.empty()  # what stands below keeps its place
    if asked in known:
        st.session_state["run"] = asked
    elif asked:
        newest = " Here is the newest." if known else ""
        gone.warning(escaped(f"There is no run {asked[:60]!r} here.{newest}"))
    if known and st.session_state.get("run") not in known:
        newest_own = next((run.id for run in runs if may_change(run)), runs[0].id)
        st.session_state["run"] = newest_own
        if not asked:
            keep("run", newest_own)
    # What the browser still says of the former choice must not undo what ``show_run`` has chosen: it is another control then.
    key = f"run_{st.session_state.get('_run_pickers', 0)}"
    st.session_state[key] = st.session_state.get("run")
    is_told = not tells_run()
    with place("run"):
        chosen = st.selectbox(
            "Run",
            list(known),
            index=None,
            key=key,
            format_func=lambda run_id: run_label(known[run_id], is_told) if run_id in known else run_id,
            on_change=_keep_choice,
            args=(key, list(known)),
            placeholder="No runs yet",
        )
    return known.get(chosen) if chosen else None


def _keep_choice(key: str, known: Sequence[str]) -> None:
    """The run in the address. The browser sends a label, which is no option any more where the run has gone on since."""
    sent = str(st.session_state[key] or "")
    chosen = next((run_id for run_id in known if sent == run_id or sent.endswith(f"({_mark(run_id)})")), None)
    if chosen or not sent:
        st.session_state["run"] = chosen
        keep("run", chosen or "")


def _mark(run_id: str) -> str:
    """The end of its id, which its label holds whatever becomes of it."""
    return run_id.rsplit("-", 1)[-1]


def run_label(run: Run, is_told: bool = True) -> str:
    """What tells one run from the next: the id alone does not. Its name only where that ``is_told``."""
    accuracy = f", {run.accuracy}" if run.accuracy and run.epochs_done else ""
    return f"{_name(run) if is_told else 'A run'}: {run.status}{accuracy}, {_when(run.created)} ({_mark(run.id)})"


def steady_label(run: Run) -> str:
    """The same without what changes while it trains."""
    return f"{_name(run)}, {_when(run.created)} ({_mark(run.id)})"


def _name(run: Run) -> str:
    return run.title or f"{run.spec.network.name} on {run.spec.dataset}"


def _when(created: float) -> str:
    then, today = time.localtime(created), time.localtime()
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%d %b %H:%M", then)
