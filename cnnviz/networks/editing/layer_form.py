"""The arguments of a layer as fields of a form, and what people type into them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, cast, get_args, get_origin

from cnnviz.layers import AnyLayer, Layer
from cnnviz.layers.base import Shape, ShapeError

_HELP = {
    "kernel_size": "one number, or height, width",
    "stride": "one number, or height, width",
    "padding": "one number, height, width, or same",
    "output_size": "one number, or height, width",
    "added": "channels that are added; the others follow",
}
_FIRST = ("out_channels", "kernel_size", "stride", "padding")
_NOTHING = ("", "none", "–", "-")


def fields(layer: Layer, typed: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """For each argument its name, its kind (``text``, ``switch`` or ``choice`` with options), its value, and a word of help.

    ``typed`` holds what was typed and refused, by name: it stays where it was typed.
    """
    made = []
    own = [name for name in type(layer).model_fields if name not in ("type", "body", "shortcut", "branches")]
    for name in sorted(own, key=lambda name: (name not in _FIRST, _FIRST.index(name) if name in _FIRST else 0)):
        field = type(layer).model_fields[name]
        value = getattr(layer, name)
        text = (typed or {}).get(name, as_text(value))
        entry: dict[str, Any] = {"name": name, "label": name.replace("_", " "), "kind": "text", "value": text}
        if field.annotation is bool:
            entry |= {"kind": "switch", "value": value}
        elif get_origin(field.annotation) is Literal:
            entry |= {"kind": "choice", "options": list(get_args(field.annotation))}
        elif name in _HELP:
            entry["help"] = _HELP["stride" if name == "padding" and layer.kind != "Conv2d" else name]
        made.append(entry)
    return sorted(made, key=lambda entry: entry["kind"] == "switch")


def as_text(value: object) -> str:
    """``3, 5`` for a pair; nothing for None."""
    if isinstance(value, tuple):
        return ", ".join("none" if part is None else as_text(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "" if value is None else str(value)


def read(text: str) -> object:
    """A number, a pair of numbers, None, or the word itself."""
    words = [word for word in re.split(r"[,×\s]+|(?<=\d)x(?=\d)", text.strip().strip("()")) if word]
    values = [_read_one(word) for word in words]
    if not values:
        return None
    return values[0] if len(values) == 1 else tuple(values)


def _read_one(word: str) -> object:
    if word.lower() in _NOTHING:
        return None
    if re.fullmatch(r"[+-]?\d{1,18}", word):
        return int(word)
    try:
        number = float(word)
        return int(number) if number.is_integer() and abs(number) < 1e18 else number  # 1e3
    except ValueError:
        return word


def with_argument(layer: Layer, name: str, value: str | bool) -> AnyLayer:
    """The layer with another argument, as the form's user has given it. Raises ShapeError."""
    if name not in type(layer).model_fields or name in ("type", "body", "shortcut", "branches"):
        raise ShapeError(f"{layer.kind} has no argument {name}")
    arguments = {key: getattr(layer, key) for key in type(layer).model_fields if key != "type"}
    arguments[name] = value if isinstance(value, bool) else read(str(value))
    return cast(AnyLayer, type(layer)(**arguments))


def read_shape(channels: str, height: str, width: str) -> Shape:
    """An input's shape as it was typed. Raises ShapeError."""
    values = []
    for what, text in (("channels", channels), ("height", height), ("width", width)):
        value = read(text)
        if not isinstance(value, int) or value < 1:
            raise ShapeError(f"The input's {what} must be a whole number of at least 1, not {text!r}")
        values.append(value)
    return tuple(values)
