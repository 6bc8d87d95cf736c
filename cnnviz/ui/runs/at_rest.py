"""Runs that rest, or have nothing to show yet, on pages that show them: somebody may go on with them, or delete them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.runs import Run
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.visitor import seen_runs
from cnnviz.ui.runs.views import store_errors

REST_SECONDS = 5.0


def look_again(names: Sequence[str]) -> None:
    """The page is drawn anew where one of these runs is no longer as it is now; names of shipped networks are none."""
    store = seen_runs()

    def states() -> list[tuple[str, bool, bool] | None]:
        return [None if run is None else state(run) for run in map(store.find, names)]

    def state(run: Run) -> tuple[str, bool, bool]:
        has_weights = any(
            (store.folder(run.id) / f"{name}.safetensors").exists() for name in ("checkpoint", "snapshot")
        )
        return run.status, bool(run.epochs_done or run.step), has_weights

    with store_errors():
        before = states()
        if not any(before):
            return

        @repeated(REST_SECONDS)
        def look() -> None:
            with store_errors():
                if states() != before:
                    st.rerun()

        look()
