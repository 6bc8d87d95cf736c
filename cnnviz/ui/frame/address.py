"""Controls whose values the address holds, and what it holds without a control.

Each is one of the table in ``parameters``, which has its label, default and bounds; a page gives what depends on other
values. ``bind="query-params"`` drops what it cannot use; these keep it from more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import Number, OneOf, OnOff, Whole
from cnnviz.ui.frame.refused import asked, check

_KEPT = "_kept_in_address"


def whole(name: str, *, high: int | None = None) -> int:
    """A whole number; ``high`` is the most where it depends on other values.

    Streamlit's integer input raises on an infinite number in the address, so this one is a float input inside.
    """
    it = parameter(name)
    assert isinstance(it.kind, Whole)
    most = it.kind.high if high is None else high
    return round(number(name, low=it.kind.low, high=most, first=it.kind.default, step=1, format="%.0f"))


def number(
    name: str,
    *,
    low: float | None = None,
    high: float | None = None,
    first: float | None = None,
    step: float | None = None,
    format: str = "%g",
) -> float:
    """A number; what it begins with, its bounds and step are those of the table where they are not given."""
    it, wanted = parameter(name), asked(name)
    kind = it.kind
    if isinstance(kind, Number):
        low, high, step = (a if b is None else b for a, b in ((kind.low, low), (kind.high, high), (kind.step, step)))
        first = kind.default if first is None else first
    assert low is not None
    assert high is not None
    assert first is not None
    assert step is not None
    with place(name):
        value = st.number_input(
            it.label,
            float(low),
            float(high),
            float(first),
            float(step),
            format=format,
            key=name,
            bind="query-params",
            help=it.help,
        )
    check(name, it.label, wanted, value)
    return value


def choice(name: str, options: Sequence[str] | None = None, *, help: str | None = None) -> str:
    """One of a few options, side by side; the first is the default."""
    it, wanted = parameter(name), asked(name)
    few = list(it.options if options is None else options)
    with place(name):
        chosen = st.segmented_control(
            it.label, few, default=few[0], required=True, key=name, bind="query-params", help=help or it.help
        )
    one = chosen if chosen in few else few[0]  # an empty parameter means nothing chosen
    check(name, it.label, wanted, one)
    return one


def selection(
    name: str, options: Sequence[str] | None = None, *, first: str | None = None, label: str = "", **more: Any
) -> str:
    """One of many options; the address has it as it is shown, and the option itself is understood too.

    It begins with ``first``, by default that of the table, or the first of the ``options``.
    """
    it, wanted, shown = parameter(name), asked(name), more.get("format_func")
    many = list(it.options if options is None else options)
    if first is None and it.default in many:
        first = it.default
    if shown and wanted in many and name not in st.session_state:
        st.session_state[name] = wanted
        write(name, shown(wanted))
    label, index = label or it.label, 0 if first is None else many.index(first)
    with place(name):
        chosen = str(st.selectbox(label, many, index=index, key=name, bind="query-params", help=it.help, **more))
    check(name, label, wanted, chosen, shown(chosen) if shown else "")
    return chosen


def switch(name: str, *, default: bool | None = None, label: str = "", help: str | None = None, **more: Any) -> bool:
    """On or off; ``default``, ``label`` and ``help`` where they depend on other values."""
    it, wanted = parameter(name), asked(name)
    assert isinstance(it.kind, OnOff)
    label, begins_on = label or it.label, it.kind.default if default is None else default
    with place(name):
        is_on = bool(st.toggle(label, begins_on, key=name, bind="query-params", help=help or it.help, **more))
    check(name, label, wanted, is_on)
    return is_on


def slide(
    name: str,
    options: Sequence[Any] | None = None,
    *,
    default: Any = None,
    label: str = "",
    help: str | None = None,
    **more: Any,
) -> Any:
    """A value of an ordered few, which may change from run to run; the default with them, where it is not the table's."""
    it, wanted = parameter(name), asked(name)
    few, first = it.options if options is None else options, it.default if default is None else default
    label = label or it.label
    with place(name):
        value = st.select_slider(label, few, first, key=name, bind="query-params", help=help or it.help, **more)
    check(name, label, wanted, value)
    return value


def scale(name: str) -> float:
    """A number on a scale."""
    it, wanted = parameter(name), asked(name)
    kind = it.kind
    assert isinstance(kind, Number)
    with place(name):
        value = st.slider(
            it.label, kind.low, kind.high, kind.default, kind.step, key=name, bind="query-params", help=it.help
        )
    check(name, it.label, wanted, value)
    return value


def now(name: str) -> Any:
    """The value that a control is about to have, before it is drawn: the user's, else the address's, else its default.

    After the browser's Back it is what the address has: the user's is that of the address that one has left.
    """
    it = parameter(name)
    options = _possible(it.kind)
    context = get_script_run_ctx()
    is_back = context is not None and context.is_history_navigation
    there = st.query_params.get(name)
    said = str(there if is_back else st.session_state.get(name, there)).lower().removesuffix(".0")  # of `whole`
    return next((option for option in options if str(option).lower() == said), it.default)


def _possible(kind: object) -> Iterable[Any]:
    if isinstance(kind, OnOff):
        return (True, False)
    if isinstance(kind, Whole):
        return range(kind.low, kind.high + 1)
    assert isinstance(kind, OneOf)
    return kind.options


def text(name: str) -> str:
    """What the address has under a name that no control of Streamlit's holds; nothing where it has nothing."""
    _hold(name)
    return st.query_params.get(name, "")


def texts(name: str) -> list[str]:
    """The same where it may stand there several times."""
    _hold(name)
    return st.query_params.get_all(name)


def has(*names: str) -> bool:
    """Whether the address says something under any of these names."""
    for name in names:
        _hold(name)
    return any(name in st.query_params for name in names)


def keep(name: str, value: str | Sequence[str]) -> None:
    """Put something into the address that no control of Streamlit's holds."""
    write(name, value)
    st.session_state.setdefault(_KEPT, {})[name] = st.query_params.get_all(name)


def write(name: str, value: str | Sequence[str]) -> None:
    """Put something into the address for a control that is about to read it there."""
    parameter(name)
    release([name])
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _hold(name: str) -> None:
    """A click that comes before the browser has heard of the last change brings an address that lacks it."""
    parameter(name)
    kept = st.session_state.get(_KEPT, {})
    if name in kept and kept[name] != st.query_params.get_all(name):
        write(name, kept[name])


def take_as_it_is() -> None:
    """From here on the address is another one, not that of before with a change."""
    st.session_state.pop(_KEPT, None)


def release(names: Iterable[str]) -> None:
    """Let these names be written in the address: Streamlit keeps them for controls that are gone, those of another page too."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as address:
        for name in names:
            if former := address.get_binding_for_param(name):
                address.unbind_widget(former.widget_id)
