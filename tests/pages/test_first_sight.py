"""What a page shows to somebody who opens it without a word."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.pages.conftest import OpenPage
from tests.pages.convolved import texts
from tests.pages.test_hide import go
from tests.pages.test_sharing import share

LECTURE = {"image": "lecture", "kernel": "falling diagonal", "filters": "2", "at": "0.0.0"}
SIZES = {"convolution": "1×6×6 → **2×4×4**", "pooling": "1×4×4 → **1×2×2**"}
DIGITS = {"convolution": "1×28×28 → **4×26×26**", "pooling": "1×28×28 → **1×14×14**"}


@pytest.mark.parametrize(("page", "address"), [("convolution", LECTURE), ("pooling", {"image": "numbers"})])
def test_it_is_numbers_that_one_can_redo_by_hand_and_the_address_says_so(
    open_page: OpenPage, page: str, address: dict[str, str]
) -> None:
    for app in (open_page(page), go(open_page("home"), page), open_page(page, projector="true")):
        assert SIZES[page] in texts(app)
        assert {name: value for name, value in app.query_params.items() if name != "projector"} == address


@pytest.mark.parametrize("page", SIZES)
@pytest.mark.parametrize("address", [{"hide": "facts"}, {"more": "–"}, {"image": "digit"}, {"nonsense": "1"}])
def test_an_address_that_says_anything_opens_on_the_digit(
    open_page: OpenPage, page: str, address: dict[str, str]
) -> None:
    app = open_page(page, **address)
    assert app.session_state["image"] == "digit"


@pytest.mark.parametrize("page", SIZES)
def test_with_all_at_its_default_the_address_and_the_link_still_say_which_image(open_page: OpenPage, page: str) -> None:
    app = open_page(page)
    for name in ("kernel", "filters", "at"):
        app.query_params.pop(name, None)
    app.selectbox(key="image").set_value("digit").run()
    if page == "convolution":
        app.selectbox(key="kernel").set_value("vertical edges").run()
        app.select_slider(key="filters").set_value(4).run()
        app.query_params.pop("at", None)
        app.run()
    assert dict(app.query_params) == {"image": "digit"}
    assert DIGITS[page] in texts(app)
    assert share(app) == {"image": "digit"}
    again = open_page(page, **dict(parse_qsl(urlsplit("?image=digit").query)))
    assert DIGITS[page] in texts(again)
