"""A call of a layer in a text as that layer, with what the text declares of its input."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from cnnviz.layers import KINDS, AnyLayer, Concat, Conv2d, DualPath, Layer, Residual, ShapeError, SqueezeExcitation
from cnnviz.networks.draft import DEEPEST
from cnnviz.networks.pasted_text import FORMATTED, LONGEST_WORD, ParseError, PastedText, at, not_plain, short
from cnnviz.networks.signatures import (
    FLAGS,
    HARMLESS,
    INPUTS,
    OWN,
    SIGNATURES,
    WORDS,
    Signature,
    Value,
    nearest,
    without_arguments,
)

LARGEST = 10**15
"""No number of a layer comes near it."""
Evaluate: TypeAlias = Callable[[ast.expr], Any]


@dataclass(eq=False)
class Part:
    """One layer of the text; in ``fault`` why it is none, or is none that this app has."""

    line: int
    text: str
    """As it stands there."""
    layer: AnyLayer | None = None
    fault: str = ""
    fault_line: int | None = None
    """Of the fault, where it is not the layer's."""
    reads: int | None = None
    """Its declared number of input channels or features."""
    what: str = ""
    """Of which it is the number."""
    declared: ast.expr | None = None
    """Where it is declared."""
    paths: tuple[tuple[Part, ...], ...] = ()
    """Of a block."""
    function: ast.expr | None = None
    """The name or the call of what is unknown."""
    near: str = ""
    """What to read in the place of ``function``."""
    nearest: str = ""
    """The layer that comes closest."""
    in_place: bool = False
    """Whether it changes the tensor that it gets."""
    is_of_last_axis: bool = False
    size: int = 1
    """Layers in it."""
    depth: int = 0
    """Blocks inside each other."""

    @property
    def has_weights(self) -> bool:
        return self.layer is not None and self.layer.kind in _WITH_WEIGHTS


_USUAL_NUMBERS = ("torch.float", "torch.float32")
_WITH_WEIGHTS = ("Conv2d", "ConvTranspose2d", "Linear", "BatchNorm2d", "SqueezeExcitation", "PositionBias")


def faulty(node: ast.expr, source: PastedText, sentence: str) -> Part:
    return Part(node.lineno, source.of(node), fault=f"line {node.lineno}: {sentence}")


def unknown(call: ast.Call, shown: str, prefix: str, source: PastedText) -> Part:
    """A layer that this app does not know."""
    near = nearest(shown.rpartition(".")[2])
    hint = f"the nearest is {near}" if near else f"it knows {', '.join(SIGNATURES)}"
    part = faulty(call, source, f"{short(shown)} is no layer that cnnviz knows: {hint}")
    part.function, part.near = call.func, prefix + near if near else ""
    if plain_call := without_arguments(shown.rpartition(".")[2]):
        part.function, part.near = call, prefix + plain_call
    part.nearest = near
    return part


def layer_part(
    kind: str, signature: Signature, call: ast.Call, given: Sequence[ast.expr], source: PastedText, evaluate: Evaluate
) -> Part:
    """The layer of a call, of whose arguments by place ``given`` are the layer's own."""
    part = Part(call.lineno, source.of(call))
    try:
        _fill(part, kind, arguments(kind, signature, call, given, source, evaluate))
    except ParseError as error:
        part.fault, part.fault_line = str(error), error.line
    except ShapeError as error:
        part.fault = f"line {call.lineno}: {error}"
    return part


def _fill(part: Part, kind: str, values: dict[str, tuple[Value, ast.expr]]) -> None:
    cls, own = KINDS[kind], {}
    for argument, (value, node) in values.items():
        line = node.lineno
        shown = f"line {line}: {kind}: {argument} = {value!r}"
        if argument in INPUTS:
            if type(value) is not int or value < 1:
                raise ParseError(f"{shown} must be a whole number, 1 or more", line)
            part.reads, part.what, part.declared = value, INPUTS[argument], node
        elif isinstance(value, bool) != (argument in FLAGS):
            raise ParseError(f"{shown} {'must' if argument in FLAGS else 'cannot'} be True or False", line)
        elif isinstance(value, str) and argument not in WORDS:
            raise ParseError(f"{shown} cannot be a word", line)
        elif argument in cls.model_fields:
            own[argument] = value
        elif value not in HARMLESS[argument]:
            raise ParseError(
                f"{shown} is not supported: leave it out, or give {' or '.join(map(repr, HARMLESS[argument]))}", line
            )
        part.in_place |= argument == "inplace" and value is True
        part.is_of_last_axis |= argument == "dim" and value == -1
    part.layer = cast(AnyLayer, cls(**own))


def arguments(
    kind: str, signature: Signature, call: ast.Call, given: Sequence[ast.expr], source: PastedText, evaluate: Evaluate
) -> dict[str, tuple[Value, ast.expr]]:
    """The values of a call by their names, each with its place. Raises ParseError."""
    return {
        name: (plain_value(node, source, evaluate), node)
        for name, node in nodes(kind, signature, call, given, source).items()
        if name != "dtype" or ast.unparse(node) not in _USUAL_NUMBERS
    }


