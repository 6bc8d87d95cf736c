"""After a restart of the server an open tab goes on.

Streamlit gives the tab a new session that has drawn nothing yet: it knows none of the controls, so that what one does calls
nobody. ``page_watch`` lets nothing be done until the page stands again; here the page is asked for, and says what is gone.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_KNOWN, _BACK = "_session_known", "_came_back"
_DAY = 86_400.0


@st.fragment(run_every=_DAY)
def wake() -> None:
    """Nothing to see. A tab that finds its server again asks for the page only where something runs by a timer."""


def look_back() -> None:
    """At the beginning: a session that begins with controls which it has never drawn is that of a tab from before."""
    context = get_script_run_ctx()
    if context is None or st.session_state.get(_KNOWN):
        return
    st.session_state[_KNOWN] = True
    st.session_state[_BACK] = bool(context.session_state._state._new_widget_state.states)


def came_back() -> bool:
    """Whether it is such a one, once."""
    return bool(st.session_state.pop(_BACK, False))
