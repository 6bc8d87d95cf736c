"""A link to another page of the app, and the state that it opens there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import streamlit as st

from cnnviz.ui.frame.browser_history import go_to, remember_link
from cnnviz.ui.frame.hiding import hidden
from cnnviz.ui.frame.parameters import parameter

_DEPENDS = ("image", "model")
"""Their defaults are not the same for every network."""


@dataclass(frozen=True)
class Way:
    page: str
    """The name of its file."""
    settings: dict[str, str]

    @property
    def href(self) -> str:
        """As a link on another page has it."""
        return f"{self.page}?{urlencode(self.settings)}"

    def link(self, label: str, icon: str) -> None:
        remember_link(urlencode(self.settings))
        st.page_link(f"pages/{self.page}.py", label=label, icon=icon, query_params=self.settings)

    def go(self) -> None:
        go_to(self.page, **self.settings)


def way(page: str, **settings: Any) -> Way:
    """To a page, by the name of its file; what is its default there is left out. Raises KeyError for what it does not know."""
    title = page.capitalize()
    told = {name: _written(value) for name, value in settings.items()}
    return Way(page, {name: value for name, value in told.items() if not _is_default(title, name, value)})


def way_of(href: str, pages: tuple[str, ...]) -> Way | None:
    """The way that a link has; None where it leads to none of these pages."""
    page, _, query = href.partition("?")
    return Way(page, {name: values[-1] for name, values in parse_qs(query).items()}) if page in pages else None


def follow(href: str) -> None:
    """What a click on a link of a component asks for; ``lead_on`` does it."""
    st.session_state["followed"] = href


def lead_on() -> None:
    """Go where a link was followed to that leads into the network; what leads elsewhere is left alone."""
    asked = way_of(str(st.session_state.get("followed", "")), ("activations", "convolution", "pooling"))
    if asked is not None:
        del st.session_state["followed"]
        asked.go()


def is_told(*names: str) -> bool:
    """Whether the page hides none of these: a link that holds what is hidden would tell it."""
    return not set(names) & set(hidden())


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _is_default(title: str, name: str, value: str) -> bool:
    default = getattr(parameter(name, title).kind, "default", None)
    return name not in _DEPENDS and default is not None and value == _written(default)
