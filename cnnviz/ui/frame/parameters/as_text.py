"""The table as a page of the documentation: ``python -m cnnviz.ui.frame.parameters.as_text > docs/addresses.md``."""

from __future__ import annotations

from cnnviz.ui.frame.parameters import TABLE
from cnnviz.ui.frame.parameters.kinds import ALL, Kind, Number, OneOf, OnOff, Parameter, Part, Text, Whole

_MOST = 9  # options that are written out

_HEAD = """# What an address can say

What a page shows is in its address: share it, and others see the same. A setting that is not named has its default. What an
address asks for and cannot have is named at the top of the page. `hide=` with names of this list, commas between them, takes
controls out of sight. Names with ² exist for the layers beside the first too, with `b_` and `c_` before them.
"""


def as_markdown() -> str:
    """One table a page, those of all pages first."""
    everywhere = [one for one in TABLE if one.pages == ALL]
    parts = [_HEAD, _section("Every page", everywhere)]
    parts += [_section(page, [one for one in TABLE if page in one.pages and one.pages != ALL]) for page in ALL[1:]]
    return "\n".join(parts)


def _section(title: str, some: list[Parameter]) -> str:
    rows = "\n".join(
        f"| `{one.name}`{'²' if one.is_doubled else ''} | {_values(one.kind)} | {_default(one.kind)} | {_says(one)} |"
        for one in some
    )
    return f"## {title}\n\n| name | values | default | what it does |\n|:--|:--|:--|:--|\n{rows}\n"


def _says(one: Parameter) -> str:
    return f"**{one.label}**: {one.says}" if one.label else one.says


def _values(kind: Kind) -> str:
    if isinstance(kind, Whole | Number):
        return f"{_number(kind.low)} to {_number(kind.high)}"
    if isinstance(kind, OnOff):
        return "`true`, `false`"
    if isinstance(kind, Text):
        return f"for instance `{kind.example}`" if kind.example else "written by the page"
    if isinstance(kind, Part):
        return "nothing: to be hidden"
    options = list(kind.options)
    if not options:
        return "what the page offers"
    if len(options) <= _MOST:
        return ", ".join(f"`{one}`" for one in options)
    return f"`{options[0]}`, `{options[1]}` … `{options[-1]}`"


def _default(kind: Kind) -> str:
    if isinstance(kind, Whole | Number):
        return _number(kind.default)
    if isinstance(kind, OnOff):
        return f"`{str(kind.default).lower()}`"
    return f"`{kind.default}`" if isinstance(kind, OneOf) and kind.options else ""


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.10g}"


if __name__ == "__main__":
    print(as_markdown(), end="")
