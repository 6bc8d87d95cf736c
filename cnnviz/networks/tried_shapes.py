"""The inputs with which a text tries its network, which say how large its images are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from cnnviz.layers import Shape

_RANDOM = ("rand", "randn", "zeros", "ones", "empty")
"""Functions of torch that make a tensor of a shape, with which people try a network."""


def tried_shapes(parsed: ast.Module) -> list[Shape]:
    """Shapes of inputs with which the text tries its network: those first that something is called with."""
    calls = [node for node in ast.walk(parsed) if isinstance(node, ast.Call)]
    names = {
        id(node.value): node.targets[0].id
        for node in ast.walk(parsed)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    given = [call.args[0] for call in calls if len(call.args) == 1 and _root(call.func) != "torch"]
    inline, by_name = {id(one) for one in given}, {one.id for one in given if isinstance(one, ast.Name)}
    shapes = [
        (id(node) in inline or names.get(id(node)) in by_name, shape) for node in calls for shape in _shape_made(node)
    ]
    return [shape for is_called in (True, False) for called, shape in shapes if called == is_called]


def _shape_made(node: ast.Call) -> Iterator[Shape]:
    """The shape without its batch of a tensor that is made, or told to ``summary``."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given: Sequence[ast.expr] = []
    if name in _RANDOM:
        listed = [each.value for each in node.keywords if each.arg == "size"] or node.args
        given = listed[0].elts if len(listed) == 1 and isinstance(listed[0], ast.Tuple | ast.List) else listed
    elif name == "summary":
        shown = [*node.args[1:2], *(each.value for each in node.keywords if each.arg in ("input_size", "input_data"))]
        given = next((each.elts for each in shown if isinstance(each, ast.Tuple)), [])
    if len(given) in (2, 4):
        given = given[1:]
    numbers = [each.value if isinstance(each, ast.Constant) else None for each in given]
    shape = tuple(number for number in numbers if type(number) is int and number > 0)
    if len(shape) == len(numbers) in (1, 3):
        yield shape


def _root(node: ast.expr) -> str:
    """``torch`` of ``torch.nn.functional``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
