"""The confusion matrix as a browser reads it: cells, shades and the ink on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
import pytest

from cnnviz.plots.confusion import confusion_table
from cnnviz.plots.theme import lookup_table

NAMES = ("plane", "car", "T-shirt & top")
COUNTS = np.array([[90, 8, 2], [0, 95, 5], [1, 0, 0]])


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Elements in the order in which they begin, each with all the text inside; every one has to be closed."""

    html: str
    found: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, dict(attrs)))
        self.open.append(self.found[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.found if element.tag == tag]

    def rows(self) -> list[list[Element]]:
        """The cells of each row, the head's first."""
        rows: list[list[Element]] = []
        for element in self.found:
            if element.tag == "tr":
                rows.append([])
            elif element.tag in ("td", "th"):
                rows[-1].append(element)
        return rows


def shade_and_ink(cell: Element) -> tuple[tuple[int, ...], str] | None:
    match = re.fullmatch(r"background:rgb\((\d+),(\d+),(\d+)\);color:(#\w{3})", cell.attributes.get("style") or "")
    return (tuple(int(part) for part in match.groups()[:3]), match[4]) if match else None


def luminance(colour: tuple[int, ...]) -> float:
    """As WCAG 2.2 defines it."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_every_count_stands_in_its_cell_between_the_names() -> None:
    head, *rows = Page(confusion_table(COUNTS, NAMES)).rows()
    assert [cell.text for cell in head] == ["", *NAMES, "right"]
    assert [row[0].text for row in rows] == list(NAMES)
    found = [[int(cell.text or 0) for cell in row[1:-1]] for row in rows]
    np.testing.assert_array_equal(found, COUNTS)
    assert [row[-1].text for row in rows] == ["90.0%", "95.0%", "0.0%"]
    for i, row in enumerate(rows):
        assert [cell.attributes.get("class") == "right" for cell in row[1:-1]] == [i == j for j in range(3)]
        assert row[0].attributes["scope"] == "row"
    assert all(cell.attributes["scope"] == "col" for cell in head[1:])


def test_a_bar_is_as_long_as_the_share_is_large() -> None:
    bars = [one for one in Page(confusion_table(COUNTS, NAMES)).all("span") if one.attributes.get("class") == "bar"]
    lengths = [float(str(bar.attributes["style"]).removeprefix("width:").removesuffix("em")) for bar in bars]
    assert lengths == pytest.approx([0.9 * 7, 0.95 * 7, 0], abs=0.01)


def test_a_class_without_images_says_so() -> None:
    *_, row = Page(confusion_table(np.array([[3, 1], [0, 0]]), ("a", "b"))).rows()
    assert [cell.text for cell in row] == ["b", "", "0", "no images"]


@pytest.mark.parametrize("classes", [1, 2, 10])
@pytest.mark.parametrize("count", [0, 10_000])
def test_tables_without_mistakes_and_without_images(classes: int, count: int) -> None:
    head, *rows = Page(
        confusion_table(np.eye(classes, dtype=np.int64) * count, [str(i) for i in range(classes)])
    ).rows()
    assert len(head) == classes + 2
    for row in rows:
        assert sorted(cell.text for cell in row[1:-1]) == [""] * (classes - 1) + [str(count)]
        assert not any(shade_and_ink(cell) for cell in row)


def test_names_are_text_and_nothing_else() -> None:
    names = ("<script>alert(1)</script>", "\"><img src=x onerror='y'>", "a & b </table>")
    page = Page(confusion_table(COUNTS, names))
    assert {element.tag for element in page.found} == {
        "style", "div", "table", "caption", "thead", "tbody", "tr", "td", "th", "span",
    }  # fmt: skip
    head, *rows = page.rows()
    assert tuple(cell.text for cell in head[1:-1]) == tuple(row[0].text for row in rows) == names


def test_mistakes_are_darker_the_more_there_are() -> None:
    """The diagonal, which is far larger, has no part in it."""
    counts = np.array([[9_000, 1, 20], [30, 9_000, 40], [41, 0, 9_000]])
    _, *rows = Page(confusion_table(counts, NAMES)).rows()
    found = {}
    for i, row in enumerate(rows):
        for j, cell in enumerate(row[1:-1]):
            if i == j or not counts[i, j]:
                assert shade_and_ink(cell) is None
            else:
                shaded = shade_and_ink(cell)
                assert shaded is not None
                found[counts[i, j]] = luminance(shaded[0])
    assert [found[count] for count in sorted(found)] == sorted(found.values(), reverse=True)
    assert len(set(found.values())) == len(found)
    assert found[41] == luminance(tuple(lookup_table("counts")[255].tolist()))


def test_every_number_can_be_read_on_its_shade() -> None:
    """WCAG's 4.5, on each of the 256 shades."""
    counts = np.zeros((257, 257), np.int64)
    counts[0] = range(257)
    counts[0, 256] = 255
    counts[1, 0] = 0
    _, first, *_ = Page(confusion_table(counts, [str(i) for i in range(257)])).rows()
    seen = set()
    for cell in first[2:-1]:
        shaded = shade_and_ink(cell)
        assert shaded is not None
        shade, ink = shaded
        seen.add(shade)
        assert contrast(shade, {"#fff": (255,) * 3, "#000": (0,) * 3}[ink]) >= 4.5, (cell.text, shade, ink)
    assert seen == {tuple(row) for row in lookup_table("counts")[1:].tolist()}


def test_each_count_may_be_a_link_and_one_of_them_chosen() -> None:
    page = Page(confusion_table(COUNTS, NAMES, lambda label, answer: f"train?truth={label}&answer={answer}", (0, 1)))
    _, *rows = page.rows()
    assert [[int(cell.text or 0) for cell in row[1:-1]] for row in rows] == COUNTS.tolist()
    places = [(i, j) for i in range(3) for j in range(3) if COUNTS[i, j]]
    assert [link.attributes["href"] for link in page.all("a")] == [f"train?truth={i}&answer={j}" for i, j in places]
    assert page.all("a")[2].attributes["title"] == "Images of plane taken for T-shirt & top"
    chosen = [(i, j) for i in range(3) for j in range(3) if "chosen" in (rows[i][j + 1].attributes.get("class") or "")]
    assert chosen == [(0, 1)]
