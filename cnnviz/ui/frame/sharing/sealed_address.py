"""The address between browser and server: the server knows the values that ``task=`` packs, the browser does not show them.

Streamlit reads the address at the beginning of each run and writes it whenever a control changes it. Both go through here.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams, sanitize_query_string

from cnnviz.ui.frame.parameters import TASK, parameter
from cnnviz.ui.frame.parameters.kinds import Text
from cnnviz.ui.frame.refused import refuse_unreadable
from cnnviz.ui.frame.sharing.packing import Address, closed, opened, unpack


class _SealedAddress(QueryParams):
    """Holds the address opened, and sends it closed; only ``page_watch`` has it before that has been drawn once.

    What Streamlit would write until then is a step of the browser's history, and Back would come to a bare address.
    """

    is_watched = False

    def set_initial_query_params(self, query_string: str) -> None:
        super().set_initial_query_params(_opened(query_string))

    def populate_from_query_string(self, query_string: str, valid_script_hashes: set[str] | None = None) -> None:
        super().populate_from_query_string(_opened(query_string), valid_script_hashes)

    def _send_query_param_msg(self) -> None:
        context = get_script_run_ctx()
        if not self.is_watched:
            if context is not None:
                context.query_string = query_of(self._query_params)
            return
        plain = self._query_params
        self._query_params = closed(plain)
        try:
            super()._send_query_param_msg()
        finally:
            self._query_params = plain


def seal_address() -> None:
    """Before anything reads it: Streamlit has made the first one of a session by itself."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as address:
        if isinstance(address, _SealedAddress):
            return
        sealed = context.session_state._state.query_params = _SealedAddress()
        sealed.set_initial_query_params(context.query_string)
        sealed.populate_from_query_string(context.query_string)


def watch_address() -> None:
    """From now on the browser watches what is written into its address."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as address:
        if isinstance(address, _SealedAddress):
            address.is_watched = True


def is_watched(address: QueryParams) -> bool:
    """Whether it does."""
    return isinstance(address, _SealedAddress) and address.is_watched


def say_of_task() -> None:
    """That the address has a ``task=`` which is none. The page Models calls something else by this name."""
    if isinstance(parameter(TASK).kind, Text):
        refuse_unreadable(TASK, "the hidden settings", is_sealed())


def is_sealed() -> bool:
    """Whether the address packs what it hides."""
    return unpack(st.query_params.get(TASK, "")) is not None


def query_of(address: Address) -> str:
    """An address as the browser has it."""
    return urlencode(closed(address), doseq=True)


def page_address() -> dict[str, list[str]]:
    """That of the page as it is now, opened."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _opened(query_string: str) -> str:
    if f"{TASK}=" not in query_string:
        return query_string
    address = parse_qs(sanitize_query_string(query_string), keep_blank_values=True)
    return urlencode(opened(dict(address)), doseq=True)
