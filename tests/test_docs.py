"""Every page has its picture, and every file that a text names is there."""

import re

import pytest
from PIL import Image

from cnnviz.paths import PROJECT
from docs.pictures import ADDRESSES, FOLDER

PAGES = {file.stem for file in (PROJECT / "pages").glob("*.py")}
TEXTS = ("README.md", "CONTRIBUTING.md", "docs/README.md", "docs/scaling.md")
LINKED = re.compile(r"\]\(([^)#:]+)\)")
NAMED = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:py|md|toml|txt|js))`")


def test_every_page_has_its_picture() -> None:
    files = list(FOLDER.iterdir())
    assert ADDRESSES.keys() == PAGES
    assert {file.name for file in files} == {f"{page}.webp" for page in PAGES}
    assert sum(file.stat().st_size for file in files) < 1.5e6
    shown = re.findall(r"!\[[^\]]{20,}\]\(pictures/(\w+)\.webp\)", (PROJECT / "docs" / "README.md").read_text("utf-8"))
    assert sorted(shown) == sorted(PAGES)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_picture_has_the_size_of_a_page(page: str) -> None:
    with Image.open(FOLDER / f"{page}.webp") as picture:
        assert picture.size == (1400, 900)


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_links_to_is_there(text: str) -> None:
    file = PROJECT / text
    for linked in LINKED.findall(file.read_text("utf-8")):
        assert (file.parent / linked).exists(), linked


def test_every_path_named_for_contributors_is_there() -> None:
    named = NAMED.findall((PROJECT / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(named) > 50
    assert [path for path in named if not (PROJECT / path).exists()] == []
