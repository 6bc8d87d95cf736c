"""Parts of a page that draw themselves anew while they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import streamlit as st

from cnnviz.components.beat import beat


def repeated(seconds: float | None) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A fragment that is drawn again every so many seconds, counted from when it was drawn; None: only by what one does in it."""

    def decorate(draw: Callable[[], None]) -> Callable[[], None]:
        @st.fragment
        @wraps(draw)
        def drawn() -> None:
            if seconds:
                beat(seconds, draw.__name__)
            else:
                st.empty()  # what stands below keeps its place
            draw()

        return drawn

    return decorate
