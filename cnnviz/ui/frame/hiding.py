"""A teacher takes controls away with ``hide=stride,padding`` in the address: they keep their values and are not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from cnnviz.ui.frame.parameters import HIDE, names, parameter
from cnnviz.ui.frame.sharing.packing import listed

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def hidden() -> list[str]:
    """The names that the address hides."""
    return listed(st.query_params.get_all(HIDE))


def tells(*names: str, prefix: str = "") -> bool:
    """Whether what these settings make tells one that the address hides; ``prefix`` is that of a layer beside the first."""
    told = {f"{prefix}{name}{axis}" for name in names for axis in ("", "_width")}
    return not (told | {f"{prefix}controls"} if prefix else told).isdisjoint(hidden())


def withhold(what: str) -> None:
    """One sentence in the place of what would tell it."""
    st.caption(f"{what} would tell what this exercise hides.")


def hideable(title: str) -> set[str]:
    """The names that ``hide=`` knows on the page with this title, whether they are to be seen just now or not."""
    return {name for name in names(title) if parameter(name, title).can_be_hidden}


def out_of_sight(name: str) -> DeltaGenerator:
    """A container that is not seen. A page may have any number of them under one name: a control, and what is said of it."""
    for number in count():
        with suppress(StreamlitDuplicateElementKey):
            return st.container(key=f"hidden_{name}_{number}")
    raise AssertionError


@contextmanager
def place(name: str) -> Iterator[None]:
    """Where a control or a part of the page goes: out of sight where the address hides it. Raises KeyError."""
    parameter(name)
    if name in hidden():
        with out_of_sight(name):
            yield
    else:
        yield
