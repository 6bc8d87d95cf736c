"""The text's own functions and classes: their arguments, and what they give."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnviz.networks.pasted_text import ParseError, at, not_plain, short
from cnnviz.networks.program_flows import Flows
from cnnviz.networks.program_values import (
    ByName,
    Class,
    Flow,
    Function,
    Instance,
    Returned,
    TooLong,
    Unknown,
    below,
)

DEEPEST = 12
"""Functions of the text that call each other."""


@dataclass
class Functions(Flows):
    """What the text defines."""

    failed: list[ParseError] = field(default_factory=list)
    """Why modules of the text's own classes could not be made."""

    @abstractmethod
    def _run(
        self, body: Sequence[ast.stmt], names: MutableMapping[str, Any], is_lenient: bool = False
    ) -> Returned | None: ...

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
