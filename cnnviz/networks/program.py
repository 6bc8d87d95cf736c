"""What the statements of a text make of layers: they are followed step by step, and nothing of them is ever executed.

Values are numbers, words, lists and dictionaries of them, layers, and what stands for modules: a ``Chain`` for
nn.Sequential, an ``Instance`` of a class of the text, a ``Flow`` for the tensor that goes through ``forward``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

from cnnviz.layers import Concat, Residual
from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import (
    Part,
    block_part,
    faulty,
    layer_part,
    layers_of,
    own_part,
    plain,
    unknown,
)
from cnnviz.networks.pasted_arithmetic import computed, holds
from cnnviz.networks.pasted_text import ParseError, Source, at, not_plain, short, tree
from cnnviz.networks.signatures import FUNCTIONS, LAZY, OWN, SIGNATURES

_MOST_STEPS = 200_000
_DEEPEST = 12
"""Functions of the text that call each other."""
_UNCHANGED = (
    "to",
    "cuda",
    "cpu",
    "eval",
    "train",
    "float",
    "double",
    "half",
    "requires_grad_",
    "apply",
    "share_memory",
)
"""Methods of a module that give the module itself."""
_GROW = ("append", "extend", "insert", "add_module", "register_module")
"""Methods by which a list or a module gets more."""
_AROUND = ("compile", "DataParallel", "script", "fuse")
"""Functions whose first argument is the module that they give."""
_CALLS = SIGNATURES | LAZY


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


class _Batch:
    """The size of a tensor's first axis."""


class _Sizes:
    """A tensor's shape."""


@dataclass(frozen=True)
class _Unknown:
    """The value of a statement that is not understood."""

    error: ParseError


class _Returned(NamedTuple):
    value: Any


