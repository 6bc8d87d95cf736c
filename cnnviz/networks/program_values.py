"""What the values of a text are: numbers, words, lists and dictionaries of them, layers, and what stands for modules.

A ``Chain`` stands for nn.Sequential, an ``Instance`` for one of a class of the text, a ``Flow`` for the tensor that goes
through ``forward``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cnnviz.networks.layer_calls import Part
from cnnviz.networks.pasted_text import ParseError, at, short


@dataclass(frozen=True)
class Torch:
    """Something of torch by its full name."""

    name: str


@dataclass(eq=False)
class Chain:
    """nn.Sequential."""

    items: list[Any]
    line: int
    name: str = ""
    is_used: bool = False


@dataclass(eq=False)
class Function:
    node: ast.FunctionDef


@dataclass(eq=False)
class Class:
    """A class of the text that is a module."""

    node: ast.ClassDef
    name: str
    line: int
    is_used: bool = False

    def method(self, name: str) -> ast.FunctionDef | None:
        found = [each for each in self.node.body if isinstance(each, ast.FunctionDef) and each.name == name]
        return found[-1] if found else None


@dataclass(eq=False)
class Instance:
    of: Class
    attributes: dict[str, Any]
    line: int
    name: str = ""
    is_used: bool = False


@dataclass(frozen=True, eq=False)
class Flow:
    """A tensor: what it was before its last layer, and that layer."""

    before: Any = None
    part: Part | None = None

    def ancestors(self) -> Iterator[Flow]:
        now: Flow | None = self
        while now is not None:
            yield now
            now = now.before


class Batch:
    """The size of a tensor's first axis."""


class Sizes:
    """A tensor's shape."""


@dataclass(frozen=True)
class Unknown:
    """The value of a statement that is not understood."""

    error: ParseError


class Returned(NamedTuple):
    value: Any


class TooLong(ParseError):
    """Nothing may go on after it."""


class ByName(NamedTuple):
    """What a call gives by name."""

    values: dict[str, Any]


PLAIN = int | float | str | bool | None


def use(value: Any) -> None:
    if isinstance(value, Chain | Instance):
        value.is_used = True
    elif isinstance(value, list | tuple):
        for item in value:
            use(item)


def between(start: Flow | None, end: Flow) -> list[Part]:
    found = []
    for each in end.ancestors():
        if each is start:
            break
        if each.part is not None:
            found.append(each.part)
    return found[::-1]


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and all in it, but not what functions and classes will do."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.AsyncFunctionDef):
            yield from inside(child)


def targets_of(statement: ast.AST) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign) else []


def dotted_name(node: ast.expr) -> str | None:
    """``torch.nn.Conv2d`` of names and dots; None of anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(names))) if isinstance(node, ast.Name) else None


def is_main(node: ast.If) -> bool:
    """``if __name__ == "__main__":``"""
    return isinstance(node.test, ast.Compare) and dotted_name(node.test.left) == "__name__"


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Any]]:
    """The names that an import gives: torch's are followed, all others are not known."""
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    for name in node.names:
        full = f"{module}.{name.name}" if module else name.name
        if isinstance(node, ast.Import) and name.asname is None:
            full = full.partition(".")[0]
        bound = name.asname or full.rpartition(".")[2]
        if full.partition(".")[0] == "torch":
            yield bound, Torch(full)
        elif name.name not in ("*", "OrderedDict", "collections"):
            yield bound, Unknown(at(node, f"{short(full)} is not read, only what torch.nn has"))
