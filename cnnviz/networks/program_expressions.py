"""The expressions of a text: names, numbers, lists, and what is done with them."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import Part, plain_value
from cnnviz.networks.pasted_arithmetic import computed, holds
from cnnviz.networks.pasted_text import FORMATTED, ParseError, PastedText, at, not_plain
from cnnviz.networks.program_guards import CHANGES_WITHIN
from cnnviz.networks.program_modules import combined_chains
from cnnviz.networks.program_values import (
    PLAIN,
    Chain,
    Class,
    Flow,
    Function,
    Instance,
    Sizes,
    TooLong,
    Torch,
    Training,
    Unknown,
    axes_of,
    below,
    dotted_name,
    named_function,
    product,
)
from cnnviz.networks.signatures import LAZY, SIGNATURES

MOST_STEPS = 200_000
CALLS = SIGNATURES | LAZY
LONGEST_KEY = 200


@dataclass
class Expressions(ABC):
    """The names of a text, and what an expression of them is. Methods raise ParseError."""

    source: PastedText
    is_printed: bool = False
    """Whether it is what Python prints of modules, as calls."""
    names: dict[str, Any] = field(default_factory=dict)
    modules: list[Chain | Instance | Class] = field(default_factory=list)
    _steps: int = 0
    _depth: int = 0
    _words: int = 0

    @abstractmethod
    def _call(self, node: ast.Call, names: Mapping[str, Any]) -> Any: ...

    @abstractmethod
    def _made(self, node: ast.FunctionDef, names: Mapping[str, Any]) -> Function: ...

    @abstractmethod
    def _sum(self, left: Flow, right: Flow, node: ast.expr | ast.stmt) -> Flow: ...

    @abstractmethod
    def _bind(self, target: ast.expr, value: Any, names: MutableMapping[str, Any]) -> None: ...

    def _step(self, node: Any) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            line = getattr(node, "lineno", None)
            raise TooLong(f"{f'line {line}: ' if line else ''}this takes too many steps to read", line)

    def _value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        self._step(node)
        match node:
            case ast.Constant():
                is_formatted = isinstance(node.value, str) and FORMATTED in node.value
                return self._formatted(node, names) if is_formatted else node.value
            case ast.Name():
                return self._named(node, names)
            case ast.List():
                return self._items(node.elts, names)
            case ast.Tuple():
                return tuple(self._items(node.elts, names))
            case ast.Dict() if all(key is not None for key in node.keys):
                keys = [self._key(key, names) for key in node.keys if key is not None]
                return dict(zip(keys, [self._value(each, names) for each in node.values], strict=True))
            case ast.BinOp():
                return self._combined(self._value(node.left, names), self._value(node.right, names), node.op, node)
            case ast.UnaryOp() if not isinstance(node.op, ast.Invert):
                value = self._value(node.operand, names)
                if isinstance(node.op, ast.Not):
                    return not self._is_true(value, node.operand)
                if type(value) in (int, float):
                    return -value if isinstance(node.op, ast.USub) else value
            case ast.Compare(ops=[op], comparators=[other]):
                sides = self._value(node.left, names), self._value(other, names)
                truth = holds(op, *sides)
                if truth is not None and not any(isinstance(each, str) and FORMATTED in each for each in sides):
                    return truth
            case ast.IfExp():
                return self._value(node.body if self._truth(node.test, names) else node.orelse, names)
            case ast.BoolOp():
                for each in node.values[:-1]:
                    value = self._value(each, names)
                    if self._is_true(value, each) != isinstance(node.op, ast.And):
                        return value
                return self._value(node.values[-1], names)
            case ast.Lambda():
                body = [ast.copy_location(ast.Return(node.body), node.body)]
                return self._made(ast.copy_location(named_function("lambda", node.args, body), node), names)
            case ast.ListComp(generators=[_]) | ast.GeneratorExp(generators=[_]):
                return self._comprehended(node, names)
            case ast.Attribute():
                return self._attribute(node, names)
            case ast.Subscript():
                return self._item(node, names)
            case ast.Call():
                return self._call(node, names)
        raise not_plain(self.source.of(node), node.lineno)

    def _truth(self, node: ast.expr, names: Mapping[str, Any]) -> bool:
        return self._is_true(self._value(node, names), node)

    def _is_true(self, value: Any, node: ast.expr) -> bool:
        if isinstance(value, PLAIN | list | tuple | dict):
            return bool(value)
        if isinstance(value, Chain | Instance | Class) or (isinstance(value, Part) and value.layer is not None):
            return True
        if isinstance(value, Training):
            raise at(node, f"what differs in training is not read: {self.source.of(node)}")
        raise not_plain(self.source.of(node), node.lineno)

    def _key(self, node: ast.expr, names: Mapping[str, Any]) -> str:
        """Of a dictionary: each f-string that is not understood is another one."""
        value = self._value(node, names)
        if isinstance(value, str) and FORMATTED in value:
            return value
        return str(plain_value(node, self.source, lambda _: value))

    def _formatted(self, node: ast.Constant, names: Mapping[str, Any]) -> str:
        """An f-string with plain names in its braces; a word of its own where there is something else."""
        self._words += 1
        unread = f"{FORMATTED}{self._words}"
        text = self.source.exactly(node)
        if CHANGES_WITHIN.search(text):
            raise at(node, f"what may change something is not read: {self.source.of(node)}")
        quoted = re.fullmatch(r"""(["'])((?:(?!\1)[^\\{}]|\{\w+\})*)\1""", text)
        if quoted is None or not node.value.startswith(FORMATTED):  # type: ignore[union-attr, arg-type]
            return unread
        pieces = re.split(r"\{(\w+)\}", quoted[2])
        for place in range(1, len(pieces), 2):
            try:
                value = self._named(ast.copy_location(ast.Name(pieces[place]), node), names)
            except TooLong:
                raise
            except ParseError:
                return unread
            if not isinstance(value, int | float | str) or FORMATTED in str(value):
                return unread
            pieces[place] = str(value)
        return "".join(pieces)[:LONGEST_KEY] if len("".join(pieces)) <= LONGEST_KEY else unread

    def _named(self, node: ast.Name, names: Mapping[str, Any]) -> Any:
        for space in (names, self.names):
            if node.id in space:
                value = space[node.id]
                if isinstance(value, Unknown):
                    raise value.error
                return value.now() if isinstance(value, Flow) else value
        if node.id in CALLS or node.id in ("Sequential", "ModuleList", "Identity"):
            return Torch(f"torch.nn.{node.id}")
        raise not_plain(node.id, node.lineno)

    def _items(self, nodes: Sequence[ast.expr], names: Mapping[str, Any]) -> list[Any]:
        items: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                self._add(items, self._listed(node.value, names), node)
            else:
                items.append(self._value(node, names))
        return items

    def _listed(self, node: ast.expr, names: Mapping[str, Any]) -> list[Any]:
        """The values of something that one can go through."""
        if isinstance(node, ast.Call) and dotted_name(node.func) in ("range", "enumerate", "zip", "reversed", "list"):
            given = self._items(node.args, names)
            start = 0
            for keyword in node.keywords:
                value = self._value(keyword.value, names)
                if dotted_name(node.func) == "enumerate" and keyword.arg == "start":
                    given.append(value)
                elif dotted_name(node.func) != "zip" or keyword.arg != "strict":
                    raise at(node, f"only lists are read here, not {self.source.of(node)}")
            if dotted_name(node.func) == "enumerate" and len(given) == 2 and type(given[1]) is int:
                start = given.pop()
            if dotted_name(node.func) == "list" and not given:
                return []
            if dotted_name(node.func) == "range" and given and all(type(each) is int for each in given[:3]):
                numbers = range(*given[:3]) if len(given) < 3 or given[2] else range(0)
                if len(numbers) <= MOST_LAYERS:
                    return list(numbers)
            lists = [self._several(each) for each in given]
            if (
                lists
                and all(each is not None for each in lists)
                and (len(lists) == 1 or dotted_name(node.func) == "zip")
            ):
                whole = [each or [] for each in lists]
                match dotted_name(node.func):
                    case "enumerate":
                        return list(enumerate(whole[0], start))
                    case "zip":
                        return list(zip(*whole, strict=False))
                    case "reversed":
                        return whole[0][::-1]
                    case "list":
                        return list(whole[0])
        elif (values := self._several(self._value(node, names))) is not None:
            return values
        raise at(node, f"only lists are read here, not {self.source.of(node)}")

    def _several(self, value: Any) -> list[Any] | None:
        if isinstance(value, Chain):
            return list(value.items)
        return list(value) if isinstance(value, list | tuple) else None

    def _comprehended(self, node: ast.ListComp | ast.GeneratorExp, names: Mapping[str, Any]) -> list[Any]:
        elements = []
        [loop] = node.generators
        for value in self._listed(loop.iter, names):
            inner = below(names, {})
            self._bind(loop.target, value, inner)
            if all(self._truth(each, inner) for each in loop.ifs):
                elements.append(self._value(node.elt, inner))
        return elements

    def _add(self, items: list[Any], more: list[Any], node: ast.AST) -> None:
        self._steps += len(more)
        self._step(node)
        if len(items) + len(more) > MOST_LAYERS + 1:
            raise TooLong(f"this network is too large: more than {MOST_LAYERS:,} layers")
        items += more

    def _combined(self, left: Any, right: Any, op: ast.operator, node: ast.BinOp | ast.AugAssign) -> Any:
        if isinstance(left, Flow) and isinstance(right, Flow) and isinstance(op, ast.Add):
            return self._sum(left, right, node)
        if isinstance(op, ast.Mult) and (axes := product(left, right)) is not None:
            return axes
        if isinstance(left, list) and isinstance(right, list) and isinstance(op, ast.Add):
            joined = list(left)
            self._add(joined, right, node)
            return joined
        if isinstance(left, list) and type(right) is int and isinstance(op, ast.Mult):
            repeated: list[Any] = []
            for _ in range(min(right, MOST_LAYERS + 1)):
                self._add(repeated, left, node)
            return repeated
        if (chain := combined_chains(left, right, op)) is not None:
            self._add([], chain.items, node)
            return chain
        number = computed(left, right, op, node.lineno)
        if number is None:
            raise not_plain(self.source.of(node), node.lineno)
        return number

    def _attribute(self, node: ast.Attribute, names: Mapping[str, Any]) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr == "training":
            return Training()
        owner = self._value(node.value, names)
        if isinstance(owner, Torch):
            return Torch(f"{owner.name}.{node.attr}")
        if isinstance(owner, Flow) and node.attr == "shape":
            return Sizes(owner)
        of = owner.of if isinstance(owner, Instance) else owner
        value = of.attribute(node.attr) if isinstance(of, Class) else None
        if isinstance(owner, Instance) and node.attr in owner.attributes:
            value = owner.attributes[node.attr]
        elif value is None and isinstance(of, Class) and any(node.attr in each.attributes for each in of.bases()):
            return None
        if isinstance(value, Unknown):
            raise value.error
        is_there = value is not None or (isinstance(owner, Instance) and node.attr in owner.attributes)
        is_bound = isinstance(value, Function) and value.of is not None and not value.is_a("staticmethod")
        if is_there and not is_bound:
            return value
        raise not_plain(self.source.of(node), node.lineno)

    def _item(self, node: ast.Subscript, names: Mapping[str, Any]) -> Any:
        owner, at_ = self._value(node.value, names), node.slice
        if isinstance(at_, ast.Slice):
            return self._slice(owner, at_, node, names)
        index = self._value(at_, names)
        if isinstance(owner, Sizes):
            owner = axes_of(owner, 4)
        if isinstance(owner, Chain):
            owner = owner.items
        if isinstance(owner, list | tuple) and type(index) is int and -len(owner) <= index < len(owner):
            return owner[index]
        if isinstance(owner, dict) and isinstance(index, str) and index in owner:
            return owner[index]
        raise not_plain(self.source.of(node), node.lineno)

    def _slice(self, owner: Any, at_: ast.Slice, node: ast.Subscript, names: Mapping[str, Any]) -> Any:
        ends = [None if each is None else self._value(each, names) for each in (at_.lower, at_.upper, at_.step)]
        if isinstance(owner, Sizes):
            owner = axes_of(owner, 4)
        items = owner.items if isinstance(owner, Chain) else owner
        if not isinstance(items, list | tuple) or any(each is not None and type(each) is not int for each in ends):
            raise not_plain(self.source.of(node), node.lineno)
        if ends[2] == 0:
            raise not_plain(self.source.of(node), node.lineno)
        taken = items[slice(*ends)]
        self._steps += len(taken)
        if not isinstance(owner, Chain):
            return taken
        named = {id(each) for each in owner.keys.values()}
        kept = {id(each) for each in taken}
        places = range(len(items))[slice(*ends)]
        return Chain(
            list(taken),
            owner.line,
            keys={name: each for name, each in owner.keys.items() if id(each) in kept},
            is_numbered=places == range(len(taken)) or kept <= named,
        )
