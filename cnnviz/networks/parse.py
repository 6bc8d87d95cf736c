"""The text of an ``nn.Sequential(…)`` as a draft. The text is only read: nothing in it is ever executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, cast

from pydantic import ValidationError

from cnnviz.layers import KINDS, AnyLayer, Shape, ShapeError
from cnnviz.layers.base import sentence
from cnnviz.layers.blocks import end_of
from cnnviz.networks.draft import Draft
from cnnviz.networks.pasted_text import LONGEST_WORD, ParseError, clean, not_plain, short, tree
from cnnviz.networks.signatures import FLAGS, HARMLESS, INPUTS, SIGNATURES, WORDS, Value
from cnnviz.networks.table import table

_LARGEST = 10**15
_SIZES = (28, 32, 64, 96, 128, 224, 227, 256, 299)
"""Sides of the images of well-known data sets and networks."""


class _Read(NamedTuple):
    """One layer of the text."""

    layer: AnyLayer
    line: int
    reads: int | None
    """Its declared number of input channels or features."""
    what: str
    """Of which it is the number."""


def parse_sequential(text: str, size: tuple[int, int] | None = None) -> Draft:
    """The draft that ``nn.Sequential(…)``, ``model = nn.Sequential(…)``, … describes. Raises ParseError.

    The first declared number of channels or features says what it reads; images are of ``size`` (height, width), or
    28×28 with one channel and 32×32 otherwise, or what the features declared further down need. Layers that cannot
    follow stay in the draft.
    """
    text = clean(text)
    name, call = _sequential(tree(text), text)
    read = list(_layers(call, text))
    first = next((each for each in read if each.reads is not None), None)
    shapes = _input_shapes(read, first, size)
    if not any(each.what == "features" for each in read):  # nothing further down tells a better one
        shapes = shapes[:1]
    fallback: Draft | None = None
    wrong: ParseError | None = None
    for input_shape in shapes:
        try:
            draft = Draft(name=name[:80], input_shape=input_shape, layers=tuple(each.layer for each in read))
        except ValidationError as error:
            raise ParseError(f"this network is too large: {sentence(error)}", first.line if first else None) from None
        is_whole, mismatch = _compare(draft, read)
        if is_whole:
            return draft
        if input_shape == shapes[0]:
            fallback, wrong = draft, mismatch
    if wrong is not None or fallback is None:
        raise wrong or ParseError("there is no shape that this network could read")
    return fallback


def _sequential(parsed: ast.Module, text: str) -> tuple[str, ast.Call]:
    """The one Sequential of the text, and its name. Raises ParseError."""
    found: tuple[str, ast.Call] | None = None
    for statement in parsed.body:
        if _is_import_of_torch(statement):
            continue
        name, value = "Sequential", None
        if isinstance(statement, ast.Expr):
            value = statement.value
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                name, value = target.id, statement.value
        if not isinstance(value, ast.Call) or _torch_name(value.func) != "Sequential":
            shown = _source(statement, text)
            raise _at(statement, f"only nn.Sequential(…) and imports of torch are read, not {shown}")
        if found is not None:
            raise _at(statement, "this is a second network: paste one nn.Sequential(…)")
        found = name, value
    if found is None:
        raise ParseError("there is no network in this text: paste nn.Sequential(…)")
    return found


def _is_import_of_torch(statement: ast.stmt) -> bool:
    """Imports that give torch's names to torch's things; they are skipped, not carried out."""
    if isinstance(statement, ast.Import):
        return all(
            name.name.split(".")[0] == "torch" and name.asname in (None, name.name.rpartition(".")[2])
            for name in statement.names
        )
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] == "torch" and all(
            name.asname in (None, name.name) for name in statement.names
        )
    return False


def _dotted(node: ast.expr) -> str | None:
    """``torch.nn.Conv2d`` of names and dots; None of anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(names))) if isinstance(node, ast.Name) else None


def _torch_name(function: ast.expr) -> str | None:
    """The name in torch.nn, with or without ``nn.`` or ``torch.nn.`` before it."""
    prefix, _, name = (_dotted(function) or "").rpartition(".")
    return name if prefix in ("", "nn", "torch.nn") else None


def _layers(call: ast.Call, text: str) -> Iterator[_Read]:
    """The layers of a Sequential and of those inside it, in order."""
    if call.keywords:
        raise _at(call.keywords[0].value, f"Sequential takes layers, not {call.keywords[0].arg or '**'}=…")
    for argument in call.args:
        if not isinstance(argument, ast.Call) or (dotted := _dotted(argument.func)) is None:
            raise _at(argument, f"only layers are read here, not {_source(argument, text)}")
        name = _torch_name(argument.func)
        if name == "Sequential":
            yield from _layers(argument, text)
        elif name in SIGNATURES:
            yield _layer(name, argument, text)
        else:
            raise _at(argument, f"{short(dotted)} is no layer that cnnviz knows: it knows {', '.join(SIGNATURES)}")


