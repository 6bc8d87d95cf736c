"""Text from people one does not know, as a syntax tree: it is looked through before Python's own parser sees it."""

from __future__ import annotations

import ast
import keyword
import re

MOST_CHARACTERS = 200_000
"""The training script of EfficientNet-B7 has 60,000."""
LONGEST_WORD = 40
_DEEPEST = 40
"""Brackets inside each other."""
_LONGEST = 400
"""Words and signs between two commas: so long a chain of dots, calls or minus signs can be."""
_MOST_FOREIGN = 100
"""Keywords in one statement, such as ``lambda`` and ``if``, which may be inside each other across commas."""
_MOST_BRANCHES = 100
"""``elif`` and the like in all: each is inside the one before it."""
FORMATTED = "\x01"
"""What an f-string holds here instead of its text."""


class ParseError(ValueError):
    """One sentence that says what was not understood, with its line where there is one."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


class PastedText:
    """A text and its syntax tree."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, tree(text)
        self._lines = [line.encode(errors="replace") for line in text.split("\n")]  # a tree counts bytes

    def of(self, node: ast.stmt | ast.expr) -> str:
        """What stands in the text, shortened."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first == last:
            most = min(node.end_col_offset or node.col_offset, node.col_offset + _LOOKED_AT * 100)
            return short(self._lines[first][node.col_offset : most].decode(errors="replace"))
        lines = self._lines[first : min(last, first + _LOOKED_AT) + 1]
        if last < first + len(lines):
            lines = [*lines[:-1], lines[-1][: node.end_col_offset]]
        return short(b" ".join([lines[0][node.col_offset :], *lines[1:]]).decode(errors="replace"))

    def exactly(self, node: ast.expr) -> str:
        """What stands in the text on a node's line; nothing where it has several."""
        if node.end_lineno != node.lineno:
            return ""
        line = self._lines[node.lineno - 1]
        return line[node.col_offset : node.end_col_offset].decode(errors="replace")

    def with_(self, node: ast.expr, new: str) -> str:
        """The text with something else in the place of a node."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before, after = self._lines[first][: node.col_offset], self._lines[last][node.end_col_offset :]
        changed = [*self._lines[:first], before + new.encode() + after, *self._lines[last + 1 :]]
        return b"\n".join(changed).decode(errors="replace")


_LOOKED_AT = 6
"""Lines of a long call that are shown."""


def clean(text: str) -> str:
    """With plain spaces and ends of lines, without what is not seen. Raises ParseError where there is too much of it."""
    if len(text) > MOST_CHARACTERS:
        raise ParseError(f"the text has {len(text):,} characters: paste at most {MOST_CHARACTERS:,}")
    return _UNSEEN.sub("", _SPACES.sub(" ", text)).replace("\r\n", "\n").replace("\r", "\n")


_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
"""What web pages and chats put between words, to break or to join lines."""


def tree(text: str) -> ast.Module:
    """The syntax tree of a clean text. Raises ParseError, and nothing else whatever the text is.

    Its places are those of the text; of an f-string nothing but ``FORMATTED`` is left.
    """
    return _tree(_checked(text))


_TOKENS = re.compile(
    r"""(?P<newline>\n)
    |(?P<space>[ \t\f]+|\\\n|\#[^\n]*)
    |(?P<string>(?P<prefix>[A-Za-z]{0,2})(?P<quoted>
        '''(?:[^'\\]|\\(?s:.)|'(?!''))*+'''|\"""(?:[^"\\]|\\(?s:.)|"(?!""))*+\"""
        |'(?!'')(?:[^'\\\n]|\\(?s:.))*+'|"(?!"")(?:[^"\\\n]|\\(?s:.))*+"))
    |(?P<number>(?:\d[\d_]*+(?:\.[\d_]*+)?|\.\d[\d_]*+)(?:[eE][+-]?\d++)?(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<opening>[(\[{])
    |(?P<closing>[)\]}])
    |(?P<comma>,)
    |(?P<sign>[=.+*/%@<>!:&|^~-])
    |(?P<foreign>;)
    |(?P<unknown>\w+|.)""",
    re.VERBOSE,
)


def _checked(text: str) -> str:
    """Refuse what would take Python's own parser very deep, or warn, before it sees the text. Raises ParseError.

    What is returned is the text with the same places, without f-strings, which Python would look into, and escapes.
    """
    line = 1
    depth = length = foreign = branches = 0
    parts = []
    for token in _TOKENS.finditer(text):
        kind, value = token.lastgroup, token.group()
        if token["string"] is not None:
            parts.append(_harmless(token["prefix"], token["quoted"]))
            line += value.count("\n")
            kind = "string"
        else:
            parts.append(value)
        if kind == "number" and len(value) > LONGEST_WORD:
            raise ParseError(f"line {line}: no layer has so long a number: {short(value, LONGEST_WORD)}", line)
        if kind == "unknown":
            if value in "'\"":
                raise ParseError(f"line {line}: words in quotation marks must end on their line", line)
            raise ParseError(f"line {line}: {short(value)!r} is not understood", line)
        if kind == "newline":
            line += 1
        depth += (kind == "opening") - (kind == "closing")
        if kind == "newline" and depth <= 0:
            length = foreign = 0
        elif kind == "comma":
            length = 0
        elif kind not in ("newline", "space"):
            length += 1
        if kind == "word" and keyword.iskeyword(value):
            foreign += value not in _PLAIN_KEYWORDS
            branches += value in ("elif", "else", "except", "finally")
        foreign += kind == "foreign"
        if depth > _DEEPEST or length > _LONGEST or foreign > _MOST_FOREIGN or branches > _MOST_BRANCHES:
            raise ParseError(f"line {line}: this is nested too deep, or too long a chain, for a network", line)
        line += value.count("\n") if kind == "space" else 0
    return "".join(parts)


_PLAIN_KEYWORDS = ("True", "False", "None")
_ESCAPE = re.compile(r"\\(?![\\'\"\n])")


def _harmless(prefix: str, quoted: str) -> str:
    """A string of the same length."""
    if set(prefix.lower()) - {"r", "u", "b"}:  # formatted: what is inside is Python again
        edge = 3 if quoted[:3] in ("'''", '"""') else 1
        inner = re.sub(r"[^\n]", lambda char: FORMATTED * len(char[0].encode(errors="replace")), quoted[edge:-edge])
        return " " * len(prefix) + quoted[:edge] + inner + quoted[-edge:]
    if "r" not in prefix.lower():
        quoted = _ESCAPE.sub("/", quoted)
    return prefix + quoted


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


def at(node: ast.stmt | ast.expr, sentence: str) -> ParseError:
    return ParseError(f"line {node.lineno}: {sentence}", node.lineno)


def short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
