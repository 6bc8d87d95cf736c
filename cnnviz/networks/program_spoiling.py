"""Statements that are not understood: whatever they may change is not known from there on."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import FORMATTED, ParseError, at
from cnnviz.networks.program_calls import Calls
from cnnviz.networks.program_functions import DEEPEST
from cnnviz.networks.program_guards import CHANGE, CHANGES_WITHIN, TRAINED, is_hook, mentions_network, only_looks, wraps
from cnnviz.networks.program_modules import NETWORKS
from cnnviz.networks.program_values import (
    Chain,
    Class,
    Function,
    Instance,
    TooLong,
    Torch,
    Unknown,
    below,
    dotted_name,
    inside,
    remember_globals,
    space_of,
    targets_of,
)
from cnnviz.networks.signatures import SIGNATURES


@dataclass
class Spoiling(Calls):
    """What is not known any more."""

    @abstractmethod
    def _bind(self, target: ast.expr, value: Any, names: MutableMapping[str, Any]) -> None: ...

    def _spoil(self, statement: ast.stmt, error: ParseError, names: MutableMapping[str, Any], depth: int = 0) -> None:
        """Whatever a statement that is not understood may change is not known from here on."""
        if isinstance(statement, ast.ClassDef):
            names[statement.name] = Unknown(error, is_module=has_forward(statement))
            inner = below(names, {})
            for own in statement.body:
                if not isinstance(own, ast.ClassDef | ast.FunctionDef):
                    self._spoil(own, error, inner, depth)
            return
        for node in inside(statement):
            self._step(node)
            for target in targets_of(node):
                for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    self._spoil_target(each, error, names, isinstance(node, ast.AugAssign))
            for target in node.targets if isinstance(node, ast.Delete) else []:
                if isinstance(target, ast.Attribute | ast.Subscript):
                    self._mark(target.value, error, names)
            self._refuse(node, error, names)
            if isinstance(node, ast.Global):
                remember_globals(node, names)
            if isinstance(node, ast.Call):
                self._spoil_call(node, error, names, depth)
            if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and changes_layers(node):
                self._mark(node.iter.func, error, names)

    def _refuse(self, node: ast.AST, error: ParseError, names: MutableMapping[str, Any]) -> None:
        """Refuse all of the text where the network may be what a part of a statement makes, which is not understood."""
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            named = any(isinstance(target, ast.Name) and target.id in NETWORKS for target in targets_of(node))
            if named and mentions_network(node.value, names):
                self.refused.append(error)
        elif isinstance(node, ast.Attribute) and node.attr in CHANGE:
            self._mark(node.value, error, names)
        elif (isinstance(node, ast.Call) and dotted_name(node.func) in ("exec", "eval", "globals")) or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and FORMATTED in node.value
            and CHANGES_WITHIN.search(self.source.exactly(node))
        ):
            self.refused.append(at(node, f"what this may change is not read: {self.source.of(node)}"))

    def _spoil_target(
        self, target: ast.expr, error: ParseError, names: MutableMapping[str, Any], is_augmented: bool
    ) -> None:
        if isinstance(target, ast.Subscript):
            self._mark(target.value, error, names)
        elif isinstance(target, ast.Name):
            if is_augmented:
                self._mark(target, error, names)
            if space_of(target.id, names, self.names) is self.names and isinstance(
                self.names.get(target.id), Chain | Instance
            ):
                self.failed.append(error)
            self._bind(target, Unknown(error), names)
        elif isinstance(target, ast.Attribute):
            owner = self._known(target.value, names)
            if isinstance(owner, Instance | Class):
                owner.attributes[target.attr] = Unknown(error)
            elif not isinstance(owner, Part) or tells(owner, target.attr):
                self._mark(target.value, error, names)

    def _spoil_call(self, node: ast.Call, error: ParseError, names: MutableMapping[str, Any], depth: int) -> None:
        function = self._known(node.func, names)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if (
            isinstance(node.func, ast.Attribute)
            and is_hook(node.func.attr)
            and not (given and only_looks(given[0], names))
        ):
            self.refused.append(at(node, f"what may change the network is not read: {self.source.of(node)}"))
        unread = names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if wraps(node) or (isinstance(unread, Unknown) and not unread.is_foreign):
            for each in given:
                self._mark(each, error, names)
        if isinstance(node.func, ast.Attribute):
            owner = self._known(node.func.value, names)
            if isinstance(owner, Torch) and node.func.attr in CHANGE:
                for each in given:
                    self._mark(each, error, names)
            of = owner.of if isinstance(owner, Instance) else owner
            if isinstance(of, Class) and (method := of.method(node.func.attr)) is not None:
                function = method
                given = given if method.is_a("staticmethod") else [node.func.value, *given]
        if isinstance(function, Function) and depth < DEEPEST:
            arguments = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
            own = {name: self._known(each, names) for name, each in zip(arguments, given, strict=False)}
            own |= {each.arg: self._known(each.value, names) for each in node.keywords if each.arg in arguments}
            inner = below(function.names, own)
            for statement in function.node.body:
                self._spoil(statement, error, inner, depth + 1)
        elif dotted_name(node.func) in ("setattr", "delattr") and node.args:
            self._mark(node.args[0], error, names)
        elif dotted_name(node.func) not in (
            "print",
            "len",
            "isinstance",
            "type",
            "str",
            "repr",
            "range",
            "list",
            "zip",
        ):
            for each in given:
                if isinstance(self._known(each, names), list | dict):
                    self._mark(each, error, names)

    def _known(self, node: ast.expr, names: MutableMapping[str, Any]) -> Any:
        """What stands for a list or module; nothing is called for it."""
        if isinstance(node, ast.Starred):
            node = node.value
        if any(isinstance(each, ast.Call) for each in ast.walk(node)):
            return None
        try:
            return self._value(node, names)
        except TooLong:
            raise
        except ParseError:
            return None

    def _mark(self, node: ast.expr, error: ParseError, names: MutableMapping[str, Any]) -> None:
        """Put a fault into a list or module that may have got something here."""
        if isinstance(node, ast.Attribute) and node.attr in WALK:
            node = node.value
        owner = self._known(node, names)
        if isinstance(owner, Torch) and owner.name.startswith("torch.nn"):
            self.refused.append(error)
        if isinstance(node, ast.Call) and dotted_name(node.func) in ("vars", "getattr"):
            for each in node.args:
                self._mark(each, error, names)
        if isinstance(node, ast.Call | ast.Attribute | ast.Subscript) and owner is None:
            is_inside = isinstance(node, ast.Subscript) or (
                isinstance(node, ast.Attribute) and node.attr.startswith("_")
            )
            if is_inside or any(isinstance(each, ast.Call) for each in ast.walk(node)):
                self._mark(node.func if isinstance(node, ast.Call) else node.value, error, names)
            return
        part = Part(error.line or 0, self.source.of(node), fault=str(error))
        items = owner.items if isinstance(owner, Chain) else owner.faults if isinstance(owner, Instance) else owner
        if isinstance(items, list):
            if not any(isinstance(each, Part) and each.fault == part.fault for each in items[-1:]):
                items.append(part)
        elif isinstance(items, dict):
            items[f"{FORMATTED}{error}"] = part
        elif isinstance(items, Part):
            items.layer, items.fault, items.fault_line = None, str(error), error.line


def has_forward(node: ast.ClassDef) -> bool:
    return any(isinstance(each, ast.FunctionDef) and each.name == "forward" for each in node.body)


WALK = ("modules", "children", "named_modules", "named_children")
"""Methods that give the modules in a module."""


def changes_layers(loop: ast.For) -> bool:
    """Whether a loop over the layers of a module sets what they are."""
    if not isinstance(loop.iter, ast.Call) or not isinstance(loop.iter.func, ast.Attribute):
        return False
    targets = [target for node in inside(loop) for target in targets_of(node)]
    return loop.iter.func.attr in WALK and any(
        isinstance(target, ast.Attribute) and target.attr not in TRAINED for target in targets
    )


def tells(part: Part, argument: str) -> bool:
    """Whether an attribute of a layer says what it does."""
    kind = part.layer.kind if part.layer is not None else ""
    if argument.startswith("_") or argument == "forward":
        return True
    return kind in SIGNATURES and argument in (*SIGNATURES[kind].positional, *SIGNATURES[kind].by_name_only)
