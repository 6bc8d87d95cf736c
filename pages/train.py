"""Train a network in a process of its own, and watch it learn."""

import streamlit as st

from cnnviz.runs import RunStore, StoreError
from cnnviz.runs.queue import tend
from cnnviz.ui.page import start_page
from cnnviz.ui.plain import plain
from cnnviz.ui.queue_keeper import keep_queue
from cnnviz.ui.run_controls import run_controls
from cnnviz.ui.run_views import run_view, store_errors
from cnnviz.ui.training_controls import pick_training
from cnnviz.ui.visitor import may_change
from cnnviz.ui.warm_up import warm_up

WATCH_SECONDS = 0.4


def show_run(run_id: str) -> None:
    st.session_state["run"] = run_id


LOOKS = (
    ("pages/activations.py", "Follow an image through it", ":material/visibility:"),
    ("pages/kernels.py", "Look at its kernels", ":material/grid_on:"),
)

start_page("Train")
controls, view = st.columns([1, 3], gap="large")
store = RunStore()
try:
    tend(store)  # where a turn has come and nobody was there to see it
    runs = store.list()
except StoreError as error:
    st.error(plain(str(error)))
    st.stop()

ids = [run.id for run in runs]
newest = next((run.id for run in runs if may_change(run)), ids[0] if ids else None)

with controls:
    pick_training(on_start=show_run)

with view, store_errors():
    asked = st.query_params.get("run", "")
    if asked and asked not in ids:
        st.warning(plain(f"There is no run {asked[:60]!r} any more.{' Here is the newest.' if ids else ''}"))
    if newest and st.session_state.get("run") not in ids and asked not in ids:
        show_run(newest)
    run_id = st.selectbox("Run", ids, index=None, key="run", bind="query-params", placeholder="No runs yet")
    run = store.find(run_id) if run_id else None
    if run is None:
        st.info("Choose the settings and start: digits and LeNet-5 take about ten seconds.")
    else:

        @st.fragment(run_every=WATCH_SECONDS if run.active else None)
        def watch() -> None:
            with store_errors():
                now = store.find(run.id)
                if now is None or (run.active, run.waiting) != (now.active, now.waiting):
                    st.rerun()
                run_view(store, now)
                if now.epochs_done or (now.active and now.step):
                    with st.container(horizontal=True):
                        for page, label, icon in LOOKS:
                            st.page_link(page, label=label, icon=icon, query_params={"model": run.id})

        watch()
        run_controls(store, run)
        with st.expander("Settings and command"):
            st.code(run.spec.command, language="shell", wrap_lines=True)

warm_up()
keep_queue()