@dataclass
class Program:
    """The names of a text after its last statement, and what stood there by itself."""

    source: Source
    is_printed: bool = False
    """Whether it is what Python prints of modules, as calls."""
    names: dict[str, Any] = field(default_factory=dict)
    loose: list[Any] = field(default_factory=list)
    skipped: list[ParseError] = field(default_factory=list)
    """Why statements were left out."""
    modules: list[Chain | Instance | Class] = field(default_factory=list)
    _steps: int = 0
    _depth: int = 0

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
            yield from _between(None, end)
        else:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")

    def _step(self, node: Any) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            line = getattr(node, "lineno", None)
            raise _TooLong(f"{f'line {line}: ' if line else ''}this takes too many steps to read", line)

    # statements

    def _run(self, body: Sequence[ast.stmt], names: dict[str, Any], is_lenient: bool = False) -> _Returned | None:
        for statement in body:
            self._step(statement)
            try:
                returned = self._statement(statement, names, is_lenient)
            except _TooLong:
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
        for node in _inside(statement):
            self._step(node)
            for target in _targets(node):
                owner = target.value if isinstance(target, ast.Attribute | ast.Subscript) else target
                if isinstance(node, ast.AugAssign) or not isinstance(target, ast.Name):
                    self._mark(owner, error, names)
                if isinstance(target, ast.Name | ast.Attribute):
                    self._bind(target, _Unknown(error), names)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROW:
                self._mark(node.func.value, error, names)

    def _mark(self, node: ast.expr, error: ParseError, names: dict[str, Any]) -> None:
        """Put a fault into a list or module that may have got something here."""
        try:
            owner = self._value(node, names)
        except _TooLong:
            raise
        except ParseError:
            return
        items = owner.items if isinstance(owner, Chain) else owner
        if isinstance(items, list):
            items.append(Part(error.line or 0, self.source.of(node), fault=str(error)))

    def _statement(self, node: ast.stmt, names: dict[str, Any], is_lenient: bool) -> _Returned | None:
        match node:
            case ast.Import() | ast.ImportFrom():
                names.update(_imported(node))
            case ast.Assign():
                value = self._value(node.value, names)
                for target in node.targets:
                    self._bind(target, value, names)
            case ast.AnnAssign():
                if node.value is not None:
                    self._bind(node.target, self._value(node.value, names), names)
            case ast.AugAssign():
                self._bind(node.target, self._augmented(node, names), names)
            case ast.ClassDef() if any((_dotted(base) or "").rpartition(".")[2] == "Module" for base in node.bases):
                if node.name not in OWN or _shape_of(node) != _own_classes()[node.name]:
                    names[node.name] = Class(node, node.name, node.lineno)
                    self.modules.append(names[node.name])
            case ast.FunctionDef():
                names[node.name] = Function(node)
            case ast.Return():
                return _Returned(None if node.value is None else self._value(node.value, names))
            case ast.If() if not _is_main(node):
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
                _use(value)
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
            _use(value)
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

    # expressions

    def _value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        self._step(node)
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._named(node, names)
            case ast.List():
                return self._items(node.elts, names)
            case ast.Tuple():
                return tuple(self._items(node.elts, names))
            case ast.Dict() if all(key is not None for key in node.keys):
                keys = [self._word(key, names) for key in node.keys if key is not None]
                return dict(zip(keys, [self._value(each, names) for each in node.values], strict=True))
            case ast.BinOp():
                return self._combined(self._value(node.left, names), self._value(node.right, names), node.op, node)
            case ast.UnaryOp() if not isinstance(node.op, ast.Invert):
                value = self._value(node.operand, names)
                if isinstance(node.op, ast.Not):
                    return not self._truth(node.operand, names)
                if type(value) in (int, float):
                    return -value if isinstance(node.op, ast.USub) else value
            case ast.Compare(ops=[op], comparators=[other]):
                found = holds(op, self._value(node.left, names), self._value(other, names))
                if found is not None:
                    return found
            case ast.IfExp():
                return self._value(node.body if self._truth(node.test, names) else node.orelse, names)
            case ast.BoolOp():
                for each in node.values[:-1]:
                    if self._truth(each, names) != isinstance(node.op, ast.And):
                        return self._value(each, names)
                return self._value(node.values[-1], names)
            case ast.ListComp(generators=[ast.comprehension(ifs=[])]):
                return self._comprehended(node, names)
            case ast.Attribute():
                return self._attribute(node, names)
            case ast.Subscript():
                return self._item(node, names)
            case ast.Call():
                return self._call(node, names)
        raise not_plain(self.source.of(node), node.lineno)

    def _truth(self, node: ast.expr, names: Mapping[str, Any]) -> bool:
        value = self._value(node, names)
        if isinstance(value, _PLAIN | list | tuple | dict):
            return bool(value)
        if isinstance(value, Chain | Instance | Class) or (isinstance(value, Part) and value.layer is not None):
            return True
        raise not_plain(self.source.of(node), node.lineno)

    def _word(self, node: ast.expr, names: Mapping[str, Any]) -> str:
        return str(plain(node, self.source, lambda each: self._value(each, names)))

    def _named(self, node: ast.Name, names: Mapping[str, Any]) -> Any:
        for space in (names, self.names):
            if node.id in space:
                value = space[node.id]
                if isinstance(value, _Unknown):
                    raise value.error
                return value
        if node.id in _CALLS or node.id in ("Sequential", "ModuleList", "Identity"):
            return Torch(f"torch.nn.{node.id}")
        raise not_plain(node.id, node.lineno)

    def _items(self, nodes: Sequence[ast.expr], names: Mapping[str, Any]) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                self._add(found, self._listed(node.value, names), node)
            else:
                found.append(self._value(node, names))
        return found

    def _listed(self, node: ast.expr, names: Mapping[str, Any]) -> list[Any]:
        """The values of something that one can go through."""
        if isinstance(node, ast.Call) and _dotted(node.func) in ("range", "enumerate", "zip", "reversed", "list"):
            given = [self._value(each, names) for each in node.args]
            if _dotted(node.func) == "range" and given and all(type(each) is int for each in given[:3]):
                numbers = range(*given[:3]) if len(given) < 3 or given[2] else range(0)
                if len(numbers) <= MOST_LAYERS:
                    return list(numbers)
            lists = [self._several(each) for each in given]
            if lists and all(each is not None for each in lists):
                whole = [each or [] for each in lists]
                match _dotted(node.func):
                    case "enumerate":
                        return list(enumerate(whole[0]))
                    case "zip":
                        return list(zip(*whole, strict=False))
                    case "reversed":
                        return whole[0][::-1]
                    case "list":
                        return list(whole[0])
        elif (found := self._several(self._value(node, names))) is not None:
            return found
        raise at(node, f"only lists are read here, not {self.source.of(node)}")

    def _several(self, value: Any) -> list[Any] | None:
        if isinstance(value, Chain):
            return list(value.items)
        return list(value) if isinstance(value, list | tuple) else None

    def _comprehended(self, node: ast.ListComp, names: Mapping[str, Any]) -> list[Any]:
        found = []
        [loop] = node.generators
        for value in self._listed(loop.iter, names):
            inner = dict(names)
            self._bind(loop.target, value, inner)
            found.append(self._value(node.elt, inner))
        return found

    def _add(self, found: list[Any], more: list[Any], node: ast.AST) -> None:
        self._steps += len(more)
        self._step(node)
        if len(found) + len(more) > MOST_LAYERS + 1:
            raise _TooLong(f"this network is too large: more than {MOST_LAYERS:,} layers")
        found += more

    def _combined(self, left: Any, right: Any, op: ast.operator, node: ast.BinOp | ast.AugAssign) -> Any:
        if isinstance(left, Flow) and isinstance(right, Flow) and isinstance(op, ast.Add):
            return self._sum(left, right, node)
        if isinstance(left, list) and isinstance(right, list) and isinstance(op, ast.Add):
            joined = list(left)
            self._add(joined, right, node)
            return joined
        if isinstance(left, list) and type(right) is int and isinstance(op, ast.Mult):
            repeated: list[Any] = []
            for _ in range(min(right, MOST_LAYERS + 1)):
                self._add(repeated, left, node)
            return repeated
        number = computed(left, right, op, node.lineno)
        if number is None:
            raise not_plain(self.source.of(node), node.lineno)
        return number

    def _attribute(self, node: ast.Attribute, names: Mapping[str, Any]) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr == "training":
            return True
        owner = self._value(node.value, names)
        if isinstance(owner, Torch):
            return Torch(f"{owner.name}.{node.attr}")
        if isinstance(owner, Flow) and node.attr == "shape":
            return _Sizes()
        if isinstance(owner, Instance) and node.attr in owner.attributes:
            value = owner.attributes[node.attr]
            if isinstance(value, _Unknown):
                raise value.error
            return value
        of = owner.of if isinstance(owner, Instance) else owner
        for each in of.node.body if isinstance(of, Class) else []:
            if isinstance(each, ast.Assign) and any(getattr(t, "id", "") == node.attr for t in each.targets):
                return self._value(each.value, self.names)
        raise not_plain(self.source.of(node), node.lineno)

    def _item(self, node: ast.Subscript, names: Mapping[str, Any]) -> Any:
        owner, at_ = self._value(node.value, names), node.slice
        index = None if isinstance(at_, ast.Slice) else self._value(at_, names)
        if isinstance(owner, _Sizes) and index == 0:
            return _Batch()
        if isinstance(owner, Chain):
            owner = owner.items
        if isinstance(owner, list | tuple) and type(index) is int and -len(owner) <= index < len(owner):
            return owner[index]
        if isinstance(owner, dict) and isinstance(index, str) and index in owner:
            return owner[index]
        raise not_plain(self.source.of(node), node.lineno)

    # calls

    def _call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if isinstance(node.func, ast.Attribute) and (found := self._method(node, node.func, names)) is not None:
            return found.value
        dotted = _dotted(node.func)
        if dotted in ("OrderedDict", "collections.OrderedDict", "dict"):
            return self._dictionary(node, names)
        if dotted in ("range", "enumerate", "zip", "reversed", "list"):
            return self._listed(node, names)
        if dotted == "len" and len(node.args) == 1:
            return len(self._listed(node.args[0], names))
        if dotted in OWN and dotted not in names and dotted not in self.names:
            return own_part(
                str(dotted),
                node,
                self.source,
                lambda each: self._value(each, names),
                lambda value, each: tuple(self.parts(self._module(value, each), each)),
            )
        try:
            function = self._value(node.func, names)
        except ParseError:
            if dotted is None or isinstance(names.get(dotted.partition(".")[0]), Instance):
                raise
            function = None
        match function:
            case Torch():
                return self._torch(function, node, names)
            case Class():
                function.is_used = True
                return self._instance(function, node, names)
            case Function():
                given = [self._given(node, names)]
                return self._applied(function.node, given[0], node)
            case Part() | Chain() | Instance():
                return self._through(function, node, names)
        if dotted is None:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")
        if self.is_printed and node.args:
            return self._printed(node, dotted, names)
        return unknown(node, dotted, "torch.nn.", self.source)

    def _printed(self, node: ast.Call, name: str, names: Mapping[str, Any]) -> Chain:
        """Any class that holds modules."""
        chain = self._sequential(node, names)
        chain.name = chain.name or name
        why = "is a class of its own: what it prints does not say what its forward does with these layers"
        chain.items.insert(0, faulty(node, self.source, f"{short(name)} {why}"))
        return chain

    def _through(self, module: Any, node: ast.Call, names: Mapping[str, Any]) -> Any:
        """A module of a tensor."""
        given = self._items(node.args, names)
        if isinstance(module, Instance):
            return self._forward(module, given, node)
        if len(given) != 1 or not isinstance(given[0], Flow):
            raise at(node, f"only layers are read here, not {self.source.of(node)}")
        [flow] = given
        for part in self.parts(module, node):
            flow = Flow(flow, part)
        return flow

    def _torch(self, function: Torch, node: ast.Call, names: Mapping[str, Any]) -> Any:
        prefix, _, name = function.name.rpartition(".")
        in_nn = prefix == "torch.nn" or prefix.startswith("torch.nn.modules")
        evaluate = lambda each: self._value(each, names)  # noqa: E731
        if in_nn and name == "Sequential":
            return self._sequential(node, names)
        if in_nn and name == "ModuleList":
            return self._listed(node.args[0], names) if node.args else []
        if in_nn and name == "Identity":
            return Chain([], node.lineno, is_used=True)
        if in_nn and name in _CALLS:
            return layer_part(name.removeprefix("Lazy"), _CALLS[name], node, node.args, self.source, evaluate)
        if name in _AROUND and len(node.args) == 1:
            return evaluate(node.args[0])
        if prefix in ("torch", "torch.nn.functional") and node.args:
            first = evaluate(node.args[0])
            if isinstance(first, Flow):
                return Flow(first, self._function(name, node, node.args[1:], names))
            if name in ("cat", "concat") and isinstance(first, list | tuple):
                return self._concatenated(list(first), node, names)
            if name == "add" and isinstance(first, Flow):
                return self._sum(first, evaluate(node.args[1]), node)
        return unknown(node, _dotted(node.func) or function.name, "torch.nn.", self.source)

    def _function(self, name: str, node: ast.Call, given: Sequence[ast.expr], names: Mapping[str, Any]) -> Part:
        """A function of a tensor as a layer."""
        if name in FUNCTIONS:
            kind, signature = FUNCTIONS[name]
            return layer_part(kind, signature, node, given, self.source, lambda each: self._value(each, names))
        part = unknown(node, name, "", self.source)
        near = next((of for of, (kind, _) in FUNCTIONS.items() if kind == part.nearest), "")
        part.function, part.near = node.func, f"torch.nn.functional.{near}" if near else ""
        return part

    def _sequential(self, node: ast.Call, names: Mapping[str, Any]) -> Chain:
        chain = Chain([], node.lineno)
        self.modules.append(chain)
        for each in node.args:
            try:
                if isinstance(each, ast.Starred):
                    self._add(chain.items, [self._module(item, each) for item in self._listed(each.value, names)], each)
                    continue
                value = self._value(each, names)
                if isinstance(value, dict) and len(node.args) == 1:
                    chain.items += [self._module(item, each) for item in value.values()]
                else:
                    chain.items.append(self._module(value, each))
            except _TooLong:
                raise
            except ParseError:
                chain.items.append(faulty(each, self.source, f"only layers are read here, not {self.source.of(each)}"))
        for keyword in node.keywords:
            sentence = f"Sequential takes layers, not {keyword.arg or '**'}=…"
            chain.items.append(faulty(keyword.value, self.source, sentence))
        return chain

    def _module(self, value: Any, node: ast.expr) -> Any:
        if isinstance(value, Part | Chain | Instance):
            _use(value)
            return value
        raise at(node, f"only layers are read here, not {self.source.of(node)}")

    def _dictionary(self, node: ast.Call, names: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in node.args:
            value = self._value(each, names)
            pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            for pair in pairs:
                if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
                    raise at(each, f"only pairs of a name and a layer are read here, not {self.source.of(each)}")
                found[pair[0]] = pair[1]
        for keyword in node.keywords:
            if keyword.arg is not None:
                found[keyword.arg] = self._value(keyword.value, names)
        return found

    def _method(self, node: ast.Call, function: ast.Attribute, names: Mapping[str, Any]) -> _Returned | None:
        """A call of a method of lists, modules and tensors."""
        if isinstance(function.value, ast.Call) and _dotted(function.value.func) == "super":
            return _Returned(None)
        try:
            owner = self._value(function.value, names)
        except _TooLong:
            raise
        except ParseError:
            return None
        name = function.attr
        if isinstance(owner, Flow):
            return _Returned(self._tensor_method(owner, name, node, names))
        if isinstance(owner, Part | Chain | Instance) and name in _UNCHANGED:
            return _Returned(owner)
        if isinstance(owner, Part | Torch) or owner is None:
            return None
        if isinstance(owner, Instance) and (method := owner.of.method(name)) is not None:
            return _Returned(self._applied(method, [owner, *self._items(node.args, names)], node))
        if isinstance(owner, Instance) and name in owner.attributes:
            return _Returned(self._through(self._attribute(function, names), node, names))
        if name in _GROW:
            self._grow(owner, name, node, names)
            return _Returned(owner)
        if isinstance(owner, dict) and name in ("items", "values", "keys"):
            return _Returned(list(getattr(owner, name)()))
        if isinstance(owner, list | tuple | dict | str | int | float):
            raise not_plain(self.source.of(node), node.lineno)
        return None

    def _grow(self, owner: Any, name: str, node: ast.Call, names: Mapping[str, Any]) -> None:
        items = owner.items if isinstance(owner, Chain) else owner
        given = self._items(node.args, names)
        if name in ("add_module", "register_module") and len(given) == 2 and isinstance(given[0], str):
            if isinstance(owner, Instance):
                owner.attributes[given[0]] = given[1]
                _use(given[1])
                return
            given = given[1:]
        elif name == "insert" and len(given) == 2 and type(given[0]) is int and isinstance(items, list):
            items.insert(given[0], given[1])
            _use(given[1])
            return
        if not isinstance(items, list) or len(given) != 1:
            raise not_plain(self.source.of(node), node.lineno)
        more = self._several(given[0]) if name == "extend" else [given[0]]
        if isinstance(owner, Chain):
            for one in more or []:
                self._module(one, node)
        self._add(items, more or [], node)

    def _tensor_method(self, flow: Flow, name: str, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if name in ("contiguous", "clone", "float", "to"):
            return flow
        if name == "size":
            index = [self._value(each, names) for each in node.args]
            return _Batch() if index == [0] else _Sizes()
        if name in ("view", "reshape"):
            given = self._items(node.args, names)
            if len(given) == 1 and isinstance(given[0], tuple):
                given = list(given[0])
            is_flat = len(given) == 2 and (
                (isinstance(given[0], _Batch) and type(given[1]) is int) or (given[0] == -1 and type(given[1]) is int)
            )
            if not is_flat:
                raise at(node, f"only a view as one row of features is read, not {self.source.of(node)}")
            flatten = ast.copy_location(ast.Call(node.func, [ast.copy_location(ast.Constant(1), node)], []), node)
            return Flow(flow, self._function("flatten", flatten, flatten.args, {}))
        return Flow(flow, self._function(name, node, node.args, names))

    # paths

    def _sum(self, left: Flow, right: Flow, node: ast.expr | ast.stmt) -> Flow:
        start, (body, shortcut) = self._paths([left, right], node)
        if not body:
            body, shortcut = shortcut, body
        layer = Residual(body=layers_of(body), shortcut=layers_of(shortcut))
        return Flow(start, block_part(layer, (body, shortcut), node, self.source))

    def _concatenated(self, flows: list[Any], node: ast.Call, names: Mapping[str, Any]) -> Flow:
        given = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        axis = [self._value(each, names) for each in given]
        if axis not in ([1], [-3]) or not flows or not all(isinstance(each, Flow) for each in flows):
            raise at(node, f"only channel after channel is read, not {self.source.of(node)}")
        start, paths = self._paths(flows, node)
        layer = Concat(branches=tuple(map(layers_of, paths)))
        return Flow(start, block_part(layer, paths, node, self.source))

    def _paths(self, flows: Sequence[Flow], node: ast.AST) -> tuple[Flow, list[tuple[Part, ...]]]:
        """From where flows part, and the layers of each from there on."""
        common: Flow | None = None
        seen = [{id(each) for each in flow.ancestors()} for flow in flows[1:]]
        for each in flows[0].ancestors():
            self._step(node)
            if all(id(each) in ids for ids in seen):
                common = each
                break
        if common is None:
            raise at(node, "these two do not come from one input")  # type: ignore[arg-type]
        return common, [tuple(_between(common, flow)) for flow in flows]

    # functions and classes of the text

    def _given(self, node: ast.Call, names: Mapping[str, Any]) -> list[Any]:
        return [
            *self._items(node.args, names),
            _ByName({k.arg: self._value(k.value, names) for k in node.keywords if k.arg}),
        ]

    def _instance(self, of: Class, node: ast.Call | None, names: Mapping[str, Any] | None = None) -> Instance:
        line = node.lineno if node is not None else of.line
        instance = Instance(of, {}, line)
        if node is not None:
            self.modules.append(instance)
        if (init := of.method("__init__")) is not None:
            given = self._given(node, names or {}) if node is not None else []
            self._applied(init, [instance, *given], node or of.node, is_lenient=True)
        return instance

    def _forward(self, instance: Instance, given: list[Any], node: Any) -> Any:
        method = instance.of.method("forward")
        if method is None:
            raise ParseError(f"line {instance.line}: {instance.of.name} has no forward", instance.line)
        end = self._applied(method, [instance, *given], node)
        if not isinstance(end, Flow):
            raise ParseError(f"line {method.lineno}: forward of {instance.of.name} returns no tensor", method.lineno)
        return end

    def _applied(self, function: ast.FunctionDef, given: list[Any], node: Any, is_lenient: bool = False) -> Any:
        self._step(node)
        if self._depth >= _DEEPEST:
            raise _TooLong(f"line {function.lineno}: {short(function.name)} calls itself too often", function.lineno)
        by_name = given.pop() if given and isinstance(given[-1], _ByName) else _ByName({})
        arguments = function.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        own: dict[str, Any] = {}
        for argument, default in zip(names[::-1], arguments.defaults[::-1], strict=False):
            own[argument] = self._default(default)
        for keyword, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if value is not None:
                own[keyword.arg] = self._default(value)
        own |= dict(zip(names, given, strict=False)) | by_name.values
        if arguments.vararg is not None:
            own[arguments.vararg.arg] = tuple(given[len(names) :])
        self._depth += 1
        try:
            returned = self._run(function.body, own, is_lenient)
        finally:
            self._depth -= 1
        return returned.value if returned is not None else None

    def _default(self, node: ast.expr) -> Any:
        try:
            return self._value(node, self.names)
        except _TooLong:
            raise
        except ParseError as error:
            return _Unknown(error)


class _TooLong(ParseError):
    """Nothing may go on after it."""


class _ByName(NamedTuple):
    """What a call gives by name."""

    values: dict[str, Any]


_PLAIN = int | float | str | bool | None


def _use(value: Any) -> None:
    if isinstance(value, Chain | Instance):
        value.is_used = True
    elif isinstance(value, list | tuple):
        for item in value:
            _use(item)


def _between(start: Flow | None, end: Flow) -> list[Part]:
    found = []
    for each in end.ancestors():
        if each is start:
            break
        if each.part is not None:
            found.append(each.part)
    return found[::-1]


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and all in it, but not what functions and classes will do."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.AsyncFunctionDef):
            yield from _inside(child)


def _targets(statement: ast.AST) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign) else []


def _dotted(node: ast.expr) -> str | None:
    """``torch.nn.Conv2d`` of names and dots; None of anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(names))) if isinstance(node, ast.Name) else None


def _is_main(node: ast.If) -> bool:
    """``if __name__ == "__main__":``"""
    return isinstance(node.test, ast.Compare) and _dotted(node.test.left) == "__name__"


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Any]]:
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
            yield bound, _Unknown(at(node, f"{short(full)} is not read, only what torch.nn has"))


def _shape_of(node: ast.ClassDef) -> str:
    """A class without its places and docstrings."""
    plain_body = [each for each in node.body if not isinstance(each, ast.Expr)]
    return ast.dump(ast.Module([*node.bases, *plain_body], []))  # type: ignore[list-item]


@cache
def _own_classes() -> dict[str, str]:
    """The classes that the app writes out with its networks."""
    text = files("cnnviz.layers").joinpath("modules.py").read_text(encoding="utf-8")
    return {node.name: _shape_of(node) for node in tree(text).body if isinstance(node, ast.ClassDef)}
