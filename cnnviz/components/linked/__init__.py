"""A piece of a page whose links lead on within the app, as those of Streamlit's menu do: no page is loaded anew."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.components.assets import heard, packed, register

_mount = register("linked")


def linked(html: str, *, key: str, on_follow: Callable[[str], None], in_dialog: bool = False) -> None:
    """Draw ``html``, in which all that others wrote is escaped; ``on_follow`` gets the ``href`` of a link that is clicked.

    It is called before the page runs again. A link that is opened in another tab is the browser's own. ``in_dialog`` draws it
    as a part of the page itself: a dialog does not let the keyboard into components.
    """

    def follow() -> None:
        if isinstance(href := heard(key, "href"), str):
            on_follow(href)

    if in_dialog:
        with st.container(key=f"{key}_links"):
            st.html(html)
    spec = {"html": "", "beside": f"{key}_links"} if in_dialog else {"html": html, "beside": ""}
    _mount(data=packed(spec), key=key, on_href_change=follow, width="stretch", height="content")
