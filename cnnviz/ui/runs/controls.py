"""What one can do with a training run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.runs import Run, RunStore, StoreError
from cnnviz.runs.limits import LimitError, check_visitor
from cnnviz.runs.queue import submit_again
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.visitor import may_change, visitor
from cnnviz.ui.runs.diagnosis import advised
from cnnviz.ui.runs.export import export_controls
from cnnviz.ui.runs.picker import show_run
from cnnviz.ui.training.controls import take_run


def run_controls(store: RunStore, run: Run) -> None:
    """Stop, resume, name, duplicate, export, delete."""
    mine = may_change(run)
    whose = st.empty()
    if not mine:
        whose.caption("This run is another visitor's.")
    # Each has a place of its own, whether it is there or not: what is open closes where its place becomes another's.
    with st.container(horizontal=True):
        first = st.empty()
        if mine:
            with first:
                _stop_or_resume(store, run)
        _settings(run)
        if better := advised(store, run):
            st.button(
                "Use the advice",
                on_click=take_run,
                args=(better[0],),
                icon=":material/lightbulb:",
                help=f"The controls take this run's settings with {escaped(better[1])}.",
            )
        else:
            st.empty()
        if mine:
            with st.popover("Name and notes", icon=":material/edit_note:"):
                _description(store, run)
        if run.epochs_done or run.step:
            with st.popover("Export", icon=":material/download:"):
                export_controls(store, run)
        else:
            st.empty()
        if mine and not run.active:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("The run, its curves and its weights go for good.")
                st.button("Delete it", on_click=_delete, args=(store, run.id), key="delete")
    if said := st.session_state.pop("not_done", None):
        st.error(escaped(said))


_LINKS = (
    ("pages/activations.py", "Follow an image through it", ":material/visibility:", "model"),
    ("pages/kernels.py", "Look at its kernels", ":material/grid_on:", "model"),
    ("pages/compare.py", "Compare it", ":material/compare_arrows:", "runs"),
)


def run_links(run: Run) -> None:
    """The other pages that show it."""
    if run.epochs_done or run.step:
        with st.container(horizontal=True):
            for page, label, icon, name in _LINKS:
                st.page_link(page, label=label, icon=icon, query_params={name: run.id})


def _settings(run: Run) -> None:
    """The run's for the controls: a copy of one that went well, or the way on for one that would only fail again."""
    label, icon, about = (
        ("Change the settings", ":material/tune:", "As it is it would only fail again. ")
        if run.would_fail_again
        else ("Use these settings", ":material/content_copy:", "")
    )
    about += "The controls take this run's network, dataset and settings: change what you like, and start."
    st.button(label, on_click=take_run, args=(run.spec,), icon=icon, help=about)


def _stop_or_resume(store: RunStore, run: Run) -> None:
    if run.active:
        st.button(
            "Leave the queue" if run.waiting else "Stop training",
            on_click=_do,
            args=(store.request_stop, run.id),
            icon=":material/stop:",
            disabled=run.stop_requested,
        )
    elif store.resumable(run):
        st.button(
            "Resume" if (goes_on := store.goes_on(run)) else "Begin again",
            on_click=_resume,
            args=(store, run),
            icon=":material/resume:",
            help=goes_on or "Nothing of it was kept.",
        )


def _description(store: RunStore, run: Run) -> None:
    title, notes = f"title_{run.id}", f"notes_{run.id}"
    with st.form(f"describe_{run.id}", border=False):
        st.text_input("Name", run.title, key=title, placeholder=run.id)
        st.text_area("Notes", run.notes, key=notes)
        st.form_submit_button("Save", on_click=_describe, args=(store, run.id, title, notes))


def _describe(store: RunStore, run_id: str, title: str, notes: str) -> None:
    said = (str(st.session_state[key]).strip() for key in (title, notes))
    try:
        if not store.describe(run_id, *said):
            st.session_state["not_done"] = "This run was deleted meanwhile."
    except StoreError as error:
        st.session_state["not_done"] = str(error)


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
    st.toast(escaped(f"{run_id} is deleted."))
    show_run(None)


def _resume(store: RunStore, run: Run) -> None:
    try:
        check_visitor(store, visitor())
        submit_again(store, run.id)
    except KeyError:
        st.session_state["not_done"] = "This run was deleted meanwhile."
    except (LimitError, StoreError) as error:
        st.session_state["not_done"] = str(error)
