"""The sentences about a receptive field, and where its outlines run."""

from collections.abc import Iterator
from math import inf

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from cnnviz.components.receptive_field import receptive_field
from cnnviz.components.receptive_field.sentences import measured_words, reads, theory_words
from tests.components.modules import with_functions


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "receptive_field/outlines.js")
    yield page
    page.close()


def lines(page: Page, theory: object, measured: object, size: int, cell: float) -> list[object]:
    found = page.evaluate("(args) => lines(...args)", [theory, measured, size, cell])
    return [found["can"], found["does"]]


@pytest.mark.parametrize(
    ("theory", "words"),
    [
        ((3, 10, 7, 14), "It can read 5×5 pixels: rows 3 to 7, columns 10 to 14."),
        ((3, 10, 3, 10), "It can read 1×1 pixel: row 3, column 10."),
        (
            (-2, 0, 2, 4),
            "It can read 5×5 pixels: rows −2 to 2, columns 0 to 4. 3×5 of them lie in the picture; "
            "the rest is padding: 2 rows above.",
        ),
        (
            (-2, -1, 29, 28),
            "It can read 32×30 pixels: rows −2 to 29, columns −1 to 28. 28×28 of them are the whole picture; "
            "the rest is padding: 2 rows above, 2 rows below, 1 column to the left, 1 column to the right.",
        ),
        (
            (-2, 0, -1, 1),
            "It can read 2×2 pixels: rows −2 to −1, columns 0 to 1. All of them lie in the padding.",
        ),
        ((-0.5, 0, 2, 2), "It can read 3.5×3 pixels: rows −0.5 to 2, columns 0 to 2. 3×3 of them lie in the picture; "
                          "the rest is padding: 0.5 rows above."),
        ((inf, 0, -inf, 2), "It can read no pixel."),
        (None, "What it can read is not known: a layer on the way is of a kind whose arithmetic is not known here."),
    ],
)  # fmt: skip
def test_what_a_cell_can_read_in_words(theory, words):
    assert theory_words(theory, 28, 28) == words


def test_a_field_that_is_not_there_reads_nothing():
    assert reads((0, 0, 0, 0))
    assert not any(map(reads, (None, (inf, 0, -inf, 0), (3, 0, 2, 0), (0, 3, 0, 2), (float("nan"), 0, 1, 1))))


def test_what_a_cell_reads_in_words():
    strength = np.zeros((6, 6))
    assert measured_words(None, strength).startswith("No pixel moves this cell here")
    strength[2, 3] = 1
    one = "Here 1 pixel moves it, within 1×1: row 2, column 3. 95 % of the pull comes from 1 pixel, an area of 1×1."
    assert measured_words((2, 3, 2, 3), strength) == one
    strength[3, 1] = strength[3, 2] = 1
    strength[0, 2] = 0.01
    assert measured_words((0, 1, 3, 3), strength) == (
        "Here 4 pixels move it, within 4×3: rows 0 to 3, columns 1 to 3. "
        "95 % of the pull comes from 3 pixels, an area of 1.7×1.7."
    )
    strength[5, 5] = np.nan
    assert "NaN or infinite" in measured_words((0, 1, 3, 3), strength)


@pytest.mark.parametrize("shapes", [((2, 4, 4), (4, 4)), ((3, 4, 4), (4, 5)), ((1, 4, 4), (1, 4, 4))])
def test_arrays_of_two_pictures_are_refused(shapes):
    pixels, gradient = (np.zeros(shape, np.float32) for shape in shapes)
    with pytest.raises(ValueError, match="no picture and its strengths"):
        receptive_field(pixels, gradient, theory=None, measured=None, title="", key="field")


def test_the_outlines_of_one_field_lie_side_by_side(page: Page) -> None:
    can, does = lines(page, [3, 5], [3, 5], 10, 10)
    assert does == [28, 62]  # around cells 3 to 5
    assert can == [24, 66]


def test_a_smaller_field_has_its_own_place(page: Page) -> None:
    assert lines(page, [2, 7], [3, 5], 10, 10) == [[18, 82], [28, 62]]


def test_at_the_pictures_edge_the_lines_move_in_and_stay_apart(page: Page) -> None:
    can, does = lines(page, [0, 9], [0, 9], 10, 10)
    assert can == [2, 98]
    assert does == [6, 94]


def test_what_lies_beyond_the_picture_has_no_line_in_it(page: Page) -> None:
    can, does = lines(page, [-2, 12], [0, 9], 10, 10)
    assert can[0] < -4
    assert can[1] > 104
    assert does == [2, 98]


@pytest.mark.parametrize("cell", [0.7, 1, 2, 30])
def test_the_lines_never_lie_on_one_another(page: Page, cell: float) -> None:
    size = 24
    for first, last in ((0, 0), (0, 2), (1, 3), (11, 13), (20, 23), (21, 21), (23, 23)):
        for theory in ([first, last], [first - 1, last + 1]):
            can, does = lines(page, theory, [first, last], size, cell)
            seen = [line for line in can if 0 <= line <= size * cell]
            assert all(abs(a - b) >= 4 - 1e-9 for a in seen for b in does), (theory, can, does)
            assert can[0] < does[0] < does[1]
            assert can[1] > does[1]


def test_a_field_alone(page: Page) -> None:
    assert lines(page, None, [3, 5], 10, 10) == [None, [28, 62]]
    assert lines(page, [3, 5], None, 10, 10) == [[28, 62], None]
