"""Layers and amounts in few words."""

from __future__ import annotations

from cnnviz.layers import Convolution, Layer, Linear, Pooling
from cnnviz.layers.base import times

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def amount(number: float) -> str:
    """``1.23 M``; exact up to 9,999."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    size, unit = next((size, unit) for size, unit in _UNITS if abs(number) >= size * 0.9995)
    return f"{_three_digits(number / size)} {unit}"


def _three_digits(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:,.0f}"


def bytes_text(number: float) -> str:
    """``1.5 MB``, of 1,000 kB."""
    for size, unit in _BYTES:
        if number >= size * 0.9995:
            return f"{_three_digits(number / size)} {unit}"
    return f"{number:.0f} B"


def summary(layer: Layer) -> str:
    """``32 × 5×5, padding 2``: its size, and whatever is not as it is by default."""
    words, left_out = [], {"type", "body", "shortcut", "branches"}
    if isinstance(layer, Convolution):
        words.append(f"{layer.out_channels} × {times(layer.kernel_size)}")
        left_out |= {"out_channels", "kernel_size"}
    elif isinstance(layer, Linear):
        words.append(f"{layer.out_features}")
        left_out |= {"out_features"}
    elif isinstance(layer, Pooling):
        size = getattr(layer, "kernel_size", None) or getattr(layer, "output_size", None)
        words.append(
            "×".join("keep" if n is None else str(n) for n in (size if isinstance(size, tuple) else (size,) * 2))
        )
        left_out |= {"kernel_size", "output_size"}
    for name, field in type(layer).model_fields.items():
        value = getattr(layer, name)
        if name in left_out or value == field.default or value in ((field.default,) * 2,):
            continue
        words.append(_said(name.replace("_", " "), value))
    return ", ".join(words)


def _said(label: str, value: object) -> str:
    if isinstance(value, bool):
        return label if value else f"no {label}"
    if isinstance(value, float):
        return f"{label} {value:g}"
    return f"{label} {times(value) if isinstance(value, tuple) else value}"
