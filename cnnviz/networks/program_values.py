"""What the values of a text are: numbers, words, lists and dictionaries of them, layers, and what stands for modules.

A ``Chain`` stands for nn.Sequential, an ``Instance`` for one of a class of the text, a ``Flow`` for the tensor that goes
through ``forward``.
"""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from cnnviz.networks.draft import MOST_LAYERS
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
    keys: dict[str, Any] = field(default_factory=dict)
    """What has a name of its own."""
    source: Chain | Instance | None = None
    """Of what it is a copy."""
    is_numbered: bool = True
    """Whether what has no name of its own has its place as its name: else what is appended may replace something."""

    def renumber(self) -> None:
        """Name all by their places, as torch does where one is taken out."""
        self.keys.clear()
        self.is_numbered = True


@dataclass(eq=False)
class Function:
    node: ast.FunctionDef
    names: Mapping[str, Any]
    """Those around it."""
    defaults: dict[str, Any]
    of: Class | None = None
    """Whose method it is."""

    def is_a(self, decorator: str) -> bool:
        return any(dotted_name(each) == decorator for each in self.node.decorator_list)


@dataclass(eq=False)
class Class:
    """A class of the text that is a module."""

    node: ast.ClassDef
    name: str
    line: int
    base: Class | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    is_used: bool = False

    def bases(self) -> Iterator[Class]:
        """Itself, and what it inherits from."""
        now: Class | None = self
        while now is not None:
            yield now
            now = now.base

    def attribute(self, name: str) -> Any:
        return next((each.attributes[name] for each in self.bases() if name in each.attributes), None)

    def method(self, name: str) -> Function | None:
        attribute = self.attribute(name)
        return attribute if isinstance(attribute, Function) else None


@dataclass(eq=False)
class Instance:
    of: Class
    attributes: dict[str, Any]
    line: int
    name: str = ""
    is_used: bool = False
    faults: list[Part] = field(default_factory=list)
    """What may have changed it."""
    source: Chain | Instance | None = None
    """Of what it is a copy."""


@dataclass(eq=False)
class Flow:
    """A tensor: what it was before its last layer, and that layer."""

    before: Flow | None = None
    part: Part | None = None
    depth: int = field(init=False)
    changed: Flow | None = None
    """What a layer that works in place made of it."""

    def __post_init__(self) -> None:
        self.depth = self.before.depth + 1 if self.before is not None else 0
        if self.depth > MOST_LAYERS:
            raise TooLong(f"this network is too large: more than {MOST_LAYERS:,} layers")

    def through(self, part: Part) -> Flow:
        """Behind a layer."""
        after = Flow(self.now(), part)
        if part.in_place:
            self.become(after)
        return after

    def become(self, after: Flow) -> None:
        """Be changed in place. What has the same numbers is changed too, and that is not followed."""
        now = self.now()
        now.changed = after
        while now.is_view and now.before is not None and now.before.changed is None:
            now.before.changed = Flow(now.before, _changed_elsewhere(after.part))
            now = now.before

    def now(self) -> Flow:
        latest = self
        while latest.changed is not None:
            latest = latest.changed
        if latest.is_view and latest.before is not None and latest.before.changed is not None:
            return Flow(latest, _changed_elsewhere(latest.before.changed.part))
        return latest

    @property
    def is_view(self) -> bool:
        """Whether it may have the same numbers as what it is made of."""
        return self.part is not None and self.part.layer is not None and self.part.layer.kind in _VIEWS

    def ancestors(self) -> Iterator[Flow]:
        now: Flow | None = self
        while now is not None:
            yield now
            now = now.before


_VIEWS = ("Flatten", "Dropout")


def _changed_elsewhere(by: Part | None) -> Part:
    line, text = (by.line, by.text) if by is not None else (1, "")
    why = f"line {line}: {text} changes another tensor too, which has the same numbers: that is not read"
    return Part(line, text, fault=why)


class Batch:
    """The size of a tensor's first axis."""


