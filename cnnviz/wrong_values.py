"""Why a value cannot be, in our words: what pydantic says of it is made for programmers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

LONGEST_SAID = 60
"""Characters of a wrong value that are said again."""
_LONGEST_PLACE = 100
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = (
    ("int_", "a whole number"),
    ("float_", "a number"),
    ("bool_", "true or false"),
    ("string_", "a text"),
    ("tuple_", "a list"),
    ("list_", "a list"),
    ("model_", "an object of names and values"),
    ("dict_", "an object of names and values"),
)


@dataclass(frozen=True)
class WrongValue:
    """The first of those that were refused."""

    place: str
    """Where it stands, ``layers.0.Conv2d``; nothing where the whole is meant."""
    given: str
    """As somebody has written it, shortened; nothing where it is missing."""
    reason: str
    """``must be at least 1``, ``must be 'same', 'valid' or a number``, or a sentence of the layer or network itself."""
    is_our_own: bool = False
    """Whether the sentence stands by itself."""
    is_unknown: bool = False
    """Whether there is nothing of that name."""


def wrong_value(error: ValidationError) -> WrongValue:
    """What ``error`` is about."""
    errors = error.errors(include_url=False)
    first = errors[0]
    where = _place(first)
    same = [each for each in errors if _place(each) == where]
    own = next((each for each in same if each["type"] == "value_error"), None)
    reason = own["msg"].removeprefix("Value error, ") if own else _reason(same)
    given = "" if first["type"] == "missing" else shown(first["input"])
    is_our_own = own is not None and not reason.startswith("must ")
    place = ".".join(where)[:_LONGEST_PLACE]
    return WrongValue(place, given, reason, is_our_own, first["type"] == "extra_forbidden")


def sentence(error: ValidationError) -> str:
    """What is wrong, with its place where the reason alone does not tell."""
    wrong = wrong_value(error)
    return wrong.reason if wrong.is_our_own or not wrong.place else f"{wrong.place} {wrong.reason}"


def shown(value: object) -> str:
    try:
        return repr(value)[:LONGEST_SAID]
    except ValueError:  # Python writes out no number of thousands of digits
        return "a number without end"


def _place(error: Any) -> tuple[str, ...]:
    """Up to the names that pydantic has for the kinds of a union; of a pair as a whole."""
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":  # its last name is somebody else's
        return tuple(place)
    end = next((at for at, part in enumerate(place) if re.search(r"\[|^(int|float|str|bool)$", part)), len(place))
    return tuple(place[:end])


def _reason(errors: list[Any]) -> str:
    first = errors[0]
    kind, context = first["type"], first.get("ctx", {})
    words = [word for each in errors if each["type"] == "literal_error" for word in _options(each)]
    kinds = list(dict.fromkeys(said for each in errors for start, said in _KINDS if each["type"].startswith(start)))
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "json_invalid":
        return "it is not JSON, or is damaged"
    if kind == "union_tag_not_found":
        return "a layer needs its type"
    if kind == "union_tag_invalid":
        return f"{shown(context['tag'])} is no kind of layer"
    if kind in _BOUNDS:
        name, said = _BOUNDS[kind]
        bound = context[name]
        if shown(first["input"]).strip("'").lower() == "nan":  # which no bound holds
            return "must be a finite number"
        return f"must be {said} {bound:,}" if isinstance(bound, int) else f"must be {said} {bound:g}"
    if kind == "finite_number":
        return "must be a finite number"
    if kind == "string_too_long":
        return f"must have {context['max_length']:,} characters at most"
    if kind == "too_long" and not words and "a whole number" not in kinds:
        return f"must have {context['max_length']:,} parts at most"
    if "a whole number" in kinds and (
        "a list" in kinds or any("tuple" in str(part) for e in errors for part in e["loc"])
    ):
        kinds = ["a number, or two: height, width" if words else "a whole number, or two: height, width"]
    options = [*words, *kinds]
    return f"must be {_listed(options)}" if options else "cannot be this"


def _options(error: Any) -> list[str]:
    return re.findall(r"'[^']*'", str(error["ctx"]["expected"]))


def _listed(options: list[str]) -> str:
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} or {options[-1]}"
