"""Several runs at once that differ in one setting."""

from __future__ import annotations

import streamlit as st

from cnnviz.runs.grids import GRID_SETTINGS, GridError, grid
from cnnviz.training import TrainingConfig
from cnnviz.training.settings import SETTINGS
from cnnviz.ui.frame.address import has, keep, selection, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped

_NOTHING = "nothing"
_LONGEST = 200  # letters


def pick_grid(config: TrainingConfig) -> tuple[str, list[TrainingConfig]]:
    """The setting in which the runs differ and one config a run; ``""`` and the config itself where there is one run.

    No config at all where the values make no grid: the page says why.
    """
    asked_before = "grid_asked" in st.session_state
    asked = st.session_state.setdefault("grid_asked", has("grid"))
    if not asked_before and (values := text("grid_values")):  # of the setting that the address names
        st.session_state[f"grid_values_{text('grid')}"] = values[:_LONGEST]
    with st.expander("Several runs at once", expanded=asked, icon=":material/grid_view:"):
        st.caption("One run a value, one after the other; then compare them.")
        name = selection("grid", [_NOTHING, *GRID_SETTINGS])
        if name == _NOTHING:
            keep("grid_values", "")
            return "", [config]
        with place("grid_values"):
            key = f"grid_values_{name}"
            st.session_state.setdefault(key, SETTINGS[name].grid)
            values = st.text_input("Values", key=key, max_chars=_LONGEST, help="With commas between them.")
        keep("grid_values", values if values != SETTINGS[name].grid else "")
        try:
            return name, grid(config, name, values)
        except GridError as error:
            st.error(escaped(str(error)))
            return name, []
