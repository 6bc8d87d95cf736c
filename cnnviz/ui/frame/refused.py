"""What an address asks for and cannot have, in one sentence at the top: Streamlit corrects it without a word.

It stays there until somebody changes what the address says.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.ui.frame.hiding import hidden
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import Number, OneOf, OnOff, Whole

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_SAID, _SINCE, _SEEN, _OFTEN = "refused_values", "refused_since", "seen_", "asked_often"  # forgotten on another page
_LONGEST = 40  # characters of a wrong value
_MOST = 6  # sentences
_box: ContextVar[DeltaGenerator | None] = ContextVar("refused", default=None)


def place_for_refusals() -> None:
    """Here they are said."""
    _box.set(st.empty())
    _show()


def asked(key: str) -> str | None:
    """What the address says, before its control is drawn for the first time, and when the browser goes back to it."""
    parameter(key)
    context = get_script_run_ctx()
    is_back = context is not None and context.is_history_navigation
    if not is_back and key in st.session_state:
        return None
    often: dict[str, int] = st.session_state.setdefault(_OFTEN, {})
    often[key] = len(st.query_params.get_all(key))
    return st.query_params.get(key)


def check(key: str, label: str, wanted: str | None, value: Any, shown: str = "") -> None:
    """Say so where the address ``wanted`` another value than the control has got; ``shown`` is how the address has that."""
    if wanted is None or is_same(wanted, value) or (shown and wanted == shown):
        return
    often = st.session_state.get(_OFTEN, {}).get(key, 1)
    told = ("on" if value else "off") if isinstance(value, bool) else shown or _number(value)
    name = label.partition(":")[0]
    if often > 1:
        refuse(key, f"{name} stands {often} times in the address: it is {told}.")
    else:
        refuse(key, f"{name} cannot be {wanted[:_LONGEST] or 'empty'}: it is {told}.")


def refuse(key: str, sentence: str) -> None:
    """Say this of what the address has under ``key``; nothing of what it hides."""
    if key in hidden():
        return
    said: dict[str, str] = st.session_state.setdefault(_SAID, {})
    if said.get(key) != sentence:
        said[key] = sentence
        _show()


def refuse_unreadable(key: str, what: str, is_read: bool) -> None:
    """The same of what no control holds: ``what`` the address has under ``key`` is not read, or not whole."""
    wanted = st.query_params.get(key, "")
    if wanted and not is_read:
        refuse(key, f"The address has {wanted[:_LONGEST]!r} for {what}: it cannot be read, or not whole.")


def has_come(key: str) -> bool:
    """Whether the address says something under ``key`` that it did not say when this was last asked on this page."""
    former, said = st.session_state.get(f"{_SEEN}{key}"), st.query_params.get(key, "")
    st.session_state[f"{_SEEN}{key}"] = said
    return former != said


def refuse_what_has_no_control() -> None:
    """At the end of the page: what the address says of settings that are not in force, and none of them could have."""
    for name in st.query_params:
        if name in st.session_state:  # a control has it, and has checked it
            continue
        try:
            it = parameter(name)
        except KeyError:
            continue
        wanted = st.query_params[name]
        if not _can_be(it.kind, wanted):
            label = it.label.partition(":")[0] or name
            refuse(name, f"{label} cannot be {wanted[:_LONGEST] or 'empty'}.")


def _can_be(kind: object, wanted: str) -> bool:
    if isinstance(kind, OnOff):
        return wanted.lower() in ("true", "false")
    if isinstance(kind, Whole | Number):
        try:
            return kind.low <= float(wanted) <= kind.high
        except ValueError:
            return False
    return not isinstance(kind, OneOf) or not kind.options or any(is_same(wanted, one) for one in kind.options)


def is_refused(key: str) -> bool:
    """Whether something is said of it."""
    return key in st.session_state.get(_SAID, {})


def forget_refusals() -> None:
    """At the end of the page: those of an address that has been changed since."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    since = st.session_state.get(_SINCE)
    if since is not None and now != since:
        st.session_state.pop(_SAID, None)
        _show()
    st.session_state[_SINCE] = now


def renew_refusals() -> None:
    """At the beginning, where the address is taken anew: what was said of the former one is over."""
    for key in (_SAID, _SINCE):
        st.session_state.pop(key, None)


def is_same(wanted: str, value: Any) -> bool:
    """Whether an address that says ``wanted`` means ``value``."""
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    return wanted == str(value)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show() -> None:
    box, said = _box.get(), list(st.session_state.get(_SAID, {}).values())
    if box is None:
        return
    if said:
        more = [f"And {len(said) - _MOST} more."] if len(said) > _MOST else []
        box.warning(escaped(" ".join([*said[:_MOST], *more])))
    else:
        box.empty()
