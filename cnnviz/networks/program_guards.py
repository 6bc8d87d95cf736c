"""Whether something that is not read may change a tensor or the layers of a module, by its words alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from cnnviz.networks.program_values import Chain, Flow, Function, Instance, dotted_name, inside, targets_of

TRAINED = ("weight", "data", "grad", "requires_grad", "training", "inplace")
"""Attributes of layers that may change: they say nothing of what a layer is."""
GROW = ("append", "extend", "insert", "add_module", "register_module")
"""Methods by which a list or a module gets more."""
CHANGE = (
    *GROW,
    *("pop", "popitem", "remove", "clear", "reverse", "sort", "update", "setdefault", "move_to_end"),
    *("set_submodule", "__setitem__", "__delitem__", "__setattr__", "__delattr__"),
)
"""Methods by which a list, a dictionary or a module becomes another."""
CHANGES_WITHIN = re.compile(rf"\{{.*[.](?:{'|'.join(CHANGE)}|\w+[^_\W]_)\s*\(")
"""A call in the braces of an f-string by which something becomes another."""
_WRAP = ("spectral_norm", "register_parametrization", "fuse_modules", "fuse_modules_qat")
"""Functions after which a layer computes something else."""


def name_of(call: ast.Call) -> str:
    """The last of the words of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_hook(name: str) -> bool:
    """Of a method by which a module's forward becomes another."""
    return (
        name.startswith("register_") and name.endswith("hook") and "backward" not in name and "state_dict" not in name
    )


def changes_tensor(node: ast.AST, names: Mapping[str, Any]) -> bool:
    """Whether a call in it may work in place on a tensor of a forward."""
    for call in inside(node):
        if isinstance(call, ast.Call) and (_is_in_place(call) or any(each.arg == "out" for each in call.keywords)):
            named = {each.id for each in ast.walk(call) if isinstance(each, ast.Name)}
            if any(_holds_tensor(names.get(name)) for name in named):
                return True
    return False


def _holds_tensor(value: Any) -> bool:
    within = value.attributes if isinstance(value, Instance) else value
    within = list(within.values()) if isinstance(within, dict) else within
    return isinstance(value, Flow) or (
        isinstance(within, list | tuple) and any(isinstance(each, Flow) for each in within)
    )


def mentions_network(node: ast.AST, names: Mapping[str, Any]) -> bool:
    """Whether a module that is known has a part in it."""
    return any(
        isinstance(names.get(each.id), Chain | Instance) for each in ast.walk(node) if isinstance(each, ast.Name)
    )


def _is_in_place(call: ast.Call) -> bool:
    name = name_of(call)
    return (name.endswith("_") and not name.endswith("__")) or any(each.arg == "inplace" for each in call.keywords)


def changes_modules(function: ast.AST) -> bool:
    """Whether a function that is given a layer may change what it is."""
    for node in ast.walk(function):
        if any(isinstance(each, ast.Attribute) and each.attr not in TRAINED for each in targets_of(node)):
            return True
        if any(isinstance(each, ast.Subscript) and dotted_name(each.value) is not None for each in targets_of(node)):
            return True
        if isinstance(node, ast.Call) and (
            name_of(node) in (*CHANGE, *_WRAP, "setattr", "delattr") or is_hook(name_of(node))
        ):
            return True
    return False


def wraps(call: ast.Call) -> bool:
    """Whether a function makes a layer compute something else."""
    return name_of(call) in _WRAP


def only_looks(hook: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether a hook, or what a function gives as one, only keeps what it sees."""
    made = isinstance(hook, ast.Call)
    function = names.get(dotted_name(hook.func if isinstance(hook, ast.Call) else hook) or "")
    if isinstance(hook, ast.Lambda):
        return _keeps(hook)
    if not isinstance(function, Function):
        return False
    if not made:
        return _keeps(function.node)
    given = [each for each in ast.walk(function.node) if isinstance(each, ast.FunctionDef | ast.Lambda)]
    return len(given) > 1 and all(_keeps(each) for each in given if each is not function.node)


def _keeps(function: ast.FunctionDef | ast.Lambda) -> bool:
    if isinstance(function, ast.Lambda):
        body: list[ast.AST] = [function.body]
        if not isinstance(function.body, ast.Call) or name_of(function.body) not in ("append", "print"):
            return False
    else:
        body = [*function.body]
    nodes = [each for statement in body for each in inside(statement)]
    return not any(
        (isinstance(each, ast.Return) and each.value is not None)
        or isinstance(each, ast.AugAssign)
        or (isinstance(each, ast.Call) and _is_in_place(each))
        for each in nodes
    )
