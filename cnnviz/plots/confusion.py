"""The confusion matrix as a table: text that is sharp at every size, and that a screen reader reads cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.plots.theme import lookup_table

_STYLE = """<style>
.confusion { position: relative; overflow-x: auto; }
.confusion table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
.confusion th { font-weight: 400; padding: 2px 8px; text-align: right; white-space: nowrap; }
.confusion thead th { text-align: center; vertical-align: bottom; }
.confusion thead th.answer span { writing-mode: sideways-lr; display: inline-block; max-height: 7.5em; overflow: hidden; }
.confusion td { min-width: 2.3em; padding: 3px 4px; text-align: center; border: 1px solid rgba(128, 128, 128, .25); }
.confusion td.right { font-weight: 700; outline: 2px solid currentcolor; outline-offset: -3px; }
.confusion td.share { border: 0; min-width: 11em; padding-left: 14px; text-align: left; }
.confusion .bar { display: inline-block; height: .8em; margin-right: 8px; background: #2f86d1; vertical-align: baseline; }
.confusion td a { display: block; color: inherit; text-decoration: underline dotted; }
.confusion td.chosen { outline: 3px dashed currentcolor; outline-offset: -3px; }
.confusion caption { caption-side: bottom; text-align: left; font-size: .9rem; opacity: .85; padding-top: 6px; }
</style>"""
_BAR_EM = 7.0


def confusion_table(
    confusion: NDArray[np.int64],
    class_names: Sequence[str],
    link: Callable[[int, int], str] | None = None,
    chosen: tuple[int, int] | None = None,
) -> str:
    """HTML of ``(classes, classes)`` counts: a row for each true class, a column for each answer.

    At the end of a row stands the share that is right. ``link`` gives where the count of a class and an answer leads to, and
    one of them may be ``chosen``.
    """
    table = lookup_table("counts")
    totals = confusion.sum(1)
    wrong = np.where(np.eye(len(confusion), dtype=bool), 0, confusion)
    top = max(int(wrong.max(initial=0)), 1)  # the diagonal would leave one pale colour for all that is of interest
    head = "".join(f'<th class="answer" scope="col"><span>{escape(name)}</span></th>' for name in class_names)
    rows = []
    for i, name in enumerate(class_names):
        cells = "".join(
            _cell(confusion, (i, j), top, table, _opening(link(i, j), name, answer) if link else "", (i, j) == chosen)
            for j, answer in enumerate(class_names)
        )
        share = confusion[i, i] / totals[i] if totals[i] else float("nan")
        told = f"{share:.1%}" if totals[i] else "no images"
        width = _BAR_EM * share if totals[i] else 0
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th>{cells}'
            f'<td class="share"><span class="bar" style="width:{width:.2f}em"></span>{told}</td></tr>'
        )
    caption = "Rows: what it is. Columns: the answer. Framed: right. Shaded: mistakes, the darker the more."
    if link:
        caption += " Click a number to see its images."
    return (
        f'{_STYLE}<div class="confusion" tabindex="0" role="region" aria-label="Confusion matrix"><table>'
        f'<caption>{caption}</caption><thead><tr><td style="border:0"></td>{head}'
        f'<th scope="col" style="text-align:left;padding-left:14px">right</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(
    confusion: NDArray[np.int64], at: tuple[int, int], top: int, table: NDArray[Any], link: str, is_chosen: bool
) -> str:
    count, is_right = int(confusion[at]), at[0] == at[1]
    kinds = " ".join(["right"] * is_right + ["chosen"] * is_chosen)
    named = f' class="{kinds}"' if kinds else ""
    shown = f"{link}{count}</a>" if link and count else str(count)
    if is_right:
        return f"<td{named}>{shown}</td>"
    if not count:
        return f"<td{named}></td>"
    shade = table[min(255, round(255 * count / top))]
    return f'<td{named} style="background:rgb({shade[0]},{shade[1]},{shade[2]});color:{_ink(shade)}">{shown}</td>'


def _opening(link: str, label: str, answer: str) -> str:
    return f'<a href="{escape(link)}" title="{escape(f"Images of {label} taken for {answer}")}">'


def _ink(shade: NDArray[np.uint8]) -> str:
    """Black or white, whichever has the greater contrast: at least 4.58 on any colour (WCAG 2.2)."""
    part = shade / 255
    light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    return "#fff" if (light + 0.05) ** 2 < 1.05 * 0.05 else "#000"
