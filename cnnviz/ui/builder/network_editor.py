"""The network that is being built, on a page and in its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cnnviz.components.network_editor import network_editor as mount
from cnnviz.data import forms
from cnnviz.layers import ShapeError
from cnnviz.networks import Draft, architecture, architectures
from cnnviz.networks.code import CodeError, decode, encode
from cnnviz.networks.editing.network_spec import form_of, network_spec
from cnnviz.networks.editing.workbench import EMPTY, Workbench
from cnnviz.ui.frame.address import keep, text
from cnnviz.ui.frame.browser_history import came_by_history
from cnnviz.ui.frame.hiding import place, tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.links.networks import layer_way
from cnnviz.ui.links.way import follow

FIRST = "lenet5"


@dataclass
class _Written:
    """The addresses that this page has written."""

    addresses: set[tuple[str, str] | None] = field(default_factory=set)
    last: tuple[str, str] | None = None
    version: int = -1
    """Of the workbench when it wrote the last."""


_UNNAMED = {"name": "The network", "title": "The layers of the network"}
_BENCH, _OPENED = "_workbench", "_workbench_architecture"
_WRITTEN = "written_addresses"  # forgotten when one goes to another page, for whoever comes back may bring a new one


def open_workbench() -> Workbench:
    """The visitor's workbench, with the network of the address where it has one that is not there yet.

    The browser's Back and Forward, from another page too, lead to where the history has it. An address that this page has
    written before is a wish only where nothing else was done, or by Back; else the browser has sent it a while after the next
    change.
    """
    bench: Workbench = st.session_state.setdefault(_BENCH, Workbench(datasets=forms()))
    asked = _address()
    written: _Written = st.session_state.setdefault(_WRITTEN, _Written())
    is_new = asked not in written.addresses
    nothing_was_done = bench.version == written.version or came_by_history()
    is_back = not is_new and asked != written.last and nothing_was_done
    if asked and (is_new or is_back):
        try:
            draft = _asked(*asked)
            if is_back or came_by_history():
                bench.go_back_to(draft)
            else:
                bench.open(draft)
            st.session_state[_OPENED] = asked[1]
        except CodeError as error:
            st.warning(f"{escaped(str(error))} Here is another network.")
    if bench.drafts == [EMPTY] and not written.addresses:
        bench.open(architecture(FIRST))
        st.session_state[_OPENED] = FIRST
    return bench


def keep_in_address(bench: Workbench) -> None:
    """A known architecture by its key, any other network as a text that holds it all."""
    opened = str(st.session_state.get(_OPENED, ""))
    is_known = opened in architectures() and _same(bench.draft, architecture(opened))
    keep("architecture", opened if is_known else "")
    keep("net", "" if is_known else encode(bench.draft))
    written: _Written = st.session_state[_WRITTEN]
    written.last, written.version = _address(), bench.version
    written.addresses.add(written.last)


def pick_architecture(bench: Workbench) -> None:
    """A menu of the known architectures; the one that is chosen can be undone."""

    def open_() -> None:
        key = st.session_state["open"]
        if key is not None:
            bench.open(architecture(key), said=f"{architecture(key).name} is open.")
            st.session_state[_OPENED] = key
            st.session_state["open"] = None

    with place("architecture"):
        st.selectbox(
            "Open a known architecture",
            architectures(),
            index=None,
            key="open",
            on_change=open_,
            placeholder="LeNet-5, ResNet-18, …",
            format_func=lambda key: architecture(key).name,
        )


def edit(bench: Workbench, batch_size: int) -> None:
    """The editor with the workbench's network; for the projector without the layers that could be added."""
    try:
        form = form_of(bench.draft, bench.chosen, bench.error, bench.datasets, bench.typed, bench.dataset)
    except LookupError:
        bench.chosen, form = (), None
    if form and (there := layer_way(bench.draft, bench.chosen)):
        form["way"] = {
            "href": there[0].href,
            "label": f"Look into it on {there[0].page.capitalize()}",
            "note": there[1],
        }
    spec = network_spec(
        bench.draft,
        batch_size,
        bench.chosen,
        form=form,
        said=bench.said,
        version=bench.version,
        structure=bench.structure,
        opened=bench.opened,
        canUndo=bench.can_undo,
        canRedo=bench.can_redo,
        canClear=bool(bench.draft.layers),
        isProjected=bool(st.session_state.get("projector")),
    )
    if tells("architecture"):
        spec |= _UNNAMED
    with place("net"):
        mount(spec, key="editor", on_action=bench.act, on_follow=follow)


def show_table(draft: Draft, batch_size: int, *, key: str, is_named: bool = True) -> None:
    """Drawing and table of a network that is not edited here."""
    spec: dict[str, Any] = network_spec(draft, batch_size, version=0, structure=0, opened=0)
    if not is_named:
        spec |= _UNNAMED
    mount(spec, key=key)


def why_not(bench: Workbench) -> str:
    """Why the draft is no network yet; nothing where it is one."""
    if not bench.draft.layers:
        return "There is no layer yet: add the first."
    try:
        bench.network()
    except ShapeError as error:
        return f"{error}."
    return ""


def _address() -> tuple[str, str] | None:
    for name in ("net", "architecture"):
        if value := text(name):
            return name, value
    return None


def _asked(name: str, value: str) -> Draft:
    if name == "architecture" and value not in architectures():
        raise CodeError(f"There is no architecture {value[:40]!r}.")
    return decode(value) if name == "net" else architecture(value)


def _same(draft: Draft, other: Draft) -> bool:
    return (draft.name, draft.input_shape, draft.layers) == (other.name, other.input_shape, other.layers)
