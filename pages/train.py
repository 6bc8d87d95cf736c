"""Train a network in a process of its own, and watch it learn."""

import streamlit as st

from cnnviz.data import DATASETS
from cnnviz.runs import Run, StoreError
from cnnviz.runs.queue import tend
from cnnviz.runs.records import RESUMABLE
from cnnviz.ui.frame.hiding import withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import leave_page, start_lab
from cnnviz.ui.frame.queue_keeper import keep_queue
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.visitor import may_change, seen_runs
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.runs.at_rest import REST_SECONDS
from cnnviz.ui.runs.controls import run_controls, run_links
from cnnviz.ui.runs.insights import film, run_errors
from cnnviz.ui.runs.picker import pick_run, show_run
from cnnviz.ui.runs.views import run_view, store_errors
from cnnviz.ui.training.controls import pick_training
from cnnviz.ui.training.setting_controls import tells_run

WATCH_SECONDS = 0.4
LOOK_SECONDS = 2.0  # as often as a worker writes its weights


def _shown(run: Run) -> tuple[str, bool, bool]:
    """What stands around the parts that are repeated depends on it."""
    return run.status, run.waiting, bool(run.epochs_done or run.step)


controls, view = start_lab("Train", form_before="run")
store = seen_runs()
try:
    tend(store)  # where a turn has come and nobody was there to see it
    runs = store.list()
except StoreError as error:
    st.error(escaped(str(error)))
    leave_page()

with controls:
    st.subheader("New run")
    pick_training(on_start=show_run)

with view, store_errors():
    chosen = pick_run(runs)
    if chosen is None:
        st.info("Choose the settings and start: digits and LeNet-5 take about ten seconds.")
    elif chosen.spec.dataset not in DATASETS:
        st.warning(escaped(f"{chosen.name} is of the dataset {chosen.spec.dataset!r}, which is not known here."))
    else:
        run: Run = chosen
        notes = st.empty()
        if run.notes and may_change(run):
            notes.text(run.notes)
        projector = bool(st.session_state.get("projector"))

        @repeated(WATCH_SECONDS if run.active else REST_SECONDS if run.status in RESUMABLE else None)
        def watch() -> None:
            with store_errors():
                now = store.find(run.id)
                if now is None or _shown(run) != _shown(now):
                    st.rerun()
                run_view(store, now, enlarged=projector)

        @repeated(LOOK_SECONDS if run.active else None)
        def look() -> None:
            with store_errors():
                film(run.id, run.spec.dataset, run.spec.config, store, live=run.active)

        @repeated(LOOK_SECONDS if run.active else None)
        def errors() -> None:
            with store_errors():
                run_errors(store, run)

        if projector:
            curves, network = st.columns(2, gap="large")
            with curves:
                watch()
            with network:
                look()
            errors()
        else:
            with st.container():  # it has more or less to show: what stands below keeps its place, and stays open
                watch()
            run_controls(store, run)
            look()
            errors()
            run_links(run)
            with st.expander("Settings and command"):
                if tells_run():
                    withhold("They")
                else:
                    st.code(run.spec.command, language="shell", wrap_lines=True)

warm_up()
keep_queue()
