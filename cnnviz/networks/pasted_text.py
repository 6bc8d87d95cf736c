"""Text from people one does not know, as a syntax tree: it is looked through before Python's own parser sees it."""

from __future__ import annotations

import ast
import keyword
import re

MOST_CHARACTERS = 50_000
LONGEST_WORD = 40
_DEEPEST = 40
"""Brackets inside each other."""
_LONGEST = 400
"""Words and signs between two commas: so long a chain of dots, calls or minus signs can be."""
_MOST_FOREIGN = 100
"""Words and signs in all that no layer's text needs, such as ``lambda`` and ``+``."""


class ParseError(ValueError):
    """One sentence that says what was not understood, with its line where there is one."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


def clean(text: str) -> str:
    """With plain spaces and ends of lines. Raises ParseError where there is too much of it."""
    if len(text) > MOST_CHARACTERS:
        raise ParseError(f"the text has {len(text):,} characters: paste at most {MOST_CHARACTERS:,}")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")


def tree(text: str) -> ast.Module:
    """The syntax tree of a clean text. Raises ParseError, and nothing else whatever the text is."""
    _check_depth(text)
    return _tree(text)


_TOKENS = re.compile(
    r"""(?P<newline>\n)
    |(?P<space>[ \t\f]+|\\\n|\#[^\n]*)
    |(?P<string>(?P<prefix>[A-Za-z]{0,2})(?:'[^'\\\n]*'|"[^"\\\n]*"))
    |(?P<number>(?:\d[\d_]*+(?:\.[\d_]*+)?|\.\d[\d_]*+)(?:[eE][+-]?\d++)?(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<opening>[(\[{])
    |(?P<closing>[)\]}])
    |(?P<comma>,)
    |(?P<sign>[=.-])
    |(?P<foreign>[+*/%@<>!:&|^~;])
    |(?P<unknown>\w+|.)""",
    re.VERBOSE,
)


def _check_depth(text: str) -> None:
    """Refuse what would take Python's own parser very deep, or warn, before it sees the text. Raises ParseError."""
    line = 1
    depth = length = foreign = 0
    for token in _TOKENS.finditer(text):
        kind, value = token.lastgroup, token.group()
        if token["string"] is not None:
            if token["prefix"].lower() not in ("", "r", "u", "b"):
                raise not_plain(value, line)
            kind = "string"
        if kind == "number" and len(value) > LONGEST_WORD:
            raise ParseError(f"line {line}: no layer has so long a number: {short(value, LONGEST_WORD)}", line)
        if kind == "unknown":
            if value in "'\"":
                raise ParseError(
                    f"line {line}: words in quotation marks must end on their line, without backslashes", line
                )
            raise ParseError(f"line {line}: {short(value)!r} is not understood", line)
        if kind == "newline":
            line += 1
        depth += (kind == "opening") - (kind == "closing")
        if kind == "comma" or (kind == "newline" and depth <= 0):
            length = 0
        elif kind not in ("newline", "space"):
            length += 1
        foreign += kind == "foreign" or (kind == "word" and keyword.iskeyword(value) and value not in _PLAIN_KEYWORDS)
        if depth > _DEEPEST or length > _LONGEST or foreign > _MOST_FOREIGN:
            raise ParseError(f"line {line}: this is nested too deep, or too long a chain, for a network", line)
        line += value.count("\n") if kind == "space" else 0


_PLAIN_KEYWORDS = ("True", "False", "None")


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        reason = (error.msg or "invalid syntax").rstrip(".?").replace(". P", ": p")
        line = min(error.lineno or 1, text.count("\n") + 1)
        raise ParseError(f"line {line}: Python cannot read this: {short(reason, 120)}", line) from None
    except (ValueError, RecursionError, MemoryError):
        raise ParseError("Python cannot read this text: paste nn.Sequential(…) as plain text") from None


def not_plain(shown: str, line: int) -> ParseError:
    return ParseError(
        f"line {line}: only plain numbers, words, True, False and None are read, not {short(shown)}", line
    )


def short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
