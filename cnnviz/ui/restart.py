"""After a restart of the server: an open tab goes on, and nothing that one does in it is lost.

Streamlit gives the tab a new session that has drawn nothing yet. It knows none of the page's controls, so that what comes
in then calls nobody: it is held back here until the page stands, and heard after that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData, RerunException, ScriptRunContext, get_script_run_ctx
from streamlit.runtime.state.session_state import Serialized, SessionState

_STANDS, _HELD, _HEARD, _LATE = "_page_stands", "_held_back", "_heard_late", "_is_late"
_WAKE_SECONDS = 86_400
_TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value")


@dataclass
class _Held:
    first: dict[str, WidgetState] | None = None
    """What the tab showed when it came back."""
    later: dict[str, WidgetState] = field(default_factory=dict)
    """What was done in it since, and has been heard by nobody."""


def hear_fragments() -> None:
    """Once a server: what is done in a part of a page that the session has not drawn yet runs the page.

    Streamlit throws it away.
    """
    ask = AppSession.request_rerun
    if hasattr(ask, "hears_fragments"):
        return

    def request_rerun(session: AppSession, client_state: Any) -> None:
        part = "" if client_state is None or client_state.is_auto_rerun else client_state.fragment_id
        if part and not session.has_fragment(part):
            client_state.fragment_id = ""
        ask(session, client_state)

    request_rerun.hears_fragments = True  # type: ignore[attr-defined]
    AppSession.request_rerun = request_rerun  # type: ignore[method-assign,assignment]


@st.fragment(run_every=_WAKE_SECONDS)
def wake() -> None:
    """Nothing to see. A tab that finds its server again asks for the page by itself only where something runs by a timer."""


def hold_back() -> None:
    """Before anything is drawn: of a tab from before, keep what nobody can hear yet."""
    context = get_script_run_ctx()
    if context is None or st.session_state.get(_STANDS):
        return
    held: _Held = st.session_state.setdefault(_HELD, _Held())
    state = _inner(context)
    came = {key: one.value for key, one in state._new_widget_state.states.items() if isinstance(one, Serialized)}
    if held.first is None:
        held.first = {key: value for key, value in came.items() if not _is_trigger(value)}
    drawn = state._new_widget_state.widget_metadata  # before this page was begun anew: these are heard
    for key, value in came.items():
        if key not in drawn and value != held.first.get(key):
            held.later[key] = value
            del state._new_widget_state.states[key]
    for key, value in held.first.items():
        if key not in drawn:
            state._new_widget_state.states[key] = Serialized(value)


def came_back() -> bool:
    """Whether this page is the first of its session and its tab is older than that."""
    held: _Held = st.session_state.get(_HELD, _Held())
    return bool(held.first or held.later)


def page_stands() -> list[str]:
    """Now that the page is drawn: run it again with what was held back; those whose control is not there any more."""
    context = get_script_run_ctx()
    if context is None or st.session_state.get(_STANDS):
        return []
    st.session_state[_STANDS] = True
    held: _Held = st.session_state.pop(_HELD, _Held())
    known = _inner(context)._new_widget_state.widget_metadata
    st.session_state[_HEARD] = [value for key, value in held.later.items() if key in known]
    return [key for key in held.later if key not in known]


def hear_late() -> None:
    """Last of all: hear what was held back, as if it came now."""
    context = get_script_run_ctx()
    late: list[WidgetState] = st.session_state.get(_HEARD, [])
    if context is None or not late:
        return
    st.session_state[_HEARD] = []
    st.session_state[_LATE] = True
    raise RerunException(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            widget_states=WidgetStates(widgets=late),
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )


def is_late() -> bool:
    """Whether what this run has heard is what was held back."""
    return bool(st.session_state.get(_LATE))


def on_time() -> None:
    """From the next run on things are heard when they are done."""
    st.session_state.pop(_LATE, None)


def _inner(context: ScriptRunContext) -> SessionState:
    return context.session_state._state


def _is_trigger(value: WidgetState) -> bool:
    return value.WhichOneof("value") in _TRIGGERS
