"""What the statements of a text make of layers: they are followed step by step, and nothing of them is ever executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import ParseError, at, tree
from cnnviz.networks.program_calls import GROW, Calls
from cnnviz.networks.program_values import (
    Chain,
    Class,
    Flow,
    Function,
    Instance,
    Returned,
    TooLong,
    Torch,
    Unknown,
    between,
    dotted_name,
    imported,
    inside,
    is_main,
    targets_of,
    use,
)
from cnnviz.networks.signatures import OWN


@dataclass
class Program(Calls):
    """The names of a text after its last statement, and what stood there by itself."""

    loose: list[Any] = field(default_factory=list)
    skipped: list[ParseError] = field(default_factory=list)
    """Why statements were left out."""

    def read(self) -> None:
        """All statements. Raises ParseError where they would take too long."""
        self.names |= {"nn": Torch("torch.nn"), "torch": Torch("torch"), "F": Torch("torch.nn.functional")}
        self._run(self.source.tree.body, self.names, is_lenient=True)

    def network(self) -> tuple[str, str, list[Part]]:
        """The name, what a docstring says, and the layers of the one network. Raises ParseError."""
        found = self._roots()
        if not found:
            raise (
                self.skipped[0]
                if self.skipped
                else ParseError("there is no network in this text: paste nn.Sequential(…)")
            )
        if len(found) > 1:
            raise ParseError(
                f"line {found[1].line}: this is a second network: paste one nn.Sequential(…)", found[1].line
            )
        [root] = found
        of = root.of if isinstance(root, Instance) else root
        about = (ast.get_docstring(of.node) or "") if isinstance(of, Class) else ""
        self._steps = 0
        if isinstance(root, Class):
            root = self._instance(root, None)
        return root.name or of.name or "Sequential", about, self.parts(root, self.source.tree.body[0])

    def _roots(self) -> list[Chain | Instance | Class]:
        """Modules that are no part of another."""
        inside: set[str] = set()
        classes = [each for each in self.modules if isinstance(each, Class)]
        for each in classes:
            inside |= {node.id for node in ast.walk(each.node) if isinstance(node, ast.Name)} - {each.name}
        found = [
            each
            for each in self.modules
            if not each.is_used
            and (not isinstance(each, Class) or (each.name not in inside and each.method("forward")))
        ]
        if found:
            return found
        items = [item for value in self.loose for item in (value if isinstance(value, list | tuple) else [value])]
        if not items:
            lists = [value for value in self.names.values() if isinstance(value, list)]
            items = lists[-1] if lists else []
        if items and all(isinstance(item, Part | Chain | Instance) for item in items):
            return [Chain(list(items), items[0].line)]
        return []

    def parts(self, value: Any, node: ast.AST) -> list[Part]:
        """The layers of a module, in order. Raises ParseError."""
        found = list(islice(self._flat(value, node), MOST_LAYERS + 1))
        if len(found) > MOST_LAYERS:
            raise ParseError(f"this network is too large: more than {MOST_LAYERS:,} layers")
        return found

    def _flat(self, value: Any, node: Any) -> Iterator[Part]:
        self._step(node)
        if isinstance(value, Part):
            yield value
        elif isinstance(value, Chain):
            for item in value.items:
                yield from self._flat(item, node)
        elif isinstance(value, Instance):
            end = self._forward(value, [Flow()], node)
            yield from between(None, end)
        else:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")

    def _run(self, body: Sequence[ast.stmt], names: dict[str, Any], is_lenient: bool = False) -> Returned | None:
        for statement in body:
            self._step(statement)
            try:
                returned = self._statement(statement, names, is_lenient)
            except TooLong:
                raise
            except ParseError as error:
                if not is_lenient:
                    raise
                self.skipped.append(error)
                self._spoil(statement, error, names)
            else:
                if returned is not None:
                    return returned
        return None

    def _spoil(self, statement: ast.stmt, error: ParseError, names: dict[str, Any]) -> None:
        """Whatever a statement that is not understood may change is not known from here on."""
        for node in inside(statement):
            self._step(node)
            for target in targets_of(node):
                owner = target.value if isinstance(target, ast.Attribute | ast.Subscript) else target
                if isinstance(node, ast.AugAssign) or not isinstance(target, ast.Name):
                    self._mark(owner, error, names)
                if isinstance(target, ast.Name | ast.Attribute):
                    self._bind(target, Unknown(error), names)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROW:
                self._mark(node.func.value, error, names)

    def _mark(self, node: ast.expr, error: ParseError, names: dict[str, Any]) -> None:
        """Put a fault into a list or module that may have got something here."""
        try:
            owner = self._value(node, names)
        except TooLong:
            raise
        except ParseError:
            return
        items = owner.items if isinstance(owner, Chain) else owner
        if isinstance(items, list):
            items.append(Part(error.line or 0, self.source.of(node), fault=str(error)))

    def _statement(self, node: ast.stmt, names: dict[str, Any], is_lenient: bool) -> Returned | None:
        match node:
            case ast.Import() | ast.ImportFrom():
                names.update(imported(node))
            case ast.Assign():
                value = self._value(node.value, names)
                for target in node.targets:
                    self._bind(target, value, names)
            case ast.AnnAssign():
                if node.value is not None:
                    self._bind(node.target, self._value(node.value, names), names)
            case ast.AugAssign():
                self._bind(node.target, self._augmented(node, names), names)
            case ast.ClassDef() if any((dotted_name(base) or "").rpartition(".")[2] == "Module" for base in node.bases):
                if node.name not in OWN or shape_of(node) != own_classes()[node.name]:
                    names[node.name] = Class(node, node.name, node.lineno)
                    self.modules.append(names[node.name])
            case ast.FunctionDef():
                names[node.name] = Function(node)
            case ast.Return():
                return Returned(None if node.value is None else self._value(node.value, names))
            case ast.If() if not is_main(node):
                return self._run(node.body if self._truth(node.test, names) else node.orelse, names)
            case ast.For() if not node.orelse:
                for value in self._listed(node.iter, names):
                    self._bind(node.target, value, names)
                    if (returned := self._run(node.body, names)) is not None:
                        return returned
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.If() | ast.Assert():
                pass
            case ast.Expr():
                value = self._value(node.value, names)
                if isinstance(value, Flow):
                    raise at(node, f"what this gives is not used: {self.source.of(node)}")
                if names is self.names and self._is_network(value):
                    self.loose.append(value)
                elif is_lenient and isinstance(value, Part) and value.fault:
                    raise at(node, f"only nn.Sequential(…) and what makes it are read, not {self.source.of(node)}")
            case _:
                raise at(node, f"only nn.Sequential(…) and what makes it are read, not {self.source.of(node)}")
        return None

    def _is_network(self, value: Any) -> bool:
        items = value if isinstance(value, list | tuple) else [value]
        return bool(items) and all(
            (isinstance(item, Part) and (item.layer or item.near)) or isinstance(item, Chain | Instance)
            for item in items
        )

    def _bind(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            if names is self.names and isinstance(old := names.get(target.id), Chain | Instance) and old is not value:
                old.is_used = True  # nothing has its name any more
            names[target.id] = value
            if isinstance(value, Chain | Instance) and not value.name:
                value.name = target.id
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            owner = names.get(target.value.id)
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
                use(value)
            elif isinstance(owner, Chain):
                raise at(target, f"{self.source.of(target)} is not read")
            elif isinstance(value, Chain | Instance) and not value.name:
                value.name = target.attr
        elif isinstance(target, ast.Subscript):
            owner, index = self._value(target.value, names), self._value(target.slice, names)
            items = owner.items if isinstance(owner, Chain) else owner
            if not isinstance(items, list) or type(index) is not int or not -len(items) <= index < len(items):
                raise at(target, f"{self.source.of(target)} is not read")
            items[index] = value
            use(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value if isinstance(value, list | tuple) else [value] * len(target.elts)
            if len(values) != len(target.elts):
                raise at(target, f"{len(values)} values for {len(target.elts)} names")
            for each, one in zip(target.elts, values, strict=True):
                self._bind(each, one, names)

    def _augmented(self, node: ast.AugAssign, names: dict[str, Any]) -> Any:
        before, more = self._value(node.target, names), self._value(node.value, names)
        if isinstance(before, list) and isinstance(more, list | tuple) and isinstance(node.op, ast.Add):
            self._add(before, list(more), node)
            return before
        return self._combined(before, more, node.op, node)


def shape_of(node: ast.ClassDef) -> str:
    """A class without its places and docstrings."""
    plain_body = [each for each in node.body if not isinstance(each, ast.Expr)]
    return ast.dump(ast.Module([*node.bases, *plain_body], []))  # type: ignore[list-item]


@cache
def own_classes() -> dict[str, str]:
    """The classes that the app writes out with its networks."""
    text = files("cnnviz.layers").joinpath("modules.py").read_text(encoding="utf-8")
    return {node.name: shape_of(node) for node in tree(text).body if isinstance(node, ast.ClassDef)}
