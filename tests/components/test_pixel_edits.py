"""The pixel editor paints in the browser what the server paints: its text, its colours, and the way between two cells."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from cnnviz.data.changes import clean, painted
from tests.components.modules import with_functions


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "pixel_editor/edits.js")
    yield page
    page.close()


def test_colours_become_grey_and_grey_becomes_colours_as_on_the_server(page: Page) -> None:
    rng = np.random.default_rng(0)
    greys = [str(value) for value in (0, 7, 255)]
    colours = ["000000", "ffffff", "ff0000", "00ff00", "0000ff"] + [rng.bytes(3).hex() for _ in range(300)]
    for channels in (1, 3):
        shown = page.evaluate("([values, n]) => values.map((value) => colourOf(value, n))", [greys + colours, channels])
        for value, colour in zip(greys + colours, shown, strict=True):
            assert colour == painted(np.zeros((channels, 1, 1), np.uint8), f"0.0~{value}")[:, 0, 0].tolist(), value


def test_what_the_browser_says_is_in_clean_form(page: Page) -> None:
    said = page.evaluate("""() => {
        const edits = new PixelEdits("3.4~255_0.0~ff8000_9.9~1");
        edits.set(3, 4, valueOf([7]));
        edits.set(1, 2, valueOf([0, 10, 255]));
        edits.delete(9, 9);
        return [String(edits), String(edits.withoutLast()), String(new PixelEdits(String(edits))), String(new PixelEdits(""))];
    }""")
    assert said == ["0.0~ff8000_3.4~7_1.2~000aff", "0.0~ff8000_3.4~7", "0.0~ff8000_3.4~7_1.2~000aff", ""]
    assert clean(said[0]) == said[0]


def test_a_fast_stroke_has_no_gaps(page: Page) -> None:
    for start, end in (((0, 0), (0, 0)), ((2, 3), (2, 9)), ((9, 1), (0, 5)), ((-2, 7), (6, -3))):
        cells = page.evaluate("([a, b]) => cellsBetween(a, b)", [start, end])
        assert (tuple(cells[0]), tuple(cells[-1])) == (start, end)
        steps = np.abs(np.diff(np.array(cells), axis=0))
        assert steps.max() <= 1
        assert len({tuple(cell) for cell in cells}) == max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
