"""A visitor of random habits: opens addresses, touches what is to be seen, goes away and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from streamlit.testing.v1 import AppTest

from cnnviz.paths import PROJECT
from cnnviz.ui.frame.hiding import hideable

Address = dict[str, str | list[str]]
MANY = 1e6
"""A field with wider bounds refuses most of what lies within them."""


def said(element: Any) -> str:
    """What a reader reads of Markdown in which nothing is marked."""
    return str(element.value).replace("\\", "")


def walk(node: Any, hidden: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """All elements of a page, each with the names under which it lies out of sight."""
    if not hasattr(node, "children"):
        yield node, hidden
        return
    _, found, name = str(getattr(getattr(node, "proto", None), "id", "")).partition("-hidden_")
    inside = (*hidden, name.rpartition("_")[0]) if found else hidden
    for child in node.children.values():
        yield from walk(child, inside)


def bound_to(element: Any) -> str:
    """The name in the address that holds what a control says; nothing for what is no such control."""
    return str(getattr(getattr(element, "proto", None), "query_param_key", ""))


def controls(app: AppTest, seen: bool = False) -> dict[str, Any]:
    """Those that the address holds, by name; only those in sight where ``seen``."""
    return {name: one for one, hidden in walk(app._tree) if (name := bound_to(one)) and not (seen and hidden)}


def written(control: Any) -> str:
    """What it says, as the address has it."""
    if control.type == "selectbox":
        return str(control.options[control.index])
    value = control.value
    if isinstance(value, bool):
        return str(value).lower()
    is_whole = control.type in ("number_input", "slider") and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)


class Visitor:
    """One who stays for a while; ``history`` is what he has done."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=120).run()
        self.page = "home"
        self.history: list[object] = []

    def go(self, page: str, address: Address) -> None:
        """By a link; from another page, as whoever is on this one has to reload it."""
        if page == self.page != "home":
            self._switch("home", {})
        self._switch(page, address)

    def touch(self, name: str, value: Any) -> None:
        self.history.append((name, value))
        controls(self.app)[name].set_value(value)
        self.app.run()

    def address(self) -> Address:
        """That of the page as it stands."""
        kept: Address = dict(self.app.query_params)
        return kept | {name: written(control) for name, control in controls(self.app).items()}

    def offers(self, name: str) -> Any:
        """One of the values that a control has to offer."""
        control = controls(self.app)[name]
        kind = control.type
        if kind in ("toggle", "checkbox"):
            return not control.value
        if kind == "number_input":
            return self._number(control)
        if kind == "slider":
            return self.random.randrange(round(control.min * 10), round(control.max * 10) + 1) / 10
        if kind == "text_area":
            return self._numbers()
        options = list(control.options)
        return self.random.choice(options)

    def _number(self, field: Any) -> float:
        if field.max - field.min < MANY:
            value = (
                self.random.uniform(field.min, field.max) if self.random.random() < 0.5 else field.value + field.step
            )
        else:
            value = self.random.choice([field.value * 2, field.value / 2, field.value + field.step])
        whole = field.proto.format == "%.0f"
        return float(min(max(round(value) if whole else value, field.min), field.max))

    def _numbers(self) -> str:
        rows, columns = self.random.randint(1, 9), self.random.randint(1, 9)
        return "\n".join(" ".join(str(self.random.randint(-9, 9)) for _ in range(columns)) for _ in range(rows))

    def _switch(self, page: str, address: Address) -> None:
        self.history.append((page, address))
        self.app.query_params.clear()
        self.app.query_params.update(address)
        self.app.switch_page(f"pages/{page}.py")
        self.app.run()
        self.page = page

    def complaints(self) -> list[str]:
        """What nobody may ever see, and what the address has hidden and is to be seen all the same."""
        said = [error.message for error in self.app.exception] + [error.value for error in self.app.error]
        asked = str(self.app.query_params.get("hide", "")).split(",")
        known = hideable(self.app.title[0].value) if self.app.title else set()
        for element, hidden in walk(self.app._tree):
            name = bound_to(element)
            if name and name not in known:
                said.append(f"{name} cannot be hidden")
            if name and name in asked and name not in hidden:
                said.append(f"{name} is to be seen")
        return said
