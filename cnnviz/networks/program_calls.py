"""The calls of a text: of layers, of modules, of methods, of the text's own functions and classes."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnviz.networks.layer_calls import LARGEST, Part, faulty, layer_part, own_part, unknown
from cnnviz.networks.pasted_text import ParseError, at, not_plain, short
from cnnviz.networks.program_expressions import CALLS
from cnnviz.networks.program_functions import Functions
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
    dotted_name,
    use,
)
from cnnviz.networks.signatures import OWN

UNCHANGED = (
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
GROW = ("append", "extend", "insert", "add_module", "register_module")
"""Methods by which a list or a module gets more."""
CHANGE = (
    *GROW,
    *("pop", "popitem", "remove", "clear", "reverse", "sort", "update", "setdefault", "move_to_end"),
    *("set_submodule", "__setitem__", "__delitem__", "__setattr__", "__delattr__"),
)
"""Methods by which a list, a dictionary or a module becomes another."""
AROUND = ("compile", "DataParallel", "script", "fuse")
"""Functions whose first argument is the module that they give."""


@dataclass
class Calls(Functions):
    """What calls are."""

    refused: list[ParseError] = field(default_factory=list)
    """Why the network may be something that was not read."""

    @abstractmethod
    def parts(self, value: Any, node: ast.AST) -> list[Part]: ...

    def _call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if isinstance(node.func, ast.Attribute) and (returned := self._method(node, node.func, names)) is not None:
            return returned.value
        dotted = dotted_name(node.func)
        if dotted == "setattr" and len(node.args) == 3:
            return self._set(node, names)
        if dotted == "getattr" and len(node.args) == 2:
            name = self._value(node.args[1], names)
            if not isinstance(name, str) or not name.isidentifier():
                raise not_plain(self.source.of(node), node.lineno)
            return self._value(ast.copy_location(ast.Attribute(node.args[0], name), node), names)
        if dotted == "int" and len(node.args) == 1 and not node.keywords:
            number = self._value(node.args[0], names)
            if type(number) not in (int, float) or not abs(number) <= LARGEST:
                raise not_plain(self.source.of(node), node.lineno)
            return int(number)
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
        if (named := self._unknown(node.func, names)) is not None:
            if named.is_module:
                self.refused.append(named.error)
            raise named.error
        try:
            function = self._value(node.func, names)
        except TooLong:
            raise
        except ParseError:
            if dotted is None and any(isinstance(each, ast.Call) for each in ast.walk(node.func)):
                raise at(node, f"only layers are read here, not {self.source.of(node)}") from None
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
                return self._applied(function, self._given(node, names), node)
            case Part() | Chain() | Instance():
                return self._through(function, node, names)
        if dotted is None:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")
        if self.is_printed and node.args:
            return self._printed(node, dotted, names)
        return unknown(node, dotted, "torch.nn.", self.source)

    def _unknown(self, node: ast.expr, names: Mapping[str, Any]) -> Unknown | None:
        """What a name stands for where that is not understood."""
        meaning = names.get(node.id, self.names.get(node.id)) if isinstance(node, ast.Name) else None
        return meaning if isinstance(meaning, Unknown) else None

    def _printed(self, node: ast.Call, name: str, names: Mapping[str, Any]) -> Chain:
        """Any class that holds modules."""
        chain = self._sequential(node, names)
        chain.name = chain.name or name
        why = "is a class of its own: what it prints does not say what its forward does with these layers"
        chain.items.insert(0, faulty(node, self.source, f"{short(name)} {why}"))
        return chain

    def _through(self, module: Any, node: ast.Call, names: Mapping[str, Any]) -> Any:
        """A module of a tensor."""
        if isinstance(module, Instance):
            return self._forward(module, self._given(node, names), node)
        given = self._items(node.args, names)
        if len(given) != 1 or not isinstance(given[0], Flow) or node.keywords:
            raise at(node, f"only layers are read here, not {self.source.of(node)}")
        flow: Flow = given[0].now()
        for part in self.parts(module, node):
            flow = flow.through(part)
        return flow

    def _torch(self, function: Torch, node: ast.Call, names: Mapping[str, Any]) -> Any:
        prefix, _, name = function.name.rpartition(".")
        in_nn = prefix == "torch.nn" or prefix.startswith("torch.nn.modules")
        evaluate = lambda each: self._value(each, names)  # noqa: E731
        if in_nn and (name == "Sequential" or (name == "ModuleList" and self.is_printed)):
            return self._sequential(node, names)
        node = self._unpacked(node, names)
        if in_nn and name == "ModuleList":
            return self._listed(node.args[0], names) if node.args else []
        if in_nn and name == "Identity":
            return Chain([], node.lineno, is_used=True)
        if in_nn and name in CALLS:
            return layer_part(name.removeprefix("Lazy"), CALLS[name], node, node.args, self.source, evaluate)
        if name in AROUND and len(node.args) == 1:
            return evaluate(node.args[0])
        if prefix in ("torch", "torch.nn.functional") and node.args:
            first = evaluate(node.args[0])
            if isinstance(first, Flow):
                return self._of_tensor(first, name, node, node.args[1:], names)
            if name in ("cat", "concat") and isinstance(first, list | tuple):
                return self._concatenated(list(first), node, names)
        return unknown(node, dotted_name(node.func) or function.name, "torch.nn.", self.source)

    def _set(self, node: ast.Call, names: Mapping[str, Any]) -> None:
        owner, name, value = self._items(node.args, names)
        if isinstance(owner, Instance) and isinstance(name, str):
            owner.attributes[name] = value
            use(value)
        else:
            raise not_plain(self.source.of(node), node.lineno)

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
                    self._add(chain.items, [self._module(item, each) for item in value.values()], each)
                    chain.keys.update(value)
                else:
                    self._add(chain.items, [self._module(value, each)], each)
            except TooLong:
                raise
            except ParseError as error:
                is_named = isinstance(each, ast.Call) and self._unknown(each.func, names) is not None
                why = f"only layers are read here, not {self.source.of(each)}"
                part = faulty(each, self.source, why)
                if is_named:
                    part.fault, part.fault_line = str(error), error.line
                chain.items.append(part)
        for keyword in node.keywords:
            sentence = f"Sequential takes layers, not {keyword.arg or '**'}=…"
            chain.items.append(faulty(keyword.value, self.source, sentence))
        return chain

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

    def _method(self, node: ast.Call, function: ast.Attribute, names: Mapping[str, Any]) -> Returned | None:
        """A call of a method of lists, modules and tensors."""
        if isinstance(function.value, ast.Call) and dotted_name(function.value.func) == "super":
            return self._super(node, function.attr, names)
        try:
            owner = self._value(function.value, names)
        except TooLong:
            raise
        except ParseError:
            return None
        name = function.attr
        if isinstance(owner, Torch) and owner.name.rpartition(".")[2] == "Module" and name == "__init__":
            return Returned(None)
        if isinstance(owner, Flow):
            return Returned(self._tensor_method(owner, name, node, names))
        if isinstance(owner, Part | Chain | Instance) and name in UNCHANGED:
            return Returned(owner)
        if isinstance(owner, Part | Torch) or owner is None:
            return None
        of = owner.of if isinstance(owner, Instance) else owner
        is_shadowed = isinstance(owner, Instance) and name in owner.attributes
        if isinstance(of, Class) and not is_shadowed and (method := of.method(name)) is not None:
            first = [] if method.is_a("staticmethod") else [of] if method.is_a("classmethod") else [owner]
            if isinstance(owner, Class) and first == [owner] and not method.is_a("classmethod"):
                first = []
            return Returned(self._applied(method, [*first, *self._given(node, names)], node, name == "__init__"))
        if isinstance(owner, Instance) and name in owner.attributes:
            inner = self._attribute(function, names)
            if isinstance(inner, Part | Chain | Instance):
                return Returned(self._through(inner, node, names))
            return None
        if name in ("pop", "clear", "reverse", "update") and isinstance(owner, list | Chain | dict):
            return Returned(self._shrink(owner, name, node, names))
        if name in GROW:
            self._grow(owner, name, node, names)
            return Returned(owner)
        if isinstance(owner, dict) and name in ("items", "values", "keys"):
            return Returned(list(getattr(owner, name)()))
        if isinstance(owner, list | tuple | dict | str | int | float):
            raise not_plain(self.source.of(node), node.lineno)
        return None

    def _grow(self, owner: Any, name: str, node: ast.Call, names: Mapping[str, Any]) -> None:
        items = owner.items if isinstance(owner, Chain) else owner
        given = self._items(node.args, names)
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
            items.insert(given[0], given[1])
            use(given[1])
            return
        if not isinstance(items, list) or len(given) != 1:
            raise not_plain(self.source.of(node), node.lineno)
        more = self._several(given[0]) if name == "extend" else [given[0]]
        if isinstance(owner, Chain):
            for one in more or []:
                self._module(one, node)
        self._add(items, more or [], node)

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
            return items.pop(place)
        if given or (isinstance(owner, Chain) and name == "reverse"):
            raise not_plain(self.source.of(node), node.lineno)
        return getattr(items, name)()
