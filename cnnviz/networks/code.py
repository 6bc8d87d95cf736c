"""A network as a short text for an address, and JSON from people one does not know."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

from pydantic import ValidationError

from cnnviz.networks.draft import Draft
from cnnviz.wrong_values import wrong_value

LONGEST_JSON = 300_000
"""Characters; EfficientNet-B7 has 28,000 without its defaults."""


class CodeError(ValueError):
    """A text that is no network: one sentence that says why."""


def to_json(draft: Draft) -> str:
    """Without what is as it is by default. Reads back as a Network or a Draft."""
    return json.dumps(_bare(draft), separators=(",", ":"), ensure_ascii=False)


def from_json(text: str | bytes) -> Draft:
    """The draft that a JSON text holds. Raises CodeError."""
    if len(text) > LONGEST_JSON:
        raise CodeError(f"This is longer than the text of a network can be: at most {LONGEST_JSON:,} characters.")
    try:
        return Draft.model_validate_json(text)
    except ValidationError as error:
        raise CodeError(f"This is no network: {_sentence(error)}.") from None


def _sentence(error: ValidationError) -> str:
    wrong = wrong_value(error)
    reason = wrong.reason[:300].rstrip(".")
    return " ".join((f"{wrong.place}: {reason}" if wrong.place else reason).split())


def encode(draft: Draft) -> str:
    """A text of letters, digits, - and _ for an address."""
    return base64.urlsafe_b64encode(zlib.compress(to_json(draft).encode(), 9)).decode().rstrip("=")


def decode(text: str) -> Draft:
    """The draft that ``encode`` has made a text of. Raises CodeError."""
    try:
        packed = base64.urlsafe_b64decode(text[:LONGEST_JSON] + "=" * (-len(text) % 4))
        unpacked = zlib.decompressobj().decompress(packed, LONGEST_JSON + 1)
    except (ValueError, zlib.error):
        raise CodeError("The network in the address is damaged.") from None
    if not unpacked.startswith(b"{"):
        raise CodeError("The network in the address is damaged.")
    return from_json(unpacked)


def file_name(draft: Draft) -> str:
    """Its name as letters, digits and _, without an ending."""
    return re.sub(r"\W+", "_", draft.name, flags=re.ASCII).strip("_").lower() or "network"


def _bare(draft: Draft) -> dict[str, Any]:
    return {"name": draft.name, "input_shape": draft.input_shape, "layers": [_bare_layer(x) for x in draft.layers]}


def _bare_layer(layer: Any) -> dict[str, Any]:
    """By hand, for ``exclude_defaults`` would leave out the ``type`` too."""
    out: dict[str, Any] = {"type": layer.kind}
    for name, field in type(layer).model_fields.items():
        value = getattr(layer, name)
        if name == "type" or value == field.default:
            continue
        if name in ("body", "shortcut"):
            value = [_bare_layer(inner) for inner in value]
        if name == "branches":
            value = [[_bare_layer(inner) for inner in branch] for branch in value]
        out[name] = value
    return out
