"""How every page begins."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def start_page(title: str) -> None:
    """Show the page's title.

    A fresh server that is first asked for ``/convolution`` runs ``pages/convolution.py`` by itself, as Streamlit did
    before it had ``st.navigation``: no page config, no navigation. Then the page is run again through ``app.py``.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.title(title)
