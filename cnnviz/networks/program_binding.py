"""What names and places of a text are bound to."""

from __future__ import annotations

import ast
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import ParseError, at
from cnnviz.networks.program_guards import mentions_network
from cnnviz.networks.program_modules import NETWORKS
from cnnviz.networks.program_spoiling import Spoiling, tells
from cnnviz.networks.program_values import Chain, Class, Flow, Instance, Sizes, TooLong, Torch, axes_of, space_of, use


@dataclass
class Binding(Spoiling):
    """How they are bound."""

    alone: dict[str, Chain] = field(default_factory=dict)
    """Parts of modules that are named as a network."""

    def _assign(self, target: ast.expr, value: Any, node: ast.expr, names: MutableMapping[str, Any]) -> None:
        """Bind a name; what it is bound to may be the network."""
        self._bind(target, value, names)
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, list | tuple):
            whole = (
                node.elts
                if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == len(value)
                else [node] * len(value)
            )
            for each, one, by in zip(target.elts, value, whole, strict=True):
                self._note(one, each, by, names)
        else:
            self._note(value, target, node, names)

    def _note(
        self,
        value: Any,
        target: ast.expr | None = None,
        node: ast.expr | None = None,
        names: MutableMapping[str, Any] | None = None,
    ) -> None:
        """Take a module that was made of another as one of the text's, and a part of one that is named as a network."""
        if isinstance(value, Chain | Instance) and not any(each is value for each in self.modules):
            self.modules.append(value)
        if not isinstance(target, ast.Name) or target.id not in NETWORKS or names is not self.names:
            return
        if (old := self.alone.pop(target.id, None)) is not None:
            old.is_used = True
        if isinstance(value, Part) and value.fault and isinstance(node, ast.Call):
            if mentions_network(node, names):
                self.refused.append(at(node, f"what this makes of a network is not read: {self.source.of(node)}"))
        elif isinstance(value, Part) or (isinstance(value, Chain | Instance) and value.is_used):
            self.alone[target.id] = Chain([value], value.line, target.id)
            self.modules.append(self.alone[target.id])

    def _delete(self, target: ast.expr, names: MutableMapping[str, Any]) -> None:
        if isinstance(target, ast.Name):
            return
        if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            owner, index = self._value(target.value, names), self._value(target.slice, names)
            items = owner.items if isinstance(owner, Chain) else owner
            is_there = (
                type(index) is int and -len(items) <= index < len(items)
                if isinstance(items, list)
                else isinstance(items, dict) and isinstance(index, str) and index in items
            )
            if is_there:
                if isinstance(owner, Chain):
                    owner.renumber()
                del items[index]
                return
        if isinstance(target, ast.Attribute):
            owner = self._value(target.value, names)
            if isinstance(owner, Instance) and owner.attributes.pop(target.attr, None) is not None:
                return
        raise at(target, f"{self.source.of(target)} is not read")

    def _bind(self, target: ast.expr, value: Any, names: MutableMapping[str, Any]) -> None:
        if isinstance(target, ast.Name):
            names = space_of(target.id, names, self.names)
            if names is self.names and isinstance(old := names.get(target.id), Chain | Instance) and old is not value:
                self._steps += len(names) // 10
                old.is_used |= not any(each is old for name, each in names.items() if name != target.id)
            names[target.id] = value
            if isinstance(value, Chain | Instance) and (not value.name or target.id in NETWORKS):
                value.name = target.id
        elif isinstance(target, ast.Attribute):
            try:
                owner = self._value(target.value, names)
            except TooLong:
                raise
            except ParseError:
                if any(isinstance(each, ast.Call) for each in ast.walk(target.value)):
                    raise
                owner = None
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
                use(value)
            elif isinstance(owner, Class):
                owner.attributes[target.attr] = value
            elif isinstance(owner, Torch) and owner.name.startswith("torch.nn"):
                self.refused.append(
                    at(target, f"only torch's own layers are read: {self.source.of(target)} is changed")
                )
            elif isinstance(owner, Chain) or (isinstance(owner, Part) and tells(owner, target.attr)):
                raise at(target, f"{self.source.of(target)} is not read")
            elif isinstance(value, Chain | Instance) and not value.name:
                value.name = target.attr
        elif isinstance(target, ast.Subscript):
            owner = self._value(target.value, names)
            if isinstance(owner, dict):
                owner[self._key(target.slice, names)] = value
                use(value)
                return
            index = self._value(target.slice, names)
            items = owner.items if isinstance(owner, Chain) else owner
            if not isinstance(items, list) or type(index) is not int or not -len(items) <= index < len(items):
                raise at(target, f"{self.source.of(target)} is not read")
            if isinstance(owner, Chain):
                owner.keys |= {name: value for name, each in owner.keys.items() if each is items[index]}
            items[index] = value
            use(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value if isinstance(value, list | tuple) else [value] * len(target.elts)
            if isinstance(value, Sizes):
                if len(target.elts) not in (2, 4):
                    raise at(target, f"{self.source.of(target)} is not read")
                values = axes_of(value, len(target.elts))
            if len(values) != len(target.elts):
                raise at(target, f"{len(values)} values for {len(target.elts)} names")
            for each, one in zip(target.elts, values, strict=True):
                self._bind(each, one, names)

    def _augmented(self, node: ast.AugAssign, names: MutableMapping[str, Any]) -> Any:
        before, more = self._value(node.target, names), self._value(node.value, names)
        if isinstance(before, list) and isinstance(more, list | tuple) and isinstance(node.op, ast.Add):
            self._add(before, list(more), node)
            return before
        after = self._combined(before, more, node.op, node)
        if isinstance(before, Chain) and isinstance(after, Chain):
            if not before.is_numbered:
                raise at(node, f"a slice keeps its numbers as names: {self.source.of(node)} is not read")
            before.items[:] = after.items
            use(more)
            return before
        if isinstance(before, Flow):
            before.become(after)
        return after
