"""What stands around a network's text where it was copied from: fences, prompts, indentation, what Python printed.

Lines stay where they are, so that what is said of a line is said of the line that was pasted.
"""

from __future__ import annotations

import re
import textwrap
from itertools import pairwise

_FENCE = re.compile(r"\s*(?:```|~~~)\s*(?P<of>[\w+-]*)")
_CODE = ("python", "python3", "py", "py3", "ipython", "pycon", "pytorch", "torch", "json")
_OF_CODE = re.compile(r"\bnn\.|\bSequential\b|=|^\s*(?:class|def|import|from|>>>|In \[|\{)|\(\w+\): ", re.MULTILINE)
"""What stands in a network's text, and not in a drawing of it, or in a command."""
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.|In \[\d*\]:|\.{3,}:)(?: |$)")
_FIRST_PROMPT = re.compile(r"\s*(?:>>>|In \[\d*\]:)(?: |$)")
_COMMAND = re.compile(r"\s*[%!]")
"""Of a notebook: ``!pip install torch``."""

_OPENED = re.compile(r"\s*(?:Out\[\d*\]:\s*)?[A-Za-z_]\w*\(\s*")
_CHILD = re.compile(r"(?P<indent>\s*)\((?P<name>[^()\s]+)\): (?:(?P<times>\d+) x )?(?P<kind>\w+)\((?P<rest>.*)")
_WORDS = re.compile(r"=(same|valid|zeros|reflect|replicate|circular)\b")
_NOT_KNOWN_YET = re.compile(r"^(?:in_features=)?0, ")
"""What a lazy layer reads, before it has read anything."""
_PAIR = re.compile(r"=\((\d+), \1\)")
"""Torch prints two numbers where one was given,"""
_OWN_STRIDE = re.compile(r"(Pool2d\(kernel_size=(\d+|\(\d+, \d+\))), stride=\2, ")
"""and a pooling's stride where none was."""


def unwrapped(text: str) -> str:
    """Without fences and the text around them, prompts and what was printed after them, and indentation."""
    lines = text.split("\n")
    if any(map(_FENCE.match, lines)):
        lines = _fenced(lines)
    if any(map(_FIRST_PROMPT.match, lines)):
        first, end = printed("\n".join(lines)) or (0, 0)
        lines = [
            _PROMPT.sub("", line, count=1) if _PROMPT.match(line) else line if first <= at < end else ""
            for at, line in enumerate(lines)
        ]
    lines = ["" if _COMMAND.match(line) else line for line in lines]
    return textwrap.dedent("\n".join(lines))


def _fenced(lines: list[str]) -> list[str]:
    """What is inside of fences; of several, what is code by its name, or has none and looks like it."""
    is_inside = sum(bool(_FENCE.match(line)) for line in lines) == 1 and not _is_opening(lines)
    blocks: list[tuple[str, range]] = []
    begin, of = 0, ""
    for at, line in enumerate([*lines, "```"] if is_inside or len(list(filter(_FENCE.match, lines))) % 2 else lines):
        if (fence := _FENCE.match(line)) is None:
            continue
        if is_inside:
            blocks.append((of, range(begin, at)))
        begin, of, is_inside = at + 1, fence["of"].lower(), not is_inside
    wanted = [
        place
        for of, place in blocks
        if of in _CODE or (not of and _OF_CODE.search("\n".join(lines[place.start : place.stop])))
    ]
    kept = {at for place in wanted or [place for _, place in blocks] for at in place}
    return [line if at in kept else "" for at, line in enumerate(lines)]


def _is_opening(lines: list[str]) -> bool:
    """Whether the one fence stands before the code."""
    at = next(place for place, line in enumerate(lines) if _FENCE.match(line))
    return bool(_OF_CODE.search("\n".join(lines[at + 1 :])))


def printed(text: str) -> tuple[int, int] | None:
    """From which line to which ``print(model)``'s own output stands in a text, counted from 0."""
    lines = text.split("\n")
    for first, (line, below) in enumerate(pairwise(lines)):
        if _OPENED.fullmatch(line) and (_CHILD.match(below) or re.match(r"\s+\w+=\w+$", below)):
            end = next((at for at in range(first + 1, len(lines)) if re.fullmatch(r"\s*\)\s*", lines[at])
                        and _indent(lines[at]) <= _indent(line)), len(lines) - 1)  # fmt: skip
            return first, end + 1
    return None


def as_calls(text: str, first: int, end: int) -> str:
    """``print(model)``'s output as the calls that make the model: ``(0): ReLU()`` is an argument, its name a comment's."""
    lines = text.split("\n")
    out: list[str] = [""] * first
    opened: list[str] = []
    repeats: dict[int, str] = {}
    for line in lines[first:end]:
        line = _OWN_STRIDE.sub(r"\1, ", _PAIR.sub(r"=\1", line))
        line = _WORDS.sub(r"='\1'", re.sub(r"^(\s*)Out\[\d*\]:\s*", r"\1", line))
        if child := _CHILD.match(line):
            kind, rest = child["kind"], child["rest"]
            if kind.startswith("Lazy"):
                rest = _NOT_KNOWN_YET.sub("", rest)
            name = f"{child['name']}=" if opened and opened[-1] in _BY_NAME else ""
            many = child["times"]
            if rest.strip():
                rest = rest.rstrip() + ","
            else:
                opened.append(kind)
            once = f"{name}{kind}({rest} "
            if many and not rest.strip():
                once, repeats[len(opened)] = f"*[{once}", many[:9]
            elif many and int(many[:9]) <= 100:
                once *= int(many)
            elif many:
                once = f"*[{once.rstrip(', ')} for _ in range({many[:9]})],"
            out.append(child["indent"] + once)
        elif re.fullmatch(r"\s*\)\s*", line):
            many = repeats.pop(len(opened), "")
            out.append(line.rstrip() + (f" for _ in range({many})]" if many else "") + ("," if len(opened) > 1 else ""))
            if opened:
                opened.pop()
        elif not opened:
            opened.append(line.strip().partition("(")[0])
            out.append(line)
        else:
            out.append(line.rstrip() + ("," if re.fullmatch(r"\s*\w+=\w+\s*", line) else ""))
    return textwrap.dedent("\n".join([*out, *[""] * (len(lines) - end)]))


_BY_NAME = ("Residual", "DualPath", "SqueezeExcitation")


def without(text: str, first: int, end: int) -> str:
    """The text without some lines, which stay as empty ones."""
    lines = text.split("\n")
    return "\n".join([*lines[:first], *[""] * (end - first), *lines[end:]])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
