"""By the projector: nothing lies below the screen, the arithmetic stays in view and can be read, and a remote is enough."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import expect_place, open_explorer
from tests.browser.waiting import SETTLED, settle

_END = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  main.scrollTo(0, main.scrollHeight);
  return main.getBoundingClientRect().bottom - innerHeight;
}"""
_FORMULA = """() => {
  const host = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".formula"));
  const formula = host.shadowRoot.querySelector(".formula");
  const { top, bottom } = formula.getBoundingClientRect();
  return [top >= 0 && bottom <= innerHeight, parseFloat(getComputedStyle(formula).fontSize) * formula.currentCSSZoom];
}"""


@pytest.fixture
def page(page: Page) -> Page:
    page.set_viewport_size({"width": 1920, "height": 1080})
    return page


@pytest.mark.parametrize(
    "address",
    ["home", "convolution", "pooling", "builder", "models", "train", "compare", "kernels", "activations"],
)
def test_the_end_of_every_page_can_be_seen(page: Page, address: str) -> None:
    page.goto(f"/{'' if address == 'home' else address}?projector=true")
    page.get_by_role("switch", name="Projector").wait_for()
    page.locator(SETTLED).wait_for()
    assert abs(page.evaluate(_END)) < 1


@pytest.mark.parametrize(
    "address", ["convolution?at=0.12.12", "convolution", "pooling?at=0.5.5", "convolution?filters=36"]
)
def test_the_arithmetic_stays_in_view_and_can_be_read(page: Page, address: str) -> None:
    open_explorer(page, f"/{address}{'&' if '?' in address else '?'}projector=true")
    settle(page)
    is_in_view, size = page.evaluate(_FORMULA)
    assert is_in_view
    assert size >= 28


def test_the_title_and_what_is_for_readers_are_not_seen(page: Page) -> None:
    open_explorer(page, "/convolution?projector=true")
    expect(page.get_by_role("heading", level=1)).to_have_text("Convolution")
    assert page.get_by_test_id("stHeading").first.evaluate("one => getComputedStyle(one).opacity") == "0"
    expect(page.get_by_text("A filter is a small pattern")).to_have_count(0)
    page.get_by_text("Projector").click()
    expect(page.get_by_text("A filter is a small pattern")).to_be_visible()


def test_a_remote_goes_from_window_to_window(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.3.24&projector=true")
    for key, place in (
        ("PageDown", (0, 3, 25)),
        ("PageDown", (0, 4, 0)),
        ("PageUp", (0, 3, 25)),
        ("ArrowLeft", (0, 3, 24)),
        ("ArrowRight", (0, 3, 25)),
    ):
        page.keyboard.press(key)
        expect_place(page, *place)


def test_beside_each_other_they_go_one_window_together(page: Page) -> None:
    open_explorer(page, "/convolution?compare=2&at=0.3.4&projector=true")
    page.keyboard.press("PageDown")
    expect_place(page, 0, 3, 5)
    expect(page.locator(".where").nth(1)).to_contain_text("row 3 of 0–25, column 5")


def test_without_the_projector_page_keys_scroll(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.3.4")
    page.keyboard.press("PageDown")
    settle(page)
    expect_place(page, 0, 3, 4)


def test_f_fills_the_screen_and_leaves_it_again(page: Page) -> None:
    open_explorer(page, "/convolution?projector=true")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")
    open_explorer(page, "/convolution")
    page.keyboard.press("f")
    settle(page)
    assert page.evaluate("document.fullscreenElement") is None
