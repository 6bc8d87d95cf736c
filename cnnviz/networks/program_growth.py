"""Lists, dictionaries and modules that get more, or less, by their methods."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import at, not_plain
from cnnviz.networks.program_functions import Functions
from cnnviz.networks.program_values import Chain, Instance, use

_ARGUMENTS = {
    "append": ("module",),
    "extend": ("sequential",),
    "insert": ("index", "module"),
    "add_module": ("name", "module"),
    "register_module": ("name", "module"),
}
"""What the methods by which a module gets more are given."""


@dataclass
class Growth(Functions):
    """What changes what something holds."""

    def _module(self, value: Any, node: ast.expr) -> Any:
        if isinstance(value, Part | Chain | Instance):
            use(value)
            return value
        raise at(node, f"only layers are read here, not {self.source.of(node)}")

    def _dictionary(self, node: ast.Call, names: Mapping[str, Any]) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for each in node.args:
            value = self._value(each, names)
            pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            self._steps += len(pairs)
            for pair in pairs:
                if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
                    raise at(each, f"only pairs of a name and a layer are read here, not {self.source.of(each)}")
                entries[pair[0]] = pair[1]
        for keyword in node.keywords:
            entries |= self._by_name(keyword, names)
        return entries

    def _grow(self, owner: Any, name: str, node: ast.Call, names: Mapping[str, Any]) -> None:
        items = owner.items if isinstance(owner, Chain) else owner
        given = self._by_place(node, _ARGUMENTS[name], names)
        if isinstance(owner, Chain) and not owner.is_numbered:
            raise at(
                node, f"a slice keeps its numbers as names, so what this replaces is not read: {self.source.of(node)}"
            )
        if name in ("add_module", "register_module") and len(given) == 2 and isinstance(given[0], str):
            if isinstance(owner, Instance):
                owner.attributes[given[0]] = given[1]
                use(given[1])
                return
            if not isinstance(owner, Chain) or given[0].isdigit():
                raise not_plain(self.source.of(node), node.lineno)
            self._module(given[1], node)
            for place, item in enumerate(owner.items):
                if item is owner.keys.get(given[0]):
                    owner.items[place] = owner.keys[given[0]] = given[1]
                    return
            owner.keys[given[0]] = given[1]
            given = given[1:]
        elif name == "insert" and len(given) == 2 and type(given[0]) is int and isinstance(items, list):
            if isinstance(owner, Chain):
                self._module(given[1], node)
            items.insert(given[0], given[1])
            use(given[1])
            return
        if not isinstance(items, list) or len(given) != 1:
            raise not_plain(self.source.of(node), node.lineno)
        more = self._several(given[0]) if name == "extend" else [given[0]]
        if isinstance(owner, Chain):
            use(given)
            for one in more or []:
                self._module(one, node)
        self._add(items, more or [], node)

    def _by_place(self, node: ast.Call, arguments: Sequence[str], names: Mapping[str, Any]) -> list[Any]:
        """What a call gives, as if all of it were given by place."""
        given = self._items(node.args, names)
        by_name = {keyword.arg: self._value(keyword.value, names) for keyword in node.keywords}
        left = arguments[len(given) :]
        if set(by_name) - set(left):
            raise not_plain(self.source.of(node), node.lineno)
        return [*given, *(by_name[argument] for argument in left if argument in by_name)]

    def _shrink(self, owner: Any, name: str, node: ast.Call, names: Mapping[str, Any]) -> Any:
        """Methods of lists, modules and dictionaries that do not only add to them."""
        items = owner.items if isinstance(owner, Chain) else owner
        given = self._given(node, names)
        by_name = given.pop().values
        if isinstance(items, dict) and name == "update":
            for each in given:
                if not isinstance(each, dict):
                    raise not_plain(self.source.of(node), node.lineno)
                self._steps += len(each)
                items.update(each)
            items.update(by_name)
            use(items)
            return None
        if isinstance(owner, Chain) and name == "pop" and set(by_name) == {"key"}:
            given, by_name = [*given, by_name["key"]], {}
        if by_name or (isinstance(items, dict) and name == "reverse"):
            raise not_plain(self.source.of(node), node.lineno)
        if name == "pop":
            place = given[0] if given else -1
            is_there = (
                place in items
                if isinstance(items, dict) and isinstance(place, str)
                else (isinstance(items, list) and type(place) is int and -len(items) <= place < len(items))
            )
            if len(given) > 1 or not is_there:
                raise not_plain(self.source.of(node), node.lineno)
            if isinstance(owner, Chain):
                owner.renumber()
            return items.pop(place)
        if given or (isinstance(owner, Chain) and name == "reverse"):
            raise not_plain(self.source.of(node), node.lineno)
        return getattr(items, name)()
