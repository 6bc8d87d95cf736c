"""How a benchmark prints and keeps its figures."""

from __future__ import annotations

import json
from pathlib import Path


def report(rows: list[tuple[str, float, str]], figures: dict[str, float], path: Path | None) -> None:
    """Print a table of (what, figure, unit) and the ratios; write ``figures`` as one flat object."""
    width = max(len(what) for what, _, _ in rows)
    for what, figure, unit in rows:
        print(f"{what:{width}}  {figure:>12,.2f} {unit}")
    print()
    for name, figure in figures.items():
        print(f"{name:{width}}  {figure:>12.3f}")
    if path is not None:
        path.write_text(json.dumps(figures, indent=1) + "\n")
