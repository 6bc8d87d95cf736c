"""Exercises: addresses that hide controls. They stay in force wherever one goes meanwhile."""

from __future__ import annotations

from urllib.parse import parse_qs

import streamlit as st

from cnnviz.ui.frame.address import keep, release
from cnnviz.ui.frame.parameters import EXERCISE, HIDE, TASK
from cnnviz.ui.frame.sharing.packing import Address, listed, opened
from cnnviz.ui.frame.sharing.sealed_address import page_address, query_of

_EXERCISES = "_exercises"
_MOST, _LONGEST = 8, 4000


def keep_exercises(title: str) -> bool:
    """Who has been on another page comes back to an address that hides nothing, and gets the one that was there before.

    Whether it is another address now.
    """
    exercises: dict[str, Address] = _carried() | st.session_state.get(_EXERCISES, {})
    st.session_state[_EXERCISES] = exercises
    if HIDE in st.query_params:
        exercises[title] = {name: values for name, values in page_address().items() if name != EXERCISE}
    elif before := exercises.get(title):
        kept = {HIDE, TASK, *listed(before[HIDE])} if _is_asked() else before.keys()
        gone = {name: before[name] for name in before if name in kept and name not in st.query_params}
        release(gone)
        st.query_params.update(gone)  # all at once: one step in the browser's history
        return True
    others = [f"{page}?{query_of(address)}" for page, address in exercises.items() if page != title]
    if st.query_params.get_all(EXERCISE) != others:
        keep(EXERCISE, others)
    return False


def _is_asked() -> bool:
    """Whether the address sets something of the page itself."""
    return any(name not in (EXERCISE, "projector") for name in st.query_params)


def _carried() -> dict[str, Address]:
    """Those of other pages that the address names."""
    addresses: dict[str, Address] = {}
    for text in st.query_params.get_all(EXERCISE)[:_MOST]:
        page, _, query = text[:_LONGEST].partition("?")
        address = parse_qs(query, keep_blank_values=True)
        if HIDE in address:
            addresses[page] = opened(dict(address))
    return addresses
