"""Arithmetic of the numbers in a text, which may come from people one does not know: no result is large."""

from __future__ import annotations

import ast
import operator
from typing import Any

from cnnviz.networks.layer_calls import LARGEST, Part
from cnnviz.networks.pasted_text import ParseError
from cnnviz.networks.program_values import Chain, Class, Function, Instance, Torch

_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Any] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_LARGEST_POWER = 50  # 2 ** 50 is above the largest number


def computed(left: Any, right: Any, op: ast.operator, line: int) -> int | float | None:
    """None where these are not two numbers, or the sign is none of arithmetic. Raises ParseError."""
    if type(left) not in (int, float) or type(right) not in (int, float) or type(op) not in _OPERATORS:
        return None
    is_large = max(abs(left), abs(right)) > LARGEST
    if is_large or (isinstance(op, ast.Pow) and (abs(right) > _LARGEST_POWER or abs(left) > LARGEST)):
        raise ParseError(f"line {line}: a number above {LARGEST:,} is no layer's", line)
    try:
        number: int | float | complex = _OPERATORS[type(op)](left, right)
    except ArithmeticError:
        raise ParseError(f"line {line}: this cannot be computed: it divides by 0, or is too large", line) from None
    return None if isinstance(number, complex) else number


def holds(op: ast.cmpop, left: Any, right: Any) -> bool | None:
    """Whether a comparison of plain values holds; None where it is not read."""
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, list | tuple) and len(right) <= _LARGEST_POWER:
        found = [_same(left, each) for each in right]
        return None if None in found and True not in found else (True in found) == isinstance(op, ast.In)
    if type(op) in (ast.Eq, ast.NotEq):
        same = _same(left, right)
        return None if same is None else same == isinstance(op, ast.Eq)
    if type(op) in (ast.Is, ast.IsNot) and right is None:
        return (left is None) == isinstance(op, ast.Is)
    if type(op) in _COMPARISONS and type(left) in (int, float) and type(right) in (int, float):
        return bool(_COMPARISONS[type(op)](left, right))
    return None


def _same(left: Any, right: Any) -> bool | None:
    """None where nobody knows, as with sizes of a tensor."""
    plain = (int, float, str, bool, type(None))
    known = (*plain, list, tuple, Torch, Class, Function, Chain, Instance, Part)
    if type(left) not in known or type(right) not in known:
        return None
    if any(isinstance(each, Part) and each.layer is None for each in (left, right)):
        return None
    if isinstance(left, list | tuple) and type(left) is type(right):
        if len(left) != len(right) or len(left) > _LARGEST_POWER:
            return False if len(left) != len(right) else None
        each = [
            None if isinstance(one, list | tuple) else _same(one, other) for one, other in zip(left, right, strict=True)
        ]
        return False if False in each else None if None in each else True
    if isinstance(left, Torch) and isinstance(right, Torch):
        if left.name != right.name and left.name.rpartition(".")[2] == right.name.rpartition(".")[2]:
            return None
        return left.name == right.name
    if type(left) in plain and type(right) in plain:
        return bool(left == right)
    return left is right
