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
from cnnviz.networks.program_growth import Growth
from cnnviz.networks.program_guards import GROW, changes_modules, changes_tensor, is_hook, only_looks
from cnnviz.networks.program_modules import copied, inner
from cnnviz.networks.program_values import (
    Batch,
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
AROUND = ("compile", "DataParallel", "script", "fuse")
"""Functions whose first argument is the module that they give."""


@dataclass
class Calls(Growth):
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
        if (
            dotted in ("copy.deepcopy", "deepcopy")
            and len(node.args) == 1
            and not isinstance(names.get(dotted), Function)
        ):
            value = self._value(node.args[0], names)
            self._steps += len(inner(value))
            return copied(value)
        if dotted == "delattr":
            return self._unset(node, names)
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
            if isinstance(node.args[0], ast.Name) and isinstance(names.get(node.args[0].id), Flow):
                return Batch()
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
        return self._not_known(node, dotted, names)

    def _not_known(self, node: ast.Call, shown: str, names: Mapping[str, Any]) -> Part:
        """A call that is not read: the tensors of a forward must be after it what they were before."""
        if changes_tensor(node, names):
            raise at(node, f"what may change a tensor is not read: {self.source.of(node)}")
        return unknown(node, shown, "torch.nn.", self.source)

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
        return self._not_known(node, dotted_name(node.func) or function.name, names)

    def _unset(self, node: ast.Call, names: Mapping[str, Any]) -> None:
        given = self._items(node.args, names)
        if (
            len(given) == 2
            and isinstance(given[0], Instance)
            and given[0].attributes.pop(str(given[1]), None) is not None
        ):
            return
        raise not_plain(self.source.of(node), node.lineno)

    def _set(self, node: ast.Call, names: Mapping[str, Any]) -> None:
        owner, name, value = self._items(node.args, names)
        if isinstance(owner, Instance) and isinstance(name, str):
            owner.attributes[name] = value
            use(value)
        else:
            raise not_plain(self.source.of(node), node.lineno)

    def _sequential(self, node: ast.Call, names: Mapping[str, Any]) -> Chain:
        chain = Chain([], node.lineno)
        for each in node.args:
            try:
                if isinstance(each, ast.Starred):
                    self._add(chain.items, [self._module(item, each) for item in self._listed(each.value, names)], each)
                    continue
                value = self._value(each, names)
                if isinstance(value, dict) and len(node.args) == 1:
                    self._add(chain.items, [self._module(item, each) for item in value.values()], each)
                    chain.keys.update(value)
                    chain.is_numbered = not any(map(str.isdigit, value))
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
        self.modules.append(chain)
        return chain

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
        if isinstance(owner, Part | Chain | Instance):
            self._watched(node, name, names)
            if name in UNCHANGED:
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
        if isinstance(owner, Chain) and name == "children" and not node.args:
            return Returned(list({id(each): each for each in owner.items}.values()))
        if name in GROW:
            self._grow(owner, name, node, names)
            return Returned(owner)
        if isinstance(owner, dict) and name in ("items", "values", "keys"):
            return Returned(list(getattr(owner, name)()))
        if isinstance(owner, list | tuple | dict | str | int | float):
            raise not_plain(self.source.of(node), node.lineno)
        return None

    def _watched(self, node: ast.Call, name: str, names: Mapping[str, Any]) -> None:
        """Raise ParseError, for all of the text, where a method of a module may give it another forward."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        function = given[0] if name == "apply" and given else None
        known = names.get(function.id) if isinstance(function, ast.Name) else None
        if (is_hook(name) and not (given and only_looks(given[0], names))) or (
            function is not None and changes_modules(known.node if isinstance(known, Function) else function)
        ):
            self.refused.append(at(node, f"what may change the network is not read: {self.source.of(node)}"))
            raise self.refused[-1]
