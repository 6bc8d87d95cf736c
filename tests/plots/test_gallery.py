"""The gallery as a browser reads it: exact pixels, words beside them."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from cnnviz.plots.gallery import gallery, png


class Page(HTMLParser):
    """The images with their words, the lines of each caption, and what else there is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pictures: list[tuple[str, str] | None] = []
        self.captions: list[list[str]] = []
        self._within = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "figure":
            self.pictures.append(None)
            self.captions.append([""])
        elif tag == "img":
            given = dict(attrs)
            assert self.pictures[-1] is None
            self.pictures[-1] = str(given["src"]), str(given["alt"])
        elif tag == "br":
            self.captions[-1].append("")
        if tag != "br":
            self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "figcaption":
            self.captions[-1][-1] += data


def pixels(source: str) -> np.ndarray:
    """``(C, H, W)`` of a data URL."""
    kind, _, content = source.partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content, validate=True))) as picture:
        assert picture.format == "PNG"
        found = np.asarray(picture)
    return found[None] if found.ndim == 2 else found.transpose(2, 0, 1)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 1, 1), (3, 2, 7), (1, 9, 4)])
def test_pictures_keep_every_pixel(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, shape, np.uint8) for _ in range(3)]
    images.append(np.ascontiguousarray(images[0].transpose(0, 2, 1)).transpose(0, 2, 1))  # laid out otherwise
    page = Page(gallery(images, ["one", "two", "three", "four"]))
    for image, picture in zip(images, page.pictures, strict=True):
        assert picture is not None
        np.testing.assert_array_equal(pixels(picture[0]), image)
    assert [picture[1] for picture in page.pictures if picture] == ["one", "two", "three", "four"]


def test_png_is_grey_or_rgb() -> None:
    for channels, mode in ((1, "L"), (3, "RGB")):
        with Image.open(io.BytesIO(png(np.zeros((channels, 2, 3), np.uint8)))) as picture:
            assert (picture.mode, picture.size) == (mode, (3, 2))


def test_captions_stand_line_by_line_also_where_there_is_no_picture() -> None:
    image = np.zeros((1, 2, 2), np.uint8)
    page = Page(gallery([image, None, image], ["cat\ntaken for dog\n99.0% sure", "ship\n50% sure", "frog"]))
    assert page.captions == [["cat", "taken for dog", "99.0% sure"], ["ship", "50% sure"], ["frog"]]
    assert page.pictures[1] is None
    assert page.pictures[0] is not None
    assert page.pictures[0][1] == "cat, taken for dog, 99.0% sure"


def test_words_are_text_and_nothing_else() -> None:
    evil = "<script>alert(1)</script>\n\"'><img src=x onerror=y> & </figure>"
    page = Page(gallery([np.zeros((1, 2, 2), np.uint8)], [evil]))
    assert page.tags == ["style", "div", "figure", "img", "figcaption", "br"]
    assert page.captions == [evil.split("\n")]
    assert page.pictures[0] is not None
    assert page.pictures[0][1] == evil.replace("\n", ", ")


def test_a_picture_may_be_a_link() -> None:
    image = np.zeros((1, 2, 2), np.uint8)
    html = gallery([image, image, None], ["one", "two", "three"], ['a?b=1&c="', None, "d"])
    assert Page(html).tags == [
        "style",
        "div",
        "figure",
        "a",
        "img",
        "figcaption",
        *["figure", "img", "figcaption"],
        *["figure", "figcaption"],
    ]
    assert '<a href="a?b=1&amp;c=&quot;"><img' in html


def test_an_empty_gallery() -> None:
    assert Page(gallery([], [])).tags == ["style", "div"]
    with pytest.raises(ValueError, match="shorter"):
        gallery([None, None], ["one"])
