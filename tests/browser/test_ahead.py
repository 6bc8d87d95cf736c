"""The picture follows a slider before the server has answered, and is then what the server says."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.harness import App
from tests.browser.explorer import expect_place, open_explorer
from tests.browser.waiting import frames, settle, until

_PICTURE = """() => {
  const host = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".explorer"));
  const root = host.shadowRoot.querySelector(".explorer");
  return {
    drawn: Number(root.dataset.drawn),
    words: [...root.querySelectorAll(".formula, .legend, .result, .where")].map((one) => one.textContent),
    labels: [...root.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label")),
    canvases: [...root.querySelectorAll("canvas")].map((one) => one.toDataURL()),
  };
}"""


def picture(page: Page) -> dict:
    frames(page)
    return page.evaluate(_PICTURE)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{name}"))


def touch(page: Page, name: str) -> None:
    """The slider has the focus, and the browser what it may need for it."""
    if "/convolution" in page.url and name == "Kernel size":
        page.evaluate("address => fetch(address)", bank_of(page))  # it is in the browser's cache then
    slider(page, name).focus()


def bank_of(page: Page) -> str:
    page.get_by_role("slider").first.focus()
    found = (
        "performance.getEntriesByType('resource').map(({ name }) => name).filter((one) => /filter_bank/.test(one))[0]"
    )
    return until(page, lambda: page.evaluate(found), bool)


def expect_the_same_ahead(app: App, page: Page, name: str, *keys: str) -> None:
    touch(page, name)
    for key in keys:
        before = picture(page)
        with app.asleep():
            page.keyboard.press(key)
            ahead = until(page, lambda: picture(page), lambda now: now["drawn"] > before["drawn"])  # noqa: B023
        assert ahead["canvases"] != before["canvases"]
        settle(page)
        after = picture(page)
        for part in ("words", "labels", "canvases"):
            assert after[part] == ahead[part], (page.url, part)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/convolution?at=0.12.12", ("Stride", "Padding", "Dilation", "Kernel size")),
        ("/convolution?image=shape&size=64&filters=8&padding=2&padding_mode=reflect", ("Padding", "Kernel size")),
        ("/convolution?image=shape&kernel=random&seed=4&filters=4&at=2", ("Stride", "Dilation")),
        ("/convolution?image=shape&kernel=random&seed=4&filters=6&groups=3", ("Kernel size",)),
        ("/convolution?layer=ConvTranspose2d&image=lecture&kernel_size=4&stride=2&at=0.3.3", ("Stride", "Padding")),
        ("/convolution?padding_kind=same&edits=0.0.1.1~2&at=0.9.9", ("Dilation", "Kernel size")),
        ("/pooling?at=0.5.5&kernel_size=4&padding=1", ("Stride", "Kernel size")),
        ("/pooling?at=0.5.5&kernel_size=4&padding=1&both=false", ("Dilation",)),
        ("/pooling?image=shape&kernel_size=5&padding=1&ceil_mode=true&stride=3", ("Padding", "Stride")),
        ("/pooling?layer=AvgPool2d&kernel_size=4&padding=1&count_include_pad=false&both=false", ("Padding", "Stride")),
    ],
)
def test_a_slider_shows_at_once_what_the_server_then_says(
    app: App, page: Page, address: str, names: tuple[str, ...]
) -> None:
    open_explorer(page, address)
    settle(page)
    for name in names:
        expect_the_same_ahead(app, page, name, "ArrowRight", "ArrowLeft")


def test_one_axis_alone(app: App, page: Page) -> None:
    open_explorer(
        page, "/convolution?apart=true&kernel_size=5&kernel_size_width=1&stride_width=2&padding_width=3&at=0.7.7"
    )
    settle(page)
    for name in ("Stride, width", "Padding, height", "Dilation, height"):
        expect_the_same_ahead(app, page, name, "ArrowRight")


def test_there_and_back_one_looks_where_one_looked(app: App, page: Page) -> None:
    open_explorer(page, "/convolution?at=0.12.14")
    settle(page)
    address = page.url
    touch(page, "Stride")
    with app.asleep():
        for key, place in (
            ("ArrowRight", (0, 6, 7)),
            ("ArrowRight", (0, 4, 5)),
            ("ArrowLeft", (0, 6, 7)),
            ("ArrowLeft", (0, 12, 14)),
        ):
            page.keyboard.press(key)
            expect_place(page, *place)
    settle(page)
    expect_place(page, 0, 12, 14)
    assert page.url == address


def test_two_sliders_one_after_the_other(app: App, page: Page) -> None:
    open_explorer(page, "/convolution?image=lecture&at=0.1.1")
    settle(page)
    with app.asleep():
        for name, place in (("Stride", (0, 0, 0)), ("Padding", (0, 1, 1))):
            slider(page, name).focus()
            page.keyboard.press("ArrowRight")
            expect_place(page, *place)
        ahead = picture(page)
    page.wait_for_url(re.compile("(?=.*stride=2)(?=.*padding=1)"))
    settle(page)
    after = picture(page)
    assert (after["labels"], after["canvases"]) == (ahead["labels"], ahead["canvases"])


def test_back_has_the_last_word(app: App, page: Page) -> None:
    open_explorer(page, "/convolution?image=lecture&at=0.2.2")
    settle(page)
    slider(page, "Padding").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("(?=.*padding=1)(?=.*at=0.3.3)"))
    settle(page)
    with app.asleep():
        page.keyboard.press("ArrowRight")
        expect_place(page, 0, 4, 4)
        page.evaluate("history.back()")
    expect(slider(page, "Padding")).to_have_attribute("aria-valuetext", "1")
    settle(page)
    expect_place(page, 0, 3, 3)
    assert "padding=1" in page.url
