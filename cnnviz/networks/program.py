"""What the statements of a text make of layers: they are followed step by step, and nothing of them is ever executed."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import ParseError, at, short, tree
from cnnviz.networks.program_binding import Binding
from cnnviz.networks.program_guards import CHANGE, changes_modules, changes_tensor
from cnnviz.networks.program_modules import NETWORKS, latest
from cnnviz.networks.program_values import (
    BREAK,
    CONTINUE,
    Chain,
    Class,
    Flow,
    Function,
    Instance,
    Returned,
    TooLong,
    Torch,
    Training,
    Unknown,
    below,
    between,
    dotted_name,
    imported,
    inside,
    is_done_in_place,
    is_main,
    is_training,
    remember_globals,
    targets_of,
)
from cnnviz.networks.signatures import OWN


@dataclass
class Program(Binding):
    """The names of a text after its last statement, and what stood there by itself."""

    loose: list[Any] = field(default_factory=list)
    skipped: list[ParseError] = field(default_factory=list)
    """Why statements were left out."""

    def read(self) -> None:
        """All statements. Raises ParseError where they would take too long."""
        self.names |= {"nn": Torch("torch.nn"), "torch": Torch("torch"), "F": Torch("torch.nn.functional")}
        self._run(self.source.tree.body, self.names, is_lenient=True)
        for node in outside_loops(self.source.tree):
            raise at(node, "this stands in no loop")

    def network(self) -> tuple[str, str, list[Part]]:
        """The name, what a docstring says, and the layers of the one network. Raises ParseError."""
        roots = self._roots()
        if not roots or isinstance(roots[0], Class):
            self.refused += self.failed
            self.refused += [each.error for each in self.names.values() if isinstance(each, Unknown) and each.is_module]
        if self.refused:
            raise self.refused[0]
        if not roots:
            raise (
                self.skipped[0]
                if self.skipped
                else ParseError("there is no network in this text: paste nn.Sequential(…)")
            )
        if len(roots) > 1:
            raise ParseError(
                f"line {roots[1].line}: this is a second network: paste one nn.Sequential(…)", roots[1].line
            )
        [root] = roots
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
            named = {node.id for node in ast.walk(each.node) if isinstance(node, ast.Name)}
            inside |= named - ({each.name} if each.base is None or each.base.name != each.name else set())
        roots = [
            each
            for each in self.modules
            if not each.is_used
            and (not isinstance(each, Class) or (each.name not in inside and each.method("forward")))
        ]
        if roots:
            return latest([each for each in roots if not isinstance(each, Class)]) or roots
        items = [item for value in self.loose for item in (value if isinstance(value, list | tuple) else [value])]
        if not items:
            lists = [value for value in self.names.values() if isinstance(value, list)]
            items = lists[-1] if lists else []
        if items and all(isinstance(item, Part | Chain | Instance) for item in items):
            return [Chain(list(items), items[0].line)]
        return []

    def parts(self, value: Any, node: ast.AST) -> list[Part]:
        """The layers of a module, in order. Raises ParseError."""
        layers = list(islice(self._flat(value, node), MOST_LAYERS + 1))
        if len(layers) > MOST_LAYERS:
            raise ParseError(f"this network is too large: more than {MOST_LAYERS:,} layers")
        return layers

    def _flat(self, value: Any, node: Any) -> Iterator[Part]:
        self._step(node)
        if isinstance(value, Part):
            yield value
        elif isinstance(value, Chain):
            for item in value.items:
                yield from self._flat(item, node)
        elif isinstance(value, Instance):
            yield from between(None, self._forward(value, [Flow()], node))
        else:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")

    def _run(
        self, body: Sequence[ast.stmt], names: MutableMapping[str, Any], is_lenient: bool = False
    ) -> Returned | None:
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

    def _statement(self, node: ast.stmt, names: MutableMapping[str, Any], is_lenient: bool) -> Returned | None:
        match node:
            case ast.Import() | ast.ImportFrom():
                names.update(imported(node))
            case ast.Assign():
                value = self._value(node.value, names)
                for target in node.targets:
                    self._assign(target, value, node.value, names)
            case ast.AnnAssign():
                if node.value is not None:
                    self._assign(node.target, self._value(node.value, names), node.value, names)
            case ast.AugAssign():
                self._bind(node.target, self._augmented(node, names), names)
            case ast.ClassDef():
                if node.name not in OWN or shape_of(node) != own_classes()[node.name]:
                    names[node.name] = self._class(node, names)
            case ast.FunctionDef():
                for each in node.decorator_list:
                    known = self._known(each, names)
                    if isinstance(known, Function) and changes_modules(known.node):
                        self.refused.append(
                            at(each, f"what {self.source.of(each)} does to {short(node.name)} is not read")
                        )
                names[node.name] = self._made(node, names)
            case ast.Delete():
                for target in node.targets:
                    self._delete(target, names)
            case ast.Return():
                return Returned(None if node.value is None else self._value(node.value, names))
            case ast.If() if any(is_training(each) for each in ast.walk(node.test)):
                self._in_training(node, names)
            case ast.If() if not is_main(node):
                return self._run(node.body if self._truth(node.test, names) else node.orelse, names)
            case ast.For() if not node.orelse:
                for value in self._listed(node.iter, names):
                    self._bind(node.target, value, names)
                    if isinstance(node.target, ast.Name) and node.target.id in NETWORKS:
                        self._note(value, node.target, None, names)
                    returned = self._run(node.body, names)
                    if returned is BREAK:
                        break
                    if returned is not None and returned is not CONTINUE:
                        return returned
            case ast.Break():
                return BREAK
            case ast.Continue():
                return CONTINUE
            case ast.Try(finalbody=[]):
                returned = self._run([*node.body, *node.orelse], names)
                for statement in (each for handler in node.handlers for each in handler.body):
                    self._pass_over(statement, names)
                return returned
            case ast.Global():
                remember_globals(node, names)
            case ast.Assert():
                self._asserted(node, names)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.If():
                pass
            case ast.Expr():
                value = self._value(node.value, names)
                if isinstance(value, Flow) and not is_done_in_place(value, node.value):
                    raise at(node, f"what this gives is not used: {self.source.of(node)}")
                if names is self.names and self._is_network(value):
                    self.loose.append(value)
                    self._note(value)
                    if isinstance(value, Part) and value.fault and value.near:
                        self._spoil(node, ParseError(value.fault, value.line), names)
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

    def _class(self, node: ast.ClassDef, names: MutableMapping[str, Any]) -> Class:
        """A class that is a module. Raises ParseError."""
        bases = [names.get(base.id) if isinstance(base, ast.Name) else None for base in node.bases]
        read = [base for base in bases if isinstance(base, Class)]
        is_module = any(
            (dotted_name(base) or "").rpartition(".")[2] in ("Module", "LightningModule") for base in node.bases
        )
        if len(read) + is_module != 1 or any(isinstance(base, Unknown) and base.is_module for base in bases):
            raise at(node, f"{short(node.name)} is not read: only a class that inherits from nn.Module alone is")
        made = Class(node, node.name, node.lineno, read[0] if read else None)
        own = below(names, made.attributes)
        self._run(node.body, own, is_lenient=True)
        for name, value in made.attributes.items():
            if isinstance(value, Function):
                made.attributes[name] = replace(value, names=names, of=made)
        self.modules.append(made)
        return made

    def _pass_over(self, statement: ast.stmt, names: MutableMapping[str, Any]) -> None:
        """A statement that is not reached, unless something goes wrong. Raises ParseError where it changes the network."""
        for node in inside(statement):
            changed = [target.value for target in targets_of(node) if isinstance(target, ast.Attribute | ast.Subscript)]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGE:
                changed.append(node.func.value)
            if any(isinstance(self._known(each, names), Chain | Instance | list | dict) for each in changed):
                raise at(
                    statement, f"only nn.Sequential(…) and what makes it are read, not {self.source.of(statement)}"
                )

    def _asserted(self, node: ast.Assert, names: MutableMapping[str, Any]) -> None:
        """What is asserted is not looked at, but may change something."""
        try:
            self._value(node.test, names)
        except TooLong:
            raise
        except ParseError as error:
            if changes_tensor(node.test, names):
                raise
            self._spoil(node, error, names)

    def _in_training(self, node: ast.If, names: MutableMapping[str, Any]) -> None:
        """What is done in training only: dropouts are layers that know it, all else is not known afterwards."""
        error = at(node, f"what differs in training is not read: {self.source.of(node.test)}")
        own = names.maps[0] if isinstance(names, ChainMap) else names
        if not isinstance(self._value(node.test, names), Training) or node.orelse:
            raise error
        before = {name: value.now() for name, value in own.items() if isinstance(value, Flow)}
        if self._run(node.body, names) is not None:
            raise error
        for name, value in list(own.items()):
            if isinstance(value, Flow) and value.now() is not (old := before.get(name)):
                added = between(old, value.now())
                is_known = old is not None and any(each is old for each in value.now().ancestors())
                if not is_known or not all(part.layer is not None and part.layer.kind == "Dropout" for part in added):
                    own[name] = Unknown(error)


def outside_loops(node: ast.AST) -> Iterator[ast.stmt]:
    """``break`` and ``continue`` that belong to no loop, which Python's parser lets pass."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Break | ast.Continue):
            yield each
        if isinstance(each, ast.For | ast.While | ast.AsyncFor):
            bodies = [inner for one in each.body for inner in ast.walk(one)]
            waiting += [one for inner in bodies if isinstance(inner, ast.FunctionDef) for one in inner.body]
            waiting += each.orelse
        elif isinstance(each, ast.stmt | ast.Module | ast.ExceptHandler | ast.match_case):
            waiting += ast.iter_child_nodes(each)


def shape_of(node: ast.ClassDef) -> str:
    """A class without its places and docstrings."""
    plain_body = [each for each in node.body if not isinstance(each, ast.Expr)]
    return ast.dump(ast.Module([*node.bases, *plain_body], []))  # type: ignore[list-item]


@cache
def own_classes() -> dict[str, str]:
    """The classes that the app writes out with its networks."""
    text = files("cnnviz.layers").joinpath("modules.py").read_text(encoding="utf-8")
    return {node.name: shape_of(node) for node in tree(text).body if isinstance(node, ast.ClassDef)}
