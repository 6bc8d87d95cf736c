"""Functions and methods of tensors, and where the paths of tensors part and meet again."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cnnviz.layers import AdaptiveAvgPool2d, Concat, Flatten, Residual
from cnnviz.networks.draft import MOST_LAYERS
from cnnviz.networks.layer_calls import Part, block_part, layer_part, layers_of, unknown
from cnnviz.networks.pasted_text import ParseError, at, not_plain
from cnnviz.networks.program_expressions import Expressions
from cnnviz.networks.program_values import (
    Axes,
    Batch,
    Flow,
    Sizes,
    TooLong,
    Training,
    axes_of,
    between,
)
from cnnviz.networks.signatures import FUNCTIONS

_IN_PLACE = ("relu_", "leaky_relu_", "sigmoid_", "tanh_")
"""Functions that change the tensor that they get."""
_Node = TypeVar("_Node")
_Found = TypeVar("_Found")


def constant(value: Any, place: ast.expr) -> ast.expr:
    """A value that was read, in the place where it stood."""
    return ast.copy_location(ast.Constant(value), place)


@dataclass
class Flows(Expressions):
    """What is done to tensors."""

    def _function(self, name: str, node: ast.Call, given: Sequence[ast.expr], names: Mapping[str, Any]) -> Part:
        """A function of a tensor as a layer."""
        is_in_place = name.endswith("_") and not name.endswith("__")
        if name in FUNCTIONS or name in _IN_PLACE:
            kind, signature = FUNCTIONS[name.removesuffix("_")]
            part = layer_part(kind, signature, node, given, self.source, lambda each: self._value(each, names))
            part.in_place |= is_in_place
            return part
        part = unknown(node, name, "", self.source)
        part.in_place = is_in_place
        near = next((of for of, (kind, _) in FUNCTIONS.items() if kind == part.nearest), "")
        part.function, part.near = node.func, f"torch.nn.functional.{near}" if near else ""
        return part

    def _of_tensor(
        self, flow: Flow, name: str, node: ast.Call, given: Sequence[ast.expr], names: Mapping[str, Any]
    ) -> Flow:
        """A function or method of a tensor."""
        flow = flow.now()
        if name in ("add", "add_") and len(given) == 1 and not node.keywords:
            other = self._value(given[0], names)
            if not isinstance(other, Flow):
                raise not_plain(self.source.of(node), node.lineno)
            total = self._sum(flow, other, node)
            if name == "add_":
                flow.become(total)
            return total
        if name == "mean" and (axes := self._axes(given, node.keywords, names)) is not None:
            pooled = flow.through(Part(node.lineno, self.source.of(node), AdaptiveAvgPool2d(output_size=1)))
            return pooled if axes else pooled.through(Part(node.lineno, self.source.of(node), Flatten()))
        if name == "dropout":
            told = [keyword.value for keyword in node.keywords if keyword.arg == "training"] or given[1:2]
            for each in told:
                if not isinstance(self._value(each, names), Training) and not self._truth(each, names):
                    return flow
        return flow.through(self._function(name, node, given, names))

    def _axes(self, given: Sequence[ast.expr], keywords: list[ast.keyword], names: Mapping[str, Any]) -> bool | None:
        """Whether a mean over height and width keeps them; None of any other."""
        values = dict(zip(("dim", "keepdim"), [self._value(each, names) for each in given[:2]], strict=False))
        values |= {keyword.arg or "**": self._value(keyword.value, names) for keyword in keywords}
        dim, keeps = values.pop("dim", None), values.pop("keepdim", False)
        if values or not isinstance(dim, list | tuple) or type(keeps) is not bool or len(given) > 2:
            return None
        return keeps if tuple(dim) in ((2, 3), (3, 2), (-2, -1), (-1, -2)) else None

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
            by_name = self._tried(keyword, self._by_name, names) if keyword.arg is None else None
            keywords += (
                [keyword]
                if by_name is None
                else [ast.keyword(name, constant(value, keyword.value)) for name, value in by_name.items()]
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

    def _by_name(self, keyword: ast.keyword, names: Mapping[str, Any]) -> dict[str, Any]:
        """What a call gives by name in one place."""
        value = self._value(keyword.value, names)
        self._steps += len(value) if isinstance(value, dict) else 0
        if keyword.arg is not None:
            return {keyword.arg: value}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise not_plain(f"**{self.source.of(keyword.value)}", keyword.value.lineno)
        return value

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
