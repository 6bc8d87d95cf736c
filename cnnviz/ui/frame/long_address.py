"""A file in the place of an address that is too long to be sent."""

from __future__ import annotations

from contextvars import ContextVar
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.sharing.sealed_address import page_address, query_of

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

LONGEST = 4000
"""Characters of an address that get through everywhere: mail, chats and proxies cut longer ones."""
_box: ContextVar[DeltaGenerator | None] = ContextVar("long_address", default=None)


def place_for_length() -> None:
    """Here it is said that the address is long."""
    _box.set(st.empty())


def say_length() -> None:
    """At the end of the page, when its address is known."""
    box, address = _box.get(), _address()
    if box is None or len(address) <= LONGEST:
        return
    data, name, kind = _file(address)
    what = "the network's file" if name.endswith(".json") else "a file that holds it"
    with box.container():
        said = f"This address has {len(address):,} characters and may be cut on its way: send {what} instead."
        st.warning(escaped(said), icon=":material/link:")
        st.download_button(f"Download {name}", data, name, kind, icon=":material/download:", on_click="ignore")


def _address() -> str:
    return f"{st.context.url or ''}?{query_of(page_address())}"


def _file(address: str) -> tuple[str, str, str]:
    """What it holds, its name and its type: the network, which the builder opens, or a page with a link."""
    from cnnviz.networks.code import CodeError, decode, file_name, to_json

    if code := st.query_params.get("net"):
        try:
            draft = decode(code)
        except CodeError:
            pass
        else:
            return to_json(draft), f"{file_name(draft)}.json", "application/json"
    link = (
        f'<!doctype html><meta charset="utf-8"><title>cnnviz</title><a href="{escape(address)}">Open it in cnnviz</a>\n'
    )
    return link, "cnnviz.html", "text/html"
