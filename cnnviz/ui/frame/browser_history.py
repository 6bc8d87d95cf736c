"""The address as the browser has it: one step of its history an act, and never behind what the page shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import RerunData, RerunException, ScriptRunContext, get_script_run_ctx

from cnnviz.paths import PROJECT
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.frame.parameters.first_sight import FIRST_SIGHT, OTHERWISE, SAY_NOTHING
from cnnviz.ui.frame.refused import is_same
from cnnviz.ui.frame.sharing.sealed_address import is_watched, query_of

_LINKS, _ASKED = "_links", "_asked"
_MOST_LINKS = 50


def came_by_history() -> bool:
    """Whether the browser's Back or Forward has led here."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def remember_asked() -> None:
    """At the beginning of a page: with which query the browser has asked for it."""
    context = get_script_run_ctx()
    st.session_state[_ASKED] = context.query_string if context else ""


def answers_an_act() -> bool:
    """Whether something has been done on the page, rather than a link or the browser's history followed to it."""
    context = get_script_run_ctx()
    if context is None or context.is_history_navigation:
        return False
    state = context.session_state._state
    return any(state._widget_changed(widget) for widget in state._new_widget_state)


def take_address() -> None:
    """On another page: the address as the browser has it, or as the link has it that was followed.

    Streamlit leaves out what the page before calls by the same names, which is right for the menu and wrong for Back, and
    for links: the browser puts what that page's controls say in front of what a link says.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    query = context.query_string if context.is_history_navigation else _followed(context.query_string)
    with context.session_state.query_params() as address:
        if query is not None:
            for widget in list(address._bindings_by_widget):
                address.unbind_widget(widget)
            address.populate_from_query_string(query)
            address.set_initial_query_params_from_current()
        address._send_query_param_msg()


def remember_link(query: str) -> None:
    """A link with this address is on the page."""
    links: dict[str, None] = st.session_state.setdefault(_LINKS, {})
    links.pop(query, None)
    links[query] = None
    while len(links) > _MOST_LINKS:
        del links[next(iter(links))]


def _followed(query: str) -> str | None:
    """What the link says at the end of this address; None where it is no link's."""
    links = st.session_state.get(_LINKS, {})
    return max((link for link in links if link and f"&{query}".endswith(f"&{link}")), key=len, default=None)


def begin_with(name: str, value: str) -> None:
    """As if the address that has just been opened said so; nothing takes the name out of it."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as address:
        if binding := address.get_binding_for_param(name):
            address.unbind_widget(binding.widget_id)
        address._initial_query_params.pop(name, None)
        address._query_params.pop(name, None)
        if value:
            address._initial_query_params[name] = [value]
            address._query_params[name] = value


def settle_address() -> tuple[str, str]:
    """At the end of a page: the address says what the controls say, and the browser hears it once more.

    Returned are the query that the browser has asked with, and the one that it hears.

    Fast fingers are ahead of the server: what it has written of the one control lacks what the browser has written since of
    another, and would stay.
    """
    context = get_script_run_ctx()
    if context is None:
        return "", ""
    with context.session_state.query_params() as address:
        reported = context.query_string
        before = dict(address._query_params)
        for name, binding in list(address._bindings_by_param.items()):
            _settle(context, address, name, binding.widget_id)
        if st.session_state.get(PAGE) in FIRST_SIGHT and set(address._query_params) <= SAY_NOTHING:
            address._query_params.update([OTHERWISE])
        settled = query_of(address._query_params)
        if before == address._query_params and sorted(parse_qsl(reported, keep_blank_values=True)) == sorted(
            parse_qsl(settled, keep_blank_values=True)
        ):
            settled = reported  # as the browser spells it: no step of its history
            if is_watched(address):
                _send(context, reported)
        else:
            address._send_query_param_msg()
        return str(st.session_state.get(_ASKED, "")), settled


def _settle(context: ScriptRunContext, address: Any, name: str, widget: str) -> None:
    state = context.session_state._state
    metadata = state._new_widget_state.widget_metadata.get(widget)
    if metadata is None or name not in state:
        return
    value = state[name]
    if value == metadata.deserializer(None):
        address._query_params.pop(name, None)
        return
    serialized = metadata.serializer(value)
    kept = address._query_params.get(name)
    if isinstance(serialized, float) and kept == f"{serialized:.0f}.0" and kept not in _asked(name):
        address._query_params[name] = f"{serialized:.0f}"  # of a whole number that the server has set
        return
    if address.stored_param_matches_corrected_value(name, serialized, metadata.value_type):
        return
    if isinstance(kept, str) and is_same(kept, serialized):
        return
    address.set_corrected_value(name, serialized, metadata.value_type)


def _asked(name: str) -> list[str]:
    return parse_qs(str(st.session_state.get(_ASKED, ""))).get(name, [])


def _send(context: ScriptRunContext, query: str) -> None:
    message = ForwardMsg()
    message.page_info_changed.query_string = query
    context.enqueue(message)


def go_to(page: str, **settings: str) -> None:
    """Another page of the app, by the name of its file, with these settings.

    ``st.switch_page`` writes them into this page's address first, which Back would come to.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    remember_link(urlencode(settings))
    path = str(PROJECT / "pages" / f"{page}.py")
    pages = context.pages_manager.get_pages().values()
    there = next(one["page_script_hash"] for one in pages if one["script_path"] == path)
    raise RerunException(
        RerunData(
            query_string=urlencode(settings),
            page_script_hash=there,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
