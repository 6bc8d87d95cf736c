"""Settings that are kept in the address. ``bind="query-params"`` drops what it cannot use; these keep it from more.

A teacher takes controls away with ``hide=stride,padding`` in the address: they keep their values and are not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.ui.frame.refused import asked, check

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HIDE = "hide"


def hidden() -> list[str]:
    """The names that the address hides."""
    asked = ",".join(st.query_params.get_all(HIDE)).lower().split(",")
    return list(dict.fromkeys(name.strip() for name in asked if name.strip()))


def out_of_sight(name: str) -> DeltaGenerator:
    """A container that is not seen. A page may have any number of them under one name: a control, and what is said of it."""
    for number in count():
        with suppress(StreamlitDuplicateElementKey):
            return st.container(key=f"hidden_{name}_{number}")
    raise AssertionError


@contextmanager
def place(key: str) -> Iterator[None]:
    """Where a control or a part of the page goes: out of sight where the address hides it."""
    if key in hidden():
        with out_of_sight(key):
            yield
    else:
        yield


def whole(label: str, low: int, high: int, default: int, *, key: str, help: str | None = None, step: int = 1) -> int:
    """A whole number in the address.

    Streamlit's integer input raises on an infinite number in the address, so this one is a float input inside.
    """
    return round(number(label, float(low), float(high), float(default), float(step), format="%.0f", key=key, help=help))


def number(
    label: str, low: float, high: float, default: float, step: float, *, format: str, key: str, help: str | None = None
) -> float:
    """A number in the address."""
    wanted = asked(key)
    with place(key):
        value = st.number_input(label, low, high, default, step, format=format, key=key, bind="query-params", help=help)
    check(key, label, wanted, value)
    return value


def choice(label: str, options: list[str], *, key: str, help: str | None = None) -> str:
    """One of a few options, side by side, in the address; the first is the default."""
    wanted = asked(key)
    with place(key):
        chosen = st.segmented_control(
            label, options, default=options[0], required=True, key=key, bind="query-params", help=help
        )
    one = chosen if chosen in options else options[0]  # an empty parameter means nothing chosen
    check(key, label, wanted, one)
    return one


def selection(
    label: str, options: Sequence[str], *, key: str, index: int = 0, help: str | None = None, **more: Any
) -> str:
    """One of many options, in the address, where it stands as it is shown; the option itself is understood too."""
    wanted, shown = asked(key), more.get("format_func")
    if shown and wanted in options and key not in st.session_state:
        st.session_state[key] = wanted
        keep(key, shown(wanted))
    with place(key):
        chosen = str(st.selectbox(label, options, index=index, key=key, bind="query-params", help=help, **more))
    check(key, label, wanted, chosen, shown(chosen) if shown else "")
    return chosen


def switch(label: str, *, key: str, default: bool = False, help: str | None = None, **more: Any) -> bool:
    """On or off, in the address."""
    wanted = asked(key)
    with place(key):
        is_on = bool(st.toggle(label, default, key=key, bind="query-params", help=help, **more))
    check(key, label, wanted, is_on)
    return is_on


def slide(label: str, options: Sequence[Any], default: Any, *, key: str, help: str | None = None, **more: Any) -> Any:
    """A value of an ordered few, in the address; the options may change from run to run."""
    wanted = asked(key)
    with place(key):
        value = st.select_slider(label, options, default, key=key, bind="query-params", help=help, **more)
    check(key, label, wanted, value)
    return value


def now(key: str, options: Sequence[Any], default: Any) -> Any:
    """The value that a control is about to have, before it is drawn: the user's, else the address's, else its default."""
    said = str(st.session_state.get(key, st.query_params.get(key))).lower().removesuffix(".0")  # of `whole`
    return next((option for option in options if str(option).lower() == said), default)


def keep(name: str, value: str | Sequence[str]) -> None:
    """Put something into the address that no control of Streamlit's holds."""
    release([name])
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def release(names: Iterable[str]) -> None:
    """Let these names be written in the address: Streamlit keeps them for controls that are gone, those of another page too."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as address:
        for name in names:
            if former := address.get_binding_for_param(name):
                address.unbind_widget(former.widget_id)
