"""The calls of a text: of layers, of modules and functions of tensors, of the text's own functions and classes."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cnnviz.layers import Concat, Residual
from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import LARGEST, Part, block_part, faulty, layer_part, layers_of, own_part, unknown
from cnnviz.networks.pasted_text import ParseError, at, not_plain, short
from cnnviz.networks.program_expressions import CALLS, Expressions
from cnnviz.networks.program_values import (
    Axes,
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
    axes_of,
    below,
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
CHANGE = (
    *GROW,
    *("pop", "popitem", "remove", "clear", "reverse", "sort", "update", "setdefault", "move_to_end"),
    *("set_submodule", "__setitem__", "__delitem__", "__setattr__", "__delattr__"),
)
"""Methods by which a list, a dictionary or a module becomes another."""
AROUND = ("compile", "DataParallel", "script", "fuse")
"""Functions whose first argument is the module that they give."""
_Node = TypeVar("_Node")
_Found = TypeVar("_Found")


def constant(value: Any, place: ast.expr) -> ast.expr:
    """A value that was read, in the place where it stood."""
    return ast.copy_location(ast.Constant(value), place)


@dataclass
class Calls(Expressions):
    """What calls are."""

    refused: list[ParseError] = field(default_factory=list)
    """Why the network may be something that was not read."""
    failed: list[ParseError] = field(default_factory=list)
    """Why modules of the text's own classes could not be made."""

    @abstractmethod
    def _run(
        self, body: Sequence[ast.stmt], names: MutableMapping[str, Any], is_lenient: bool = False
    ) -> Returned | None: ...

    @abstractmethod
    def parts(self, value: Any, node: ast.AST) -> list[Part]: ...

    def _call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if isinstance(node.func, ast.Attribute) and (found := self._method(node, node.func, names)) is not None:
            return found.value
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
        found = names.get(node.id, self.names.get(node.id)) if isinstance(node, ast.Name) else None
        return found if isinstance(found, Unknown) else None

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

    def _unpacked(self, node: ast.Call, names: Mapping[str, Any]) -> ast.Call:
        """A call without ``*`` and ``**``."""
        is_packed = any(isinstance(each, ast.Starred) for each in node.args) or any(
            k.arg is None for k in node.keywords
        )
        if not is_packed:
            return node
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for each in node.args:
            values = self._tried(each.value, self._listed, names) if isinstance(each, ast.Starred) else None
            args += [each] if values is None else [constant(value, each) for value in values]
        for keyword in node.keywords:
            found = self._tried(keyword, self._by_name, names) if keyword.arg is None else None
            keywords += (
                [keyword]
                if found is None
                else [ast.keyword(name, constant(value, keyword.value)) for name, value in found.items()]
            )
        return ast.copy_location(ast.Call(node.func, args, keywords), node)

    def _tried(
        self, node: _Node, read: Callable[[_Node, Mapping[str, Any]], _Found], names: Mapping[str, Any]
    ) -> _Found | None:
        """What is read of a part of a call; None where it is not understood."""
        try:
            return read(node, names)
        except TooLong:
            raise
        except ParseError:
            return None

    def _of_tensor(
        self, flow: Flow, name: str, node: ast.Call, given: Sequence[ast.expr], names: Mapping[str, Any]
    ) -> Flow:
        """A function or method of a tensor."""
        flow = flow.now()
        if name == "add" and len(given) == 1 and not node.keywords:
            other = self._value(given[0], names)
            if not isinstance(other, Flow):
                raise not_plain(self.source.of(node), node.lineno)
            return self._sum(flow, other, node)
        if name == "dropout":
            told = [keyword.value for keyword in node.keywords if keyword.arg == "training"] or given[1:2]
            for each in told:
                if not self._truth(each, names):
                    return flow
        return flow.through(self._function(name, node, given, names))

    def _set(self, node: ast.Call, names: Mapping[str, Any]) -> None:
        owner, name, value = self._items(node.args, names)
        if isinstance(owner, Instance) and isinstance(name, str):
            owner.attributes[name] = value
            use(value)
        else:
            raise not_plain(self.source.of(node), node.lineno)

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
        found: dict[str, Any] = {}
        for each in node.args:
            value = self._value(each, names)
            pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            self._steps += len(pairs)
            for pair in pairs:
                if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
                    raise at(each, f"only pairs of a name and a layer are read here, not {self.source.of(each)}")
                found[pair[0]] = pair[1]
        for keyword in node.keywords:
            found |= self._by_name(keyword, names)
        return found

    def _by_name(self, keyword: ast.keyword, names: Mapping[str, Any]) -> dict[str, Any]:
        """What a call gives by name in one place."""
        value = self._value(keyword.value, names)
        self._steps += len(value) if isinstance(value, dict) else 0
        if keyword.arg is not None:
            return {keyword.arg: value}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise not_plain(f"**{self.source.of(keyword.value)}", keyword.value.lineno)
        return value

    def _super(self, node: ast.Call, name: str, names: Mapping[str, Any]) -> Returned:
        """A method of the class that the text's own class inherits from."""
        of, owner = names.get("__class__"), names.get("__first__")
        if not isinstance(of, Class) or of.base is None:
            if name in ("__init__", "__post_init__", "to", "train", "eval"):
                return Returned(None)
            raise not_plain(self.source.of(node), node.lineno)
        if (method := of.base.method(name)) is not None:
            return Returned(self._applied(method, [owner, *self._given(node, names)], node, name == "__init__"))
        if name == "__init__":
            return Returned(None)
        raise not_plain(self.source.of(node), node.lineno)

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

    def _tensor_method(self, flow: Flow, name: str, node: ast.Call, names: Mapping[str, Any]) -> Any:
        if name in ("contiguous", "float", "to"):
            return flow
        if name == "clone":
            return Flow(flow)
        if name in ("dim", "ndimension"):
            raise not_plain(self.source.of(node), node.lineno)
        if name == "size":
            index = [*node.args, *(keyword.value for keyword in node.keywords)]
            if not index:
                return Sizes(flow)
            number = self._value(index[0], names)
            if len(index) > 1 or type(number) is not int or not -4 <= number < 4:
                raise not_plain(self.source.of(node), node.lineno)
            return axes_of(Sizes(flow), 4)[number]
        if name in ("view", "reshape"):
            given = self._items(node.args, names)
            if len(given) == 1 and isinstance(given[0], tuple):
                given = list(given[0])
            is_known = len(given) == 2 and (
                type(given[1]) is int or (isinstance(given[1], Axes) and given[1] == Axes(flow, frozenset((1, 2, 3))))
            )
            if not is_known or not (isinstance(given[0], Batch) or given[0] == -1):
                raise at(node, f"only a view as one row of features is read, not {self.source.of(node)}")
            flatten = ast.copy_location(ast.Call(node.func, [ast.copy_location(ast.Constant(1), node)], []), node)
            return Flow(flow, self._function("flatten", flatten, flatten.args, {}))
        node = self._unpacked(node, names)
        return self._of_tensor(flow, name, node, node.args, names)

    # paths

    def _sum(self, left: Flow, right: Flow, node: ast.expr | ast.stmt) -> Flow:
        start, (body, shortcut) = self._paths([left.now(), right.now()], node)
        if not body:
            body, shortcut = shortcut, body
        layer = Residual(body=layers_of(body), shortcut=layers_of(shortcut))
        return self._joined(start, block_part(layer, (body, shortcut), node, self.source))

    def _concatenated(self, flows: list[Any], node: ast.Call, names: Mapping[str, Any]) -> Flow:
        given = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        axis = [self._value(each, names) for each in given]
        if axis not in ([1], [-3]) or not flows or not all(isinstance(each, Flow) for each in flows):
            raise at(node, f"only channel after channel is read, not {self.source.of(node)}")
        start, paths = self._paths([each.now() for each in flows], node)
        layer = Concat(branches=tuple(map(layers_of, paths)))
        return self._joined(start, block_part(layer, paths, node, self.source))

    def _joined(self, start: Flow, part: Part) -> Flow:
        self._steps += part.size
        if part.size > MOST_LAYERS:
            raise TooLong(f"this network is too large: more than {MOST_LAYERS:,} layers")
        return Flow(start, part)

    def _paths(self, flows: Sequence[Flow], node: ast.AST) -> tuple[Flow, list[tuple[Part, ...]]]:
        """From where flows part, and the layers of each from there on."""
        common: Flow | None = flows[0]
        for flow in flows[1:]:
            other: Flow | None = flow
            while common is not other and common is not None and other is not None:
                self._step(node)
                if common.depth >= other.depth:
                    common = common.before
                else:
                    other = other.before
            common = common if common is other else None
            if common is None:
                break
        if common is None:
            raise at(node, "these two do not come from one input")  # type: ignore[arg-type]
        return common, [tuple(between(common, flow)) for flow in flows]

    # functions and classes of the text

    def _given(self, node: ast.Call, names: Mapping[str, Any]) -> list[Any]:
        by_name: dict[str, Any] = {}
        given = self._items(node.args, names)
        for keyword in node.keywords:
            by_name |= self._by_name(keyword, names)
        return [*given, ByName(by_name)]

    def _instance(self, of: Class, node: ast.Call | None, names: Mapping[str, Any] | None = None) -> Instance:
        line = node.lineno if node is not None else of.line
        instance = Instance(of, {}, line)
        try:
            if (init := of.method("__init__")) is not None:
                given = self._given(node, names or {}) if node is not None else []
                self._applied(init, [instance, *given], node or of.node, is_lenient=True)
        except ParseError as error:
            self.failed.append(error)
            raise
        if node is not None:
            self.modules.append(instance)
        return instance

    def _forward(self, instance: Instance, given: list[Any], node: Any) -> Any:
        method = instance.of.method("forward")
        own = instance.attributes.get("forward")
        if isinstance(own, Unknown):
            raise own.error
        if isinstance(own, Function):
            method = own
        elif own is not None or instance.of.method("__call__"):
            raise ParseError(f"line {instance.line}: the forward of {instance.of.name} is not read", instance.line)
        if method is None:
            raise ParseError(f"line {instance.line}: {instance.of.name} has no forward", instance.line)
        end = self._applied(method, given if method is own else [instance, *given], node)
        if not isinstance(end, Flow):
            line = method.node.lineno
            raise ParseError(f"line {line}: forward of {instance.of.name} returns no tensor", line)
        end = end.now()
        for fault in instance.faults:
            end = Flow(end, fault)
        return end

    def _applied(self, function: Function, given: list[Any], node: Any, is_lenient: bool = False) -> Any:
        self._step(node)
        line = function.node.lineno
        if self._depth >= DEEPEST:
            raise TooLong(f"line {line}: {short(function.node.name)} calls itself too often", line)
        own = self._bound(function, given, node)
        self._depth += 1
        try:
            returned = self._run(function.node.body, below(function.names, own), is_lenient)
        finally:
            self._depth -= 1
        return returned.value if returned is not None else None

    def _bound(self, function: Function, given: list[Any], node: Any) -> dict[str, Any]:
        """The names of a call's arguments. Raises ParseError where they are not those of the function."""
        name = short(function.node.name)
        by_name = given.pop().values if given and isinstance(given[-1], ByName) else None
        arguments = function.node.args
        positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        known = [*positional, *(argument.arg for argument in arguments.kwonlyargs)]
        own: dict[str, Any] = function.defaults | dict(zip(positional, given, strict=False))
        if len(given) > len(positional) and arguments.vararg is None:
            raise at(node, f"{name} takes at most {len(positional)} arguments, not {len(given)}")
        more = {}
        for argument, value in (by_name or {}).items():
            if argument in positional[: len(given)]:
                raise at(node, f"{name} gets {short(argument)} twice")
            if argument in known:
                own[argument] = value
            elif arguments.kwarg is not None:
                more[argument] = value
            else:
                raise at(node, f"{name} has no argument {short(argument)}")
        for argument in known:
            if argument not in own:
                if by_name is not None:
                    raise at(node, f"{name} needs {argument}")
                own[argument] = Unknown(at(node, f"{argument} of {name} has no value"))
        if arguments.vararg is not None:
            own[arguments.vararg.arg] = tuple(given[len(positional) :])
        if arguments.kwarg is not None:
            own[arguments.kwarg.arg] = more
        if function.of is not None:
            own |= {"__class__": function.of, "__first__": given[0] if given else None}
        return own

    def _made(self, node: ast.FunctionDef, names: Mapping[str, Any]) -> Function:
        """A function, with its defaults as they are where it stands."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip([each.arg for each in positional][::-1], arguments.defaults[::-1], strict=False))
        defaults |= {
            each.arg: value
            for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if value is not None
        }
        return Function(node, names, {name: self._default(value, names) for name, value in defaults.items()})

    def _default(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        try:
            return self._value(node, names)
        except TooLong:
            raise
        except ParseError as error:
            return Unknown(error)