def nodes(
    kind: str, signature: Signature, call: ast.Call, given: Sequence[ast.expr], source: PastedText
) -> dict[str, ast.expr]:
    """The arguments of a call by their names. Raises ParseError."""
    by_name: dict[str, ast.expr] = {}
    if len(given) > (most := len(signature.positional)):
        raise at(given[most], f"{kind} takes at most {most} argument{'s' if most != 1 else ''}, not {len(given)}")
    for argument, node in zip(signature.positional, given, strict=False):
        by_name[argument] = node
    for keyword in call.keywords:
        if keyword.arg is None:
            raise not_plain(f"**{source.of(keyword.value)}", keyword.value.lineno)
        if keyword.arg == "training":  # what a function is told, and a layer knows
            continue
        if keyword.arg not in (*signature.positional, *signature.by_name_only):
            known = ", ".join((*signature.positional, *signature.by_name_only)) or "none"
            raise at(keyword.value, f"{kind} has no argument {short(keyword.arg)}: its arguments are {known}")
        if keyword.arg in by_name:
            raise at(keyword.value, f"{kind} gets {keyword.arg} twice")
        by_name[keyword.arg] = keyword.value
    by_name.pop("training", None)
    if missing := [argument for argument in signature.required if argument not in by_name]:
        raise at(call, f"{kind} needs {' and '.join(missing)}")
    return by_name


def plain_value(node: ast.expr, source: PastedText, evaluate: Evaluate) -> Value:
    """A number, word, True, False, None, or two whole numbers. Raises ParseError."""
    value = evaluate(node)
    if isinstance(value, list | tuple):
        if len(value) != 2 or not all(each is None or type(each) is int for each in value):
            raise at(node, f"one whole number or two are read here, not {source.of(node)}")
        return tuple(small(each, node) for each in value)  # type: ignore[misc]
    if value is None or type(value) in (int, float, bool):
        return small(value, node)
    if isinstance(value, str) and FORMATTED not in value:
        if len(value) > LONGEST_WORD:
            raise at(node, f"no layer knows so long a word: {short(value)!r}")
        return value
    raise not_plain(source.of(node), node.lineno)


def small(value: Value, node: ast.expr) -> Value:
    if isinstance(value, int | float) and LARGEST < abs(value) < float("inf"):
        raise at(node, f"a number above {LARGEST:,} is no layer's")
    return value


def own_part(
    kind: str, call: ast.Call, source: PastedText, evaluate: Evaluate, path: Callable[[Any, ast.expr], tuple[Part, ...]]
) -> Part:
    """A layer that torch.nn has not, as the app writes it; ``path`` makes layers of a value."""
    part = Part(call.lineno, source.of(call))
    try:
        if kind == "PositionBias":
            if call.args:  # printed without
                part.reads, part.what, part.declared = _whole(call.args[0], source, evaluate), "channels", call.args[0]
            part.layer = KINDS[kind]()  # type: ignore[assignment]
        elif kind == "Concat":
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            part.paths = tuple(path(evaluate(node), node) for node in given)
            part.layer = Concat(branches=tuple(map(layers_of, part.paths)))
        elif any(keyword.arg == "fc1" for keyword in call.keywords):  # as it is printed
            inner = {keyword.arg: path(evaluate(keyword.value), keyword.value)[0] for keyword in call.keywords}
            first, activation_part = inner["fc1"], inner["activation"].layer
            if not isinstance(first.layer, Conv2d) or activation_part is None:
                raise at(call, f"{source.of(call)} is not understood")
            part.layer = SqueezeExcitation(
                squeeze_channels=first.layer.out_channels, activation=cast(Any, activation_part.kind)
            )
            part.reads, part.what, part.declared = first.reads, first.what, first.declared
        else:
            by_name = nodes(kind, OWN[kind], call, call.args, source)
            if kind == "SqueezeExcitation":
                activation = path(evaluate(by_name["activation"]), by_name["activation"])
                name = activation[0].layer.kind if len(activation) == 1 and activation[0].layer else ""
                squeezed = _whole(by_name["squeezed"], source, evaluate)
                part.layer = cast(AnyLayer, KINDS[kind](squeeze_channels=squeezed, activation=name))
                part.declared, part.what = by_name["channels"], "channels"
                part.reads = _whole(part.declared, source, evaluate)
            else:
                part.paths = tuple(path(evaluate(by_name[name]), by_name[name]) for name in ("body", "shortcut"))
                body, shortcut = map(layers_of, part.paths)
                part.layer = (
                    Residual(body=body, shortcut=shortcut)
                    if kind == "Residual"
                    else DualPath(body=body, shortcut=shortcut, added=_whole(by_name["added"], source, evaluate))
                )
    except ParseError as error:
        part.fault, part.fault_line = str(error), error.line
    except (IndexError, KeyError):
        part.fault = f"line {call.lineno}: {source.of(call)} is not understood"
    except ShapeError as error:
        part.fault = f"line {call.lineno}: {error}"
    return part


def _whole(node: ast.expr, source: PastedText, evaluate: Evaluate) -> int:
    value = plain_value(node, source, evaluate)
    if type(value) is not int or value < 1:
        raise at(node, f"{source.of(node)} must be a whole number, 1 or more")
    return value


def block_part(layer: Layer, paths: Sequence[tuple[Part, ...]], node: ast.expr | ast.stmt, source: PastedText) -> Part:
    """Paths that part and meet again."""
    depth = 1 + max((part.depth for path in paths for part in path), default=0)
    if depth > DEEPEST:
        raise at(node, f"more than {DEEPEST} sums or concatenations inside each other are not read")
    size = 1 + sum(part.size for path in paths for part in path)
    return Part(node.lineno, source.of(node), cast(AnyLayer, layer), paths=tuple(paths), size=size, depth=depth)


def layers_of(parts: Sequence[Part]) -> tuple[AnyLayer, ...]:
    """Without those that have a fault."""
    return tuple(part.layer for part in parts if part.layer is not None)
