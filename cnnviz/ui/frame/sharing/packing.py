"""What a link hides, in one parameter that nobody reads at a glance: ``?stride=2&hide=stride`` is ``?hide=stride&task=a…``.

It is no secret: a version letter, then the hidden part of the query, compressed by zlib, in base64.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs, urlencode

from cnnviz.ui.frame.parameters import EXERCISE, HIDE, TASK

Address = Mapping[str, str | list[str]]
"""A query by name, as Streamlit has it: a list where a name stands several times."""
_VERSION = "a"
_LONGEST, _MOST, _NAMES = 20_000, 64_000, 200  # characters packed, bytes unpacked, parameters
_NEVER = {HIDE, TASK, EXERCISE}


def pack(values: Address) -> str:
    """Nothing where it is too much for ``unpack``."""
    query = urlencode(values, doseq=True).encode()
    packed = _VERSION + urlsafe_b64encode(zlib.compress(query, 9)).decode().rstrip("=")
    return packed if len(query) <= _MOST and len(packed) <= _LONGEST else ""


@lru_cache(maxsize=64)
def unpack(text: str) -> dict[str, list[str]] | None:
    """None for what ``pack`` has not made. Bounded before it is decoded, and before it is decompressed."""
    if len(text) > _LONGEST or not text.startswith(_VERSION):
        return None
    coded = text.removeprefix(_VERSION)
    stream = zlib.decompressobj()
    try:
        packed = b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        query = stream.decompress(packed, _MOST)
        if not stream.eof or stream.unused_data:
            return None
        values = parse_qs(query.decode(), keep_blank_values=True, max_num_fields=_NAMES)
    except (ValueError, binascii.Error, zlib.error):
        return None
    return None if _NEVER & values.keys() else values


def listed(hide: Iterable[str]) -> list[str]:
    """The names in all values of ``hide=``."""
    asked = ",".join(hide).lower().split(",")
    return list(dict.fromkeys(name.strip() for name in asked if name.strip()))


def opened(address: Address) -> dict[str, str | list[str]]:
    """With what ``task=`` packs as if it stood there plainly. Where nothing is hidden any more, ``task=`` is over."""
    values = _unpacked(address)
    if values is None:
        return dict(address)
    plain = {**address, **{name: one[0] if len(one) == 1 else one for name, one in values.items()}}
    if not _hidden(address):
        del plain[TASK]
    return plain


def closed(address: Address) -> dict[str, str | list[str]]:
    """The other way round: an opened address as the browser has it. One without ``task=`` stays as it is."""
    former = _unpacked(address)
    return dict(address) if former is None else packed(address, former)


def packed(address: Address, former: Address | None = None) -> dict[str, str | list[str]]:
    """With all that is hidden in ``task=``: that of before where it says the ``former`` values, which are these.

    As it is where that is too much.
    """
    names = set(_hidden(address)) - _NEVER
    values = {name: _list(value) for name, value in address.items() if name in names}
    task = _list(address[TASK])[-1] if former == values else pack(values)
    if not task:
        return {name: value for name, value in address.items() if name != TASK}
    rest = {name: value for name, value in address.items() if name not in names}
    return {**rest, TASK: task}


def _hidden(address: Address) -> list[str]:
    return listed(_list(address.get(HIDE, [])))


def _unpacked(address: Address) -> dict[str, list[str]] | None:
    task = _list(address.get(TASK, []))
    return unpack(task[-1]) if task else None


def _list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
