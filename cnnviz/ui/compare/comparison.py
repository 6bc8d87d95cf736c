"""Results of training beside each other: their curves, what tells them apart, and their answers class by class."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite

import numpy as np
import streamlit as st

from cnnviz.plots.comparison import Line, class_dots, comparison_curves
from cnnviz.plots.theme import LINES
from cnnviz.runs.differences import (
    ComparisonRow,
    by_spread,
    differences,
    labels,
    result_rows,
    same_classes,
)
from cnnviz.runs.records import ended_early
from cnnviz.runs.results import Result
from cnnviz.training.accuracy import percent
from cnnviz.training.losses import PLAIN
from cnnviz.ui.compare.chosen_results import KEY
from cnnviz.ui.frame.address import choice, switch
from cnnviz.ui.frame.hiding import tells, withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters import parameter

_MARKS = ("●", "■", "◆", "▲", "✖", "★")
"""The markers of the figures, in words' company."""
_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_CELL = "padding:.35rem .9rem .35rem 0;border-bottom:1px solid rgba(128,128,128,.3);vertical-align:top"
_STILL = "position:sticky;left:0;background:{};text-align:left;font-weight:400"
_GROUND = "light-dark(#fbfaf7,#14191b)"  # the theme's own: what scrolls below must not show


@st.fragment  # its controls redraw nothing else
def curves(results: Sequence[Result]) -> None:
    """Loss and accuracy of all, each on one axis."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        over = choice("over")
        with_train = switch("train")
    if len(datasets := dict.fromkeys(result.dataset for result in results)) > 1:
        st.info(
            f"They were trained and tested on different images ({escaped(', '.join(datasets))}): a difference in accuracy says "
            "as much of the images as of the networks."
        )
    if not any(result.test.steps or result.train.steps for result in results):
        st.info("No curves of these are there: their weights came alone, or nothing has been measured yet.")
        return
    for column, part, title in zip(st.columns(2), ("losses", "accuracies"), ("Loss", "Accuracy"), strict=True):
        lines = [
            Line(
                name,
                (getattr(result.test, over), getattr(result.test, part)),
                (getattr(result.train, over), getattr(result.train, part)) if with_train else ((), ()),
                result.config.evaluated_on,
            )
            for name, result in zip(names_of(results), results, strict=True)
        ]
        is_share = part == "accuracies"
        column.plotly_chart(
            comparison_curves(lines, title, over=over.removesuffix("s"), percent=is_share),
            key=f"compared_{part}",
            alt=f"{title} over the {over}: {_last(lines, '{:.1%}' if is_share else '{:.3f}')}",
        )
    st.caption(
        f"{PLAIN}, also of networks that were trained with label smoothing. While they learn, networks are measured on changed "
        "images and with dropout where they have any, and over an epoch in which weights move: the training curve can then be "
        "the worse one."
        if with_train
        else "Measured after each epoch."
    )
    if any(result.config.held_out for result in results):
        st.caption(
            "Where training images were held out, the curve is of these: the test images were seen once, at the end, and have "
            "chosen nothing. Test accuracies stand below, with the interval that chance leaves."
        )


def what_differs(results: Sequence[Result]) -> None:
    """Figures of all, then the settings that are not the same."""
    if tells(KEY):
        st.html(_table(results, result_rows(results)))
        withhold("The settings")
        return
    differing = differences(results)
    st.html(_table(results, result_rows(results) + differing))
    if len(results) > 1 and not differing:
        st.caption("Network, dataset and settings are the same, the seed too.")


@st.fragment
def classes(results: Sequence[Result]) -> None:
    """Right answers class by class, of those that know the same classes."""
    groups = [group for group in same_classes(results) if len(group) > 1 or len(results) == 1]
    names = names_of(results)
    if not groups:
        st.caption("No two of these have answered for the same classes: there is nothing to set side by side.")
        return
    order = choice("order")
    for group in groups:
        some = [results[number] for number in group]
        shares = np.stack([result.outcomes[-1].class_accuracies for result in some])
        by = by_spread(shares) if order == parameter("order").default else list(range(shares.shape[1]))
        rows = [some[0].class_names[at] for at in by]
        shares = shares[:, by]
        chart, words = st.columns(2, gap="large")
        chart.plotly_chart(
            class_dots([names[number] for number in group], rows, shares, group),
            key=f"classes_{group[0]}",
            config={"displayModeBar": False},
            alt="Accuracy of each class: the numbers are in the table beside it.",
        )
        with words:
            st.html(_table(some, _class_rows(rows, shares), group))
    if left_out := [name for number, name in enumerate(names) if not any(number in group for group in groups)]:
        st.caption(escaped(f"Left out: {', '.join(left_out)}. Its classes are others, or it has not been tested yet."))


def names_of(results: Sequence[Result], numbers: Sequence[int] | None = None) -> list[str]:
    """Their names, or where the address hides these, letters by their numbers."""
    if tells(KEY):
        return [chr(ord("A") + number) for number in numbers or range(len(results))]
    return labels(results)


def heading(number: int, name: str) -> str:
    """Marker and name as HTML, as the figures have them."""
    return f'<span aria-hidden="true" style="color:{LINES[number]}">{_MARKS[number]}</span> {escape(name)}'


def in_short(result: Result) -> str:
    """One line of Markdown."""
    words = f"{escaped(result.network.name)} on {escaped(result.dataset)}"
    if result.status in ("queued", "running"):
        words += f", training: {result.epochs_done} of {result.config.epochs} epochs done"
    elif early := ended_early(result.status, result.epochs_done, result.config.epochs):
        words += f", {early}"
    return words if result.test_accuracy is None else f"{words}, {percent(result.test_accuracy, result.test_images)}"


def _table(results: Sequence[Result], rows: Sequence[ComparisonRow], numbers: Sequence[int] | None = None) -> str:
    """HTML that scrolls sideways where it is too wide; what a row is about stays in sight."""
    still = f"{_CELL};{_STILL.format(_GROUND)}"
    head = "".join(
        f'<th scope="col" style="{_CELL};text-align:left;min-width:7rem">{heading(number, name)}</th>'
        for number, name in zip(numbers or range(len(results)), names_of(results, numbers), strict=True)
    )
    body = "".join(
        f'<tr><th scope="row" style="{still}">{escape(row.name)}</th>'
        + "".join(f'<td style="{_CELL}">{escape(value)}</td>' for value in row.values)
        + "</tr>"
        for row in rows
    )
    return (
        '<div style="position:relative;overflow-x:auto" tabindex="0" role="region" aria-label="Comparison">'
        f'<table style="{_TABLE}"><thead><tr>'
        f'<td style="{still}"></td>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _class_rows(names: Sequence[str], shares: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> list[ComparisonRow]:
    return [
        ComparisonRow(name, tuple(f"{value:.1%}" if isfinite(value) else "–" for value in values))
        for name, values in zip(names, shares.T, strict=True)
    ]


def _last(lines: Sequence[Line], form: str) -> str:
    said = []
    for line in lines:
        ends = [
            f"{of} {form.format(points[1][-1])}"
            for of, points in ((line.of, line.test), ("training", line.train))
            if points[1] and points[1][-1] is not None
        ]
        said.append(f"{line.name}, {' and '.join(ends) or 'nothing yet'}")
    return "; ".join(said) + " at the end."
