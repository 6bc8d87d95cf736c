"""The text of a network as a draft: PyTorch's, what it prints, or this app's JSON. Nothing in it is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from cnnviz.layers import AnyLayer, Shape, shape_text
from cnnviz.layers.base import sentence
from cnnviz.networks.code import CodeError, from_json
from cnnviz.networks.draft import Draft
from cnnviz.networks.image_sizes import (
    USUAL,
    Problem,
    features_sides,
    fitting_rectangle,
    fitting_side,
    fitting_sides,
    follow_parts,
    inputs_of,
    usual_sides,
)
from cnnviz.networks.layer_calls import Part, layers_of
from cnnviz.networks.pasted_text import ParseError, PastedText, clean
from cnnviz.networks.program import Program
from cnnviz.networks.tried_shapes import tried_shapes
from cnnviz.networks.unwrapping import as_calls, printed, unwrapped, without

Size = int | tuple[int, int]
"""Of images: the side of a square, or height and width."""
_MOST_MENDED = 4
"""Faults for which a way out is looked for."""


@dataclass(frozen=True)
class Offer:
    """Another text, or another image size, in a few words."""

    label: str
    text: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class Fault:
    """What of a text is no network yet, and what would make it one."""

    sentence: str
    line: int | None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Pasted:
    """What was read: layers with a fault are left out of the draft."""

    draft: Draft
    faults: tuple[Fault, ...] = ()
    sides: tuple[int, ...] = ()
    """The sides of all square images that the declared numbers fit, or of the smallest of them."""
    has_more: bool = False
    """Whether there are more of them."""


def parse_sequential(text: str, size: Size | None = None) -> Draft:
    """The draft that a text describes. Raises ParseError where a part of it is not understood or does not fit.

    The text is an ``nn.Sequential(…)``, a class with layers and a ``forward`` of them, what ``print(model)`` says, or
    JSON of this app. The first declared number of channels or features says what it reads. Images are of ``size``, or as
    large as the text says, or the smallest that fit, usual sizes first: ``read_pasted`` names the others. Layers that
    cannot follow stay in the draft.
    """
    pasted = read_pasted(text, size, has_offers=False)
    for fault in pasted.faults:
        raise ParseError(fault.sentence, fault.line)
    return pasted.draft


def read_pasted(text: str, size: Size | None = None, has_offers: bool = True) -> Pasted:
    """All that can be read of a text, and what cannot. Raises ParseError where nothing can."""
    try:
        return _read_pasted(text, size, has_offers)
    except RecursionError:
        raise ParseError("this is nested too deep for a network") from None


def _read_pasted(text: str, size: Size | None, has_offers: bool) -> Pasted:
    text = clean(text)
    if text.lstrip().startswith("{"):
        try:
            return Pasted(from_json(text.strip()))
        except CodeError as error:
            raise ParseError(str(error).rstrip(".")) from None
    read = _read(text)
    size = (size, size) if isinstance(size, int) else size
    return _pasted(read, size, has_offers)


class _Read(NamedTuple):
    """The layers of a text, and what it says of images."""

    source: PastedText
    name: str
    parts: tuple[Part, ...]
    hints: tuple[Shape, ...]
    is_described: bool
    """Whether the first of them is what the app itself wrote down."""


def _read(text: str) -> _Read:
    text = unwrapped(text)
    span = printed(text)
    if span is None:
        return _followed(text)
    try:
        return _followed(without(text, *span))
    except ParseError:
        return _followed(as_calls(text, *span), is_printed=True)


def _followed(text: str, is_printed: bool = False) -> _Read:
    source = PastedText(text)
    program = Program(source, is_printed)
    program.read()
    try:
        name, about, parts = program.network()
    except ParseError as error:
        if re.search(r"^\s*(import|from) (keras|tensorflow)\b", text, re.MULTILINE):
            raise ParseError("this is Keras text, which is not read: paste PyTorch's, or JSON", error.line) from None
        raise
    described = re.fullmatch(r"(.+): (\d+(?:×\d+)*) in\.", about, re.DOTALL)  # as this app writes it
    hints = tried_shapes(source.tree)
    if described is not None:
        name = described[1]
        hints.insert(0, tuple(map(int, described[2].split("×"))))
    return _Read(source, name, tuple(parts), tuple(hints), described is not None)


def _pasted(read: _Read, size: tuple[int, int] | None, has_offers: bool) -> Pasted:
    shape = _input_shape(read, size)
    line = read.parts[0].line if read.parts else None
    try:
        draft = Draft(name=read.name[:80], input_shape=shape, layers=layers_of(read.parts))
    except ValidationError as error:
        raise ParseError(f"this network is too large: {sentence(error)}", line) from None
    sides, has_more = fitting_sides(read.parts, shape[0]) if has_offers and len(shape) == 3 else ([], False)
    if any(part.fault for part in _all(read.parts)):  # what is missing may change all that follows
        sides, has_more = [], False
    reasons = [(part.fault, part) for part in _all(read.parts) if part.fault]
    reasons += [(f"line {part.line}: {part.text} is used again: {_SHARED}", part) for part in _shared(read.parts)]
    reasons += [(f"line {part.line}: {part.text} {_LAST}", part) for part in _of_last_axis(read.parts, len(shape) == 1)]
    problem = follow_parts(read.parts, shape)
    if problem is not None and problem.is_declared:
        reasons.append((_mismatch(read, problem, shape), problem.part))
    faults = []
    for number, (why, part) in enumerate(reasons):
        offers: list[Offer] = []
        if has_offers and number < _MOST_MENDED:
            offers = [offer for offer in _offers(read, part, problem, size, sides) if _helps(offer, len(reasons))]
        faults.append(Fault(why, part.fault_line or part.line, tuple(offers)))
    return Pasted(draft, tuple(faults), tuple(sides), has_more)


_LAST = "is over the last axis of maps, their width: only one over channels, dim=1, is read"


def _of_last_axis(parts: Sequence[Part], is_flat: bool) -> Iterator[Part]:
    """Layers over the last axis where that is not the only one."""
    for part in parts:
        if part.is_of_last_axis and not is_flat:
            yield part
        for path in part.paths:
            yield from _of_last_axis(path, is_flat)
        is_flat = is_flat or _flattens(part)


def _flattens(part: Part) -> bool:
    if part.paths:
        return any(map(_flattens, part.paths[0]))
    return part.layer is not None and part.layer.kind in ("Flatten", "Linear")


_SHARED = "two layers of this app cannot share their weights"


def _all(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        for path in part.paths:
            yield from _all(path)


def _shared(parts: Sequence[Part]) -> Iterator[Part]:
    """Layers with weights that the text uses more than once."""
    seen: set[int] = set()
    for part in _all(parts):
        if part.has_weights and id(part) in seen:
            yield part
        seen.add(id(part))


def _mismatch(read: _Read, problem: Problem, shape: Shape) -> str:
    part, arrives = problem.part, problem.arrives
    number = next((at for at, each in enumerate(_all(read.parts), 1) if each is part), 0)
    came = f"{arrives[0]}"
    if problem.before_flatten is not None and part.what == "features" and len(problem.before_flatten) == 3:
        came += f" ({shape_text(problem.before_flatten)})"
    images = f" from images of {shape_text(shape[1:])}" if len(shape) == 3 and part.what == "features" else ""
    kind = part.layer.kind if part.layer is not None else "It"
    return f"{kind} on line {part.line} reads {part.reads} {part.what}, but gets {came}{images}: layer {number}, {part.text}"


def _helps(offer: Offer, faults: int) -> bool:
    try:
        return len(read_pasted(offer.text, offer.size, has_offers=False).faults) < faults
    except ParseError:
        return False


def _offers(
    read: _Read, part: Part, problem: Problem | None, size: tuple[int, int] | None, sides: Sequence[int]
) -> Iterator[Offer]:
    if part.near and part.function is not None:
        yield Offer(f"Read {part.text} as {part.nearest}", read.source.with_(part.function, part.near), size)
    if problem is not None and problem.part is part and part.declared is not None and not part.fault:
        for side in sides[:1]:
            yield Offer(f"Take images of {side}×{side}", read.source.text, (side, side))
        now = f"{problem.arrives[0]} {part.what}"
        yield Offer(f"Make it read {now}", read.source.with_(part.declared, str(problem.arrives[0])), size)


# What it reads


def _input_shape(read: _Read, size: tuple[int, int] | None) -> Shape:
    """The likeliest shape that fits; where none does, the likeliest."""
    shapes = _input_shapes(read, size)
    first: Shape | None = None
    for shape in shapes:
        problem = follow_parts(read.parts, shape)
        if problem is None:
            return shape
        first = first or shape
    return first or (1, 28, 28)


def _input_shapes(read: _Read, size: tuple[int, int] | None) -> Iterator[Shape]:
    everything = list(_all(read.parts))
    first = next((part for part in everything if part.reads is not None), None)
    hints = [hint for hint in read.hints if size is None or hint[1:] == size]
    yield from (hint for hint in hints[: read.is_described] if follow_parts(read.parts, hint) is None)
    if first is None or first.reads is None:
        yield from hints[:1]
        yield (1, *(size or (28, 28)))
        return
    before = [part.layer for part in everything[: everything.index(first)] if part.layer is not None]
    yield from _usual_inputs(read, first, first.reads, before, size)
    if any(layer.kind in ("Concat", "DualPath") for layer in before):  # behind which there is more than came in
        yield from hints
        rests = [size] if size else [(side, side) for side in USUAL]
        for shape in inputs_of(read.parts, first, [(), *rests] if first.what == "features" else rests):
            yield shape if size or first.what == "features" else (shape[0], *_side(read.parts, shape[0]))


def _usual_inputs(
    read: _Read, first: Part, reads: int, before: Sequence[AnyLayer], size: tuple[int, int] | None
) -> Iterator[Shape]:
    """Where as many channels or features come in as the first layer reads that declares them."""
    if any(
        layer.kind in ("Conv2d", "ConvTranspose2d", "Linear") for layer in before
    ):  # which tell nothing of the input
        yield from [] if size else read.hints
        for channels in (3, 1):
            yield (channels, *(size or _side(read.parts, channels)))
    elif first.what == "channels":
        if size:
            yield (reads, *size)
            return
        yield from (hint for hint in read.hints if len(hint) == 3 and hint[0] == reads)
        yield (reads, *_side(read.parts, reads))
    else:
        features = (reads,)
        yield from [] if size else (hint for hint in read.hints if hint == features)
        if all(layer.kind != "Flatten" and layer.fits(features) for layer in before):
            yield features
        else:
            yield from _images(read, first, reads, size)


def _images(read: _Read, first: Part, features: int, size: tuple[int, int] | None) -> Iterator[Shape]:
    """Images of which so many features are made, and last one for which the text may say something else."""
    shapes: list[Shape] = [(1, *size), (3, *size)] if size else [*read.hints, (1, 28, 28), (3, 32, 32)]
    shapes += inputs_of(read.parts, first, [size or (28, 28)])
    yield from (shape for shape in shapes if follow_parts(read.parts, shape) is None)
    if not size:
        yield from (shape for shape in features_sides(features) if follow_parts(read.parts, shape) is None)
        for channels in (1, 3):
            if (side := fitting_side(read.parts, channels)) is not None:
                yield (channels, side, side)
    yield (1, *size) if size else (features, 1, 1)


def _side(parts: Sequence[Part], channels: int) -> tuple[int, int]:
    """Height and width of images that fit; where none do, of those that come as far as a number that is declared."""
    if (side := fitting_side(parts, channels)) is not None:
        return side, side
    if (size := fitting_rectangle(parts, channels)) is not None:
        return size
    for side in usual_sides(channels):
        problem = follow_parts(parts, (channels, side, side))
        if problem is not None and problem.is_declared:
            return side, side
    side = usual_sides(channels)[0]
    return side, side