def _layer(name: str, call: ast.Call, text: str) -> _Read:
    kind, values = KINDS[name], _arguments(name, call, text)
    reads, what, own = None, "", {}
    for argument, (value, line) in values.items():
        shown = f"line {line}: {name}: {argument} = {value!r}"
        if argument in INPUTS:
            if type(value) is not int or value < 1:
                raise ParseError(f"{shown} must be a whole number, 1 or more", line)
            reads, what = value, INPUTS[argument]
        elif isinstance(value, bool) != (argument in FLAGS):
            raise ParseError(f"{shown} {'must' if argument in FLAGS else 'cannot'} be True or False", line)
        elif isinstance(value, str) and argument not in WORDS:
            raise ParseError(f"{shown} cannot be a word", line)
        elif argument in kind.model_fields:
            own[argument] = value
        elif value not in HARMLESS[argument]:
            raise ParseError(
                f"{shown} is not supported: leave it out, or give {' or '.join(map(repr, HARMLESS[argument]))}", line
            )
    try:
        return _Read(cast(AnyLayer, kind(**own)), call.lineno, reads, what)
    except ShapeError as error:
        raise _at(call, str(error)) from None


def _arguments(name: str, call: ast.Call, text: str) -> dict[str, tuple[Value, int]]:
    """The values of a call by their names, each with its line. Raises ParseError."""
    signature = SIGNATURES[name]
    values: dict[str, tuple[Value, int]] = {}
    if len(call.args) > (most := len(signature.positional)):
        raise _at(
            call.args[most], f"{name} takes at most {most} argument{'s' if most != 1 else ''}, not {len(call.args)}"
        )
    for argument, node in zip(signature.positional, call.args, strict=False):
        values[argument] = _literal(node, text), node.lineno
    for given in call.keywords:
        if given.arg is None:
            raise not_plain(f"**{_source(given.value, text)}", given.value.lineno)
        if given.arg not in (*signature.positional, *signature.by_name_only):
            known = ", ".join((*signature.positional, *signature.by_name_only)) or "none"
            raise _at(given.value, f"{name} has no argument {short(given.arg)}: its arguments are {known}")
        if given.arg in values:
            raise _at(given.value, f"{name} gets {given.arg} twice")
        values[given.arg] = _literal(given.value, text), given.value.lineno
    if missing := [argument for argument in signature.required if argument not in values]:
        raise _at(call, f"{name} needs {' and '.join(missing)}")
    return values


def _literal(node: ast.expr, text: str) -> Value:
    """A number, word, True, False, None, or two whole numbers. Raises ParseError."""
    if isinstance(node, ast.Tuple | ast.List):
        values = [_literal(each, text) if not isinstance(each, ast.Tuple | ast.List) else "" for each in node.elts]
        if len(values) != 2 or not all(each is None or type(each) is int for each in values):
            raise _at(node, f"one whole number or two are read here, not {_source(node, text)}")
        return tuple(cast("list[int | None]", values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = getattr(node.operand, "value", None) if isinstance(node.operand, ast.Constant) else None
        if type(number) in (int, float):
            return -cast(float, _small(number, node))
    elif isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (int, float, bool, str)):
        return _small(cast(Value, node.value), node)
    raise not_plain(_source(node, text), node.lineno)


def _small(value: Value, node: ast.expr) -> Value:
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise _at(node, f"a number above {_LARGEST:,} is no layer's")
    if isinstance(value, str) and len(value) > LONGEST_WORD:
        raise _at(node, f"no layer knows so long a word: {short(value)!r}")
    return value


def _at(node: ast.stmt | ast.expr, sentence: str) -> ParseError:
    return ParseError(f"line {node.lineno}: {sentence}", node.lineno)


def _source(node: ast.stmt | ast.expr, text: str) -> str:
    """What stands in the text, shortened."""
    return short(ast.get_source_segment(text, node) or "this")


def _input_shapes(read: list[_Read], first: _Read | None, size: tuple[int, int] | None) -> list[Shape]:
    """What the network may read: the likeliest shape first."""
    squares = [(side, side) for side in _SIZES]
    if first is None or first.reads is None:
        return [(1, *(size or squares[0]))]
    if first.what == "channels":
        sizes = squares[1:2] + squares[:1] + squares[2:] if first.reads > 1 else squares
        return [(first.reads, *each) for each in ([size] if size else sizes)]
    before = [each.layer for each in read[: read.index(first)]]
    features = [(first.reads,)]
    if all(layer.kind != "Flatten" and layer.fits(features[0]) for layer in before):
        return cast("list[Shape]", features)
    shapes: list[Shape] = [(1, *size)] if size else [(1, 28, 28), (3, 32, 32)]
    arrives = _features(before, shapes[0])
    if arrives is not None and first.reads % arrives == 0:
        shapes.append((first.reads // arrives, *shapes[0][1:]))
    fallback: Shape = (1, *size) if size else (first.reads, 1, 1)
    return [shape for shape in (*shapes, fallback) if _features(before, shape) == first.reads] or [fallback]


def _features(layers: list[AnyLayer], shape: Shape) -> int | None:
    """How many features come out of layers; None where they give none."""
    try:
        end = end_of(layers, shape)
    except ShapeError:
        return None
    return end[0] if len(end) == 1 else None


def _compare(draft: Draft, read: list[_Read]) -> tuple[bool, ParseError | None]:
    """Whether all layers can follow, and the first declared number that is not what arrives, up to one that cannot."""
    for row, each in zip(table(draft), read, strict=True):
        before = cast(Shape, row.input_shape)
        if each.reads is not None and len(before) == (1 if each.what == "features" else 3) and each.reads != before[0]:
            sentence = f"{row.kind} on line {each.line} reads {each.reads} {each.what}, but gets {before[0]}"
            return False, ParseError(sentence, each.line)
        if row.error:
            return False, None
    return True, None
