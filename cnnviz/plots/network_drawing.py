"""A network as a row of bars, to tell it from others at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.thinning import thinned

WIDTH, HEIGHT = 150, 54
_MOST = 26  # bars
_GAP = 2.0
_THICKEST = 14.0
_THINNEST = 1.5


def drawing(volumes: Sequence[tuple[str, tuple[int, ...]]], words: str) -> str:
    """An SVG: a bar for each output, its group of layers with it, as high as the maps are, as thick as there are channels.

    A bar of features is as high as there are many. Both to their own scale, the thickness by the square root. ``words`` are
    for those who do not see it.
    """
    maps = [shape for _, shape in volumes if len(shape) == 3]
    lists = [shape for _, shape in volumes if len(shape) == 1]
    side = max((max(shape[1:]) for shape in maps), default=1)
    channels = max((shape[0] for shape in maps), default=1)
    features = max((shape[0] for shape in lists), default=1)
    bars = []
    for at in thinned(len(volumes), _MOST):
        group, shape = volumes[at]
        if len(shape) == 3:
            thick = max(_THINNEST, _THICKEST * (shape[0] / channels) ** 0.5)
            bars.append((group, thick, max(2.0, HEIGHT * shape[1] / side)))
        elif len(shape) == 1:
            bars.append((group, 3.0, max(2.0, HEIGHT * shape[0] / features)))
    wide = sum(thick for _, thick, _ in bars) + _GAP * max(0, len(bars) - 1)
    scale = min(1.0, WIDTH / wide) if wide else 1.0
    parts, x = [], (WIDTH - wide * scale) / 2
    for group, thick, high in bars:
        parts.append(
            f'<rect class="{group}" x="{x:.1f}" y="{HEIGHT - high:.1f}" width="{thick * scale:.1f}" height="{high:.1f}"/>'
        )
        x += (thick + _GAP) * scale
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{words}">'
        f"{''.join(parts)}</svg>"
    )
