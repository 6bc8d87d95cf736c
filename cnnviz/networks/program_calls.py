"""The calls of a text: of layers, of modules and functions of tensors, of the text's own functions and classes."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.layers import Concat, Residual
from cnnviz.networks.layer_calls import Part, block_part, faulty, layer_part, layers_of, own_part, unknown
from cnnviz.networks.pasted_text import ParseError, at, not_plain, short
from cnnviz.networks.program_expressions import CALLS, Expressions
from cnnviz.networks.program_values import (
    Batch,
    ByName,
    Chain,
    Class,
    Flow,
    Function,
    Instance,
    Returned,
    Sizes,
    TooLong,
    Torch,
    Unknown,
    between,
    dotted_name,
    use,
)
from cnnviz.networks.signatures import FUNCTIONS, OWN

DEEPEST = 12
"""Functions of the text that call each other."""
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
AROUND = ("compile", "DataParallel", "script", "fuse")
"""Functions whose first argument is the module that they give."""


@dataclass
class Calls(Expressions):
    """What calls are."""

    @abstractmethod
    def _run(self, body: Sequence[ast.stmt], names: dict[str, Any], is_lenient: bool = False) -> Returned | None: ...

    @abstractmethod
    def parts(self, value: Any, node: ast.AST) -> list[Part]: ...

    def _call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if isinstance(node.func, ast.Attribute) and (found := self._method(node, node.func, names)) is not None:
            return found.value
        dotted = dotted_name(node.func)
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
        if in_nn and name in CALLS:
            return layer_part(name.removeprefix("Lazy"), CALLS[name], node, node.args, self.source, evaluate)
        if name in AROUND and len(node.args) == 1:
            return evaluate(node.args[0])
        if prefix in ("torch", "torch.nn.functional") and node.args:
            first = evaluate(node.args[0])
            if isinstance(first, Flow):
                return Flow(first, self._function(name, node, node.args[1:], names))
            if name in ("cat", "concat") and isinstance(first, list | tuple):
                return self._concatenated(list(first), node, names)
            if name == "add" and isinstance(first, Flow):
                return self._sum(first, evaluate(node.args[1]), node)
        return unknown(node, dotted_name(node.func) or function.name, "torch.nn.", self.source)

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
            except TooLong:
                raise
            except ParseError:
                chain.items.append(faulty(each, self.source, f"only layers are read here, not {self.source.of(each)}"))
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

    def _method(self, node: ast.Call, function: ast.Attribute, names: Mapping[str, Any]) -> Returned | None:
        """A call of a method of lists, modules and tensors."""
        if isinstance(function.value, ast.Call) and dotted_name(function.value.func) == "super":
            return Returned(None)
        try:
            owner = self._value(function.value, names)
        except TooLong:
            raise
        except ParseError:
            return None
        name = function.attr
        if isinstance(owner, Flow):
            return Returned(self._tensor_method(owner, name, node, names))
        if isinstance(owner, Part | Chain | Instance) and name in UNCHANGED:
            return Returned(owner)
        if isinstance(owner, Part | Torch) or owner is None:
            return None
        if isinstance(owner, Instance) and (method := owner.of.method(name)) is not None:
            return Returned(self._applied(method, [owner, *self._items(node.args, names)], node))
        if isinstance(owner, Instance) and name in owner.attributes:
            return Returned(self._through(self._attribute(function, names), node, names))
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

    def _tensor_method(self, flow: Flow, name: str, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if name in ("contiguous", "clone", "float", "to"):
            return flow
        if name == "size":
            index = [self._value(each, names) for each in node.args]
            return Batch() if index == [0] else Sizes()
        if name in ("view", "reshape"):
            given = self._items(node.args, names)
            if len(given) == 1 and isinstance(given[0], tuple):
                given = list(given[0])
            is_flat = len(given) == 2 and (
                (isinstance(given[0], Batch) and type(given[1]) is int) or (given[0] == -1 and type(given[1]) is int)
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
        return common, [tuple(between(common, flow)) for flow in flows]

    # functions and classes of the text

    def _given(self, node: ast.Call, names: Mapping[str, Any]) -> list[Any]:
        return [
            *self._items(node.args, names),
            ByName({k.arg: self._value(k.value, names) for k in node.keywords if k.arg}),
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
        if self._depth >= DEEPEST:
            raise TooLong(f"line {function.lineno}: {short(function.name)} calls itself too often", function.lineno)
        by_name = given.pop() if given and isinstance(given[-1], ByName) else ByName({})
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
        except TooLong:
            raise
        except ParseError as error:
            return Unknown(error)
