"""Settings that are kept in the address. ``bind="query-params"`` drops what it cannot use; these two keep it from more."""

from __future__ import annotations

import streamlit as st


def whole(label: str, low: int, high: int, default: int, *, key: str, help: str | None = None, step: int = 1) -> int:  # noqa: A002
    """A whole number in the address.

    Streamlit's integer input raises on an infinite number in the address, so this one is a float input inside.
    """
    value = st.number_input(
        label,
        float(low),
        float(high),
        float(default),
        float(step),
        format="%.0f",
        key=key,
        bind="query-params",
        help=help,
    )
    return round(value)


def choice(label: str, options: list[str], *, key: str, help: str | None = None) -> str:  # noqa: A002
    """One of a few options, side by side, in the address; the first is the default."""
    chosen = st.segmented_control(
        label, options, default=options[0], required=True, key=key, bind="query-params", help=help
    )
    return chosen if chosen in options else options[0]  # an empty parameter means nothing chosen
