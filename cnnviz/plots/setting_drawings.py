"""What a setting of a layer is, in a drawing of a few cells, on any ground."""

from __future__ import annotations

from collections.abc import Sequence

_CELL = 13
_LINE, _WINDOW, _TAKEN, _AROUND = "#8a8a8a", "#c98a00", "#f5c542", "#8a8a8a"

DRAWN = ("kernel_size", "stride", "padding", "dilation")


def setting_drawing(name: str) -> str:
    """An SVG for one of ``DRAWN``. Raises KeyError."""
    rows, columns, parts = {
        "kernel_size": (5, 7, [*_cells(5, 7, _square(1, 2, 3)), _window(1, 2, 3)]),
        "stride": (
            5,
            7,
            [*_cells(5, 7, _square(1, 0, 3)), _window(1, 0, 3), _window(1, 2, 3, is_next=True), _arrow(1.5, 3.5)],
        ),
        "padding": (6, 6, [*_ring(6), *_cells(4, 4, _square(0, 0, 2), at=1), _window(0, 0, 3)]),
        "dilation": (5, 7, [*_cells(5, 7, [(y, x) for y in (0, 2, 4) for x in (1, 3, 5)]), _window(0, 1, 5)]),
    }[name]
    width, height = columns * _CELL + 4, rows * _CELL + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * width}" height="{2 * height}" viewBox="-2 -2 {width} {height}">'
        f"{''.join(parts)}</svg>"
    )


def _square(top: int, left: int, side: int) -> list[tuple[int, int]]:
    return [(y, x) for y in range(top, top + side) for x in range(left, left + side)]


def _cells(rows: int, columns: int, taken: Sequence[tuple[int, int]], at: int = 0) -> list[str]:
    """A grid; those that a window takes are filled."""
    return [
        _cell(y + at, x + at, f'fill="{_TAKEN if (y, x) in taken else "none"}" stroke="{_LINE}"')
        for y in range(rows)
        for x in range(columns)
    ]


def _ring(side: int) -> list[str]:
    """The cells that padding puts around, those in the first window filled."""
    edge = (0, side - 1)
    return [
        _cell(y, x, f'fill="{_TAKEN if max(y, x) < 3 else "none"}" stroke="{_AROUND}" stroke-dasharray="2 2"')
        for y in range(side)
        for x in range(side)
        if y in edge or x in edge
    ]


def _cell(y: int, x: int, how: str) -> str:
    return f'<rect x="{x * _CELL}" y="{y * _CELL}" width="{_CELL}" height="{_CELL}" {how}/>'


def _window(top: int, left: int, side: int, *, is_next: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if is_next else ""
    return (
        f'<rect x="{left * _CELL}" y="{top * _CELL}" width="{side * _CELL}" height="{side * _CELL}" fill="none" '
        f'stroke="{_WINDOW}" stroke-width="2.5"{dashes}/>'
    )


def _arrow(begin: float, end: float) -> str:
    """Above the windows, from the middle of the one to that of the next."""
    a, b, y = begin * _CELL, end * _CELL, 0.5 * _CELL
    path = f"M{a} {y}H{b}m-4 -4l4 4l-4 4"
    return f'<path d="{path}" fill="none" stroke="{_WINDOW}" stroke-width="2"/>'
