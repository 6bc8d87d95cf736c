"""What one can do with a training run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.runs import Run, RunStore, StoreError
from cnnviz.runs.limits import LimitError, check_visitor
from cnnviz.runs.queue import submit_again
from cnnviz.ui.plain import plain
from cnnviz.ui.visitor import may_change, visitor


def run_controls(store: RunStore, run: Run) -> None:
    """Stop, resume, delete."""
    if not may_change(run):
        st.caption("This run is another visitor's.")
        return
    with st.container(horizontal=True):
        st.button(
            "Leave the queue" if run.waiting else "Stop training",
            on_click=_do,
            args=(store.request_stop, run.id),
            icon=":material/stop:",
            disabled=not run.active or run.stop_requested,
        )
        if store.resumable(run):
            st.button(
                "Resume",
                on_click=_resume,
                args=(store, run),
                icon=":material/resume:",
                help=f"Goes on after epoch {run.epochs_done}."
                if run.epochs_done
                else "Begins again: no epoch was finished.",
            )
        if not run.active:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("The run, its curves and its weights go for good.")
                st.button("Delete it", on_click=_delete, args=(store, run.id), key="delete")
    if said := st.session_state.pop("not_done", None):
        st.error(plain(said))


def _do(action: Callable[[str], None], run_id: str) -> None:
    try:
        action(run_id)
    except StoreError as error:
        st.session_state["not_done"] = str(error)


def _delete(store: RunStore, run_id: str) -> None:
    try:
        store.delete(run_id)
    except StoreError as error:
        st.session_state["not_done"] = str(error)
        return
    st.toast(f"{run_id} is deleted.")
    st.session_state["run"] = None


def _resume(store: RunStore, run: Run) -> None:
    try:
        check_visitor(store, visitor())
        submit_again(store, run.id)
    except KeyError:
        st.session_state["not_done"] = "This run was deleted meanwhile."
    except (LimitError, StoreError) as error:
        st.session_state["not_done"] = str(error)
