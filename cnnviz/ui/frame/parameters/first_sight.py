"""What a page shows to somebody whose address says nothing of it: numbers that one can redo by hand."""

from __future__ import annotations

FIRST_SIGHT = {
    "Convolution": {"image": "lecture", "kernel": "falling diagonal", "filters": "2", "at": "0.0.0"},
    "Pooling": {"image": "numbers"},
}
"""By the page's title, as an address has it."""

OTHERWISE = ("image", "digit")
"""What the address of such a page says where all is at its default: it would open at first sight else."""

SAY_NOTHING = frozenset({"projector"})
"""Names in the address that are not about what a page shows."""