@dataclass(frozen=True)
class Sizes:
    """A tensor's shape."""

    flow: Flow


@dataclass(frozen=True)
class Axes:
    """The product of sizes of a tensor's axes behind the first."""

    flow: Flow
    numbers: frozenset[int]


class Training:
    """Whether the network is in training."""


@dataclass(frozen=True)
class Unknown:
    """The value of a statement that is not understood."""

    error: ParseError
    is_module: bool = False
    """Whether it is a class with a forward."""
    is_foreign: bool = False
    """Whether it is from another library."""


class Returned(NamedTuple):
    value: Any


BREAK, CONTINUE = Returned("break"), Returned("continue")
"""What a loop's statements end with."""


class TooLong(ParseError):
    """Nothing may go on after it."""


class ByName(NamedTuple):
    """What a call gives by name."""

    values: dict[str, Any]


PLAIN = int | float | str | bool | None


def use(value: Any) -> None:
    """Mark the modules in a value as parts of something."""
    waiting, seen = [value], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, Chain | Instance):
            each.is_used = True
        elif isinstance(each, list | tuple | dict) and id(each) not in seen:
            seen.add(id(each))
            waiting += each.values() if isinstance(each, dict) else each


def below(names: Mapping[str, Any], own: dict[str, Any]) -> ChainMap[str, Any]:
    """Names of one's own, and those around them."""
    return ChainMap(own, *(names.maps if isinstance(names, ChainMap) else [cast(dict[str, Any], names)]))


_GLOBAL = "global"
"""A name that no text has, for the names that a function says are those of the whole text."""


def remember_globals(node: ast.Global, names: MutableMapping[str, Any]) -> None:
    names[_GLOBAL] = {*node.names, *(names.maps[0].get(_GLOBAL, ()) if isinstance(names, ChainMap) else ())}


def space_of(name: str, names: MutableMapping[str, Any], whole: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where a function binds a name: in its own names, or in those of the whole text."""
    return whole if isinstance(names, ChainMap) and name in names.maps[0].get(_GLOBAL, ()) else names


def between(start: Flow | None, end: Flow) -> list[Part]:
    parts = []
    for each in end.ancestors():
        if each is start:
            break
        if each.part is not None:
            parts.append(each.part)
    return parts[::-1]


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and all in it, but not what functions and classes will do."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.AsyncFunctionDef):
            yield from inside(child)


def axes_of(sizes: Sizes, number: int) -> tuple[Any, ...]:
    """The sizes of a tensor of two or four axes."""
    if number == 2:
        return Batch(), Axes(sizes.flow, frozenset((1, 2, 3)))
    return (Batch(), *(Axes(sizes.flow, frozenset((axis,))) for axis in (1, 2, 3)))


def product(left: Any, right: Any) -> Axes | None:
    """Of sizes of one tensor."""
    if isinstance(left, Axes) and isinstance(right, Axes):
        is_known = left.flow is right.flow and not left.numbers & right.numbers
        return Axes(left.flow, left.numbers | right.numbers) if is_known else None
    factor = right if type(left) is int and left == 1 else left if type(right) is int and right == 1 else None
    return factor if isinstance(factor, Axes) else None


def named_function(name: str, arguments: ast.arguments, body: Sequence[ast.stmt]) -> ast.FunctionDef:
    return ast.FunctionDef(name=name, args=arguments, body=[*body], decorator_list=[])


def targets_of(statement: ast.AST) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.NamedExpr):
        return [statement.target]
    return []


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


def is_training(node: ast.AST) -> bool:
    """``self.training``"""
    return isinstance(node, ast.Attribute) and dotted_name(node) == "self.training"


def is_done_in_place(flow: Flow, node: ast.expr) -> bool:
    """Whether a call changed the tensor that it got, so that nobody has to take what it gives."""
    name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return name.endswith("_") or (flow.part is not None and flow.part.in_place)


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
            yield bound, Unknown(at(node, f"{short(full)} is not read, only what torch.nn has"), is_foreign=True)
