"""Which results of training are compared, and what there is to see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from glob import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.plots.comparison import MOST_LINES
from cnnviz.runs import CheckpointError, RunStore, StoreError, checkpoints, shipped
from cnnviz.runs.records import Run
from cnnviz.runs.results import Result, read_moments, read_result
from cnnviz.ui.frame.address import keep, texts
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.runs.picker import steady_label

KEY = "runs"


def choosable(store: RunStore) -> dict[str, str]:
    """Runs that have begun to learn, soon will, or failed; the newest first; then what comes with the app. With titles."""
    try:
        known = [run for run in store.list() if run.active or run.step or run.epochs_done or run.status == "failed"]
        runs = {run.id: steady_label(run) for run in known}
    except StoreError as error:
        st.error(escaped(str(error)))
        runs = {}
    return runs | {name: name for name in shipped()}


def pick_results(titles: Mapping[str, str]) -> list[str]:
    """Some of them, in the address by name: ``?runs=a&runs=b``, and ``?runs=a,b`` for those who write it by hand."""
    asked = _asked()
    known = [name for name in asked if name in titles]
    if gone := [name for name in asked if name not in titles]:
        st.warning(escaped(_not_there(gone, bool(known))))
    if len(known) > MOST_LINES:
        st.warning(f"{len(known)} are too many for one picture: here are the first {MOST_LINES}.")
    st.session_state[KEY] = known[:MOST_LINES]
    with place(KEY):
        return st.multiselect(
            "Runs and trained networks",
            list(titles),
            key=KEY,
            format_func=lambda name: titles.get(name, name),
            on_change=lambda: choose(st.session_state[KEY]),
            max_selections=MOST_LINES,
            placeholder=f"Choose up to {MOST_LINES}" if titles else "Nothing has been trained yet",
        )


def choose(names: Sequence[str]) -> None:
    """The address leads."""
    keep(KEY, list(names))


def are_training(names: Sequence[str], store: RunStore) -> bool:
    """Whether any of them is still to change."""
    with suppress(StoreError):
        return any(run.id in names for run in store.active())
    return False


def read_all(names: Sequence[str], store: RunStore) -> list[Result]:
    """Says which of them cannot be read, and goes on with the others. Raises StoreError."""
    results = []
    for name in names:
        try:
            run = None if name in shipped() else store.find(name)
            kept = run is None or not run.active
            results.append(
                _kept(str(store.root), name, _version(name, run), store) if kept else read_result(name, store)
            )
        except CheckpointError as error:
            st.warning(escaped(str(error)))
    return results


def first_kernels(result: Result, store: RunStore) -> NDArray[np.float32] | None:
    """The newest weights of the first layer, ``(units, channels, height, width)``; None where none were kept."""
    version = _version(result.name, None if result.shipped else store.find(result.name))
    return _kernels(str(store.root), result.name, version, result.network.input_shape)


@st.cache_resource(max_entries=64, show_spinner=False)  # shared: nobody changes a result
def _kept(root: str, name: str, version: str, _store: RunStore) -> Result:
    """``version`` has the notes as the visitor sees them, and so the result has no others."""
    return read_result(name, _store)


@st.cache_resource(max_entries=64, show_spinner=False)
def _kernels(root: str, name: str, version: str, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    from pathlib import Path

    moments = read_moments(name, RunStore(Path(root)))
    return moments.kernels[-1].astype(np.float32) if moments is not None and len(moments) else None


def _version(name: str, run: Run | None) -> str:
    """Another one where there may be something else to see."""
    if run is not None:
        return repr((run.status, run.step, run.epochs_done, run.ended, run.name, run.notes))
    stamps = []
    for file in sorted(checkpoints.SHIPPED.glob(f"{escape(name)}.*")):
        try:
            stamps.append(str(file.stat().st_mtime_ns))
        except OSError:  # it is being replaced
            continue
    return " ".join(stamps)


def _asked() -> list[str]:
    written = texts(KEY)
    return list(dict.fromkeys(name.strip() for text in written for name in text.split(",") if name.strip()))


def _not_there(gone: Sequence[str], are_others: bool) -> str:
    shown = ", ".join(repr(name[:40]) for name in gone[:3]) + (" and more" if len(gone) > 3 else "")
    rest = " Here are the others." if are_others else " Choose others below."
    return f"There is nothing to compare of {shown}: no such run, or no curve of it yet.{rest}"
