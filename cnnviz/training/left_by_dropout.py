"""What Dropout lets through a network."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.layers import Block, Dropout, Layer

_MOST_OF_ONE = 0.75
_LEAST_OF_ALL = 0.1
"""Less than that gets through all layers together of a network that hardly learns."""
_GENTLE = 0.5
"""What gets through all layers of the advice."""


def too_much_dropout(layers: Sequence[Layer]) -> tuple[str, float] | None:
    """A sentence, and a better probability for each layer; None where enough gets through."""
    shares = _shares(layers)
    highest = max(shares, default=0.0)
    left = _product(shares)
    better = max(0.05, min(0.3, round(20 * (1 - _GENTLE ** (1 / max(1, len(shares))))) / 20))
    if highest >= _MOST_OF_ONE:
        return (
            f"Dropout leaves {highest:.0%} of the units out at every step: what is left tells the images hardly apart.",
            better,
        )
    if left < _LEAST_OF_ALL:
        share = f"{left:.1%}" if left >= 0.001 else "less than 0.1%"
        return (
            f"{len(shares)} layers of dropout, one after the other, let {share} through at every step: what is left tells "
            "the images hardly apart.",
            better,
        )
    return None


def _shares(layers: Sequence[Layer]) -> list[float]:
    """The probabilities on the way through; in a block on that of its paths that lets the most through."""
    shares: list[float] = []
    for layer in layers:
        if isinstance(layer, Dropout):
            shares.append(layer.p)
        elif isinstance(layer, Block):
            ways = [_shares(path) for path in layer.paths.values()]
            shares += sorted(ways, key=_product)[-1] if ways else []
    return [share for share in shares if share]


def _product(shares: Sequence[float]) -> float:
    left = 1.0
    for share in shares:
        left *= 1 - share
    return left
