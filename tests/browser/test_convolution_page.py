"""What surrounds the explorer: the pad, the lecture, the projector, hidden controls and the address."""

import re
from math import cos, pi, sin

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import expect_place, move_to, open_explorer, products, shown

# A seven and a zero, drawn with the mouse.
STROKES = {
    "7": [[(0.25, 0.2), (0.72, 0.2), (0.45, 0.85)]],
    "0": [[(0.5 + 0.22 * cos(t / 8 * pi), 0.5 - 0.33 * sin(t / 8 * pi)) for t in range(17)]],
}


@pytest.mark.parametrize("digit", STROKES)
def test_a_drawn_digit_is_recognised_and_kept_in_the_address(page: Page, digit: str) -> None:
    open_explorer(page, "/convolution?image=draw")
    pad = page.locator(".pad canvas")
    box = pad.bounding_box()
    assert box is not None
    for stroke in STROKES[digit]:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for at in places[1:]:
            page.mouse.move(*at, steps=8)
        page.mouse.up()
    reads = page.get_by_text(f"lenet5-mnist reads a {digit}")
    expect(reads).to_be_visible()
    page.wait_for_url(re.compile("drawing="))
    page.reload()
    expect(reads).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(reads).to_have_count(0)
    page.wait_for_url(lambda url: "drawing=" not in url)


def test_the_pad_draws_by_keyboard(page: Page) -> None:
    open_explorer(page, "/convolution?image=draw&as_digit=false")
    page.locator(".pad canvas").focus()
    for key in (" ", "ArrowRight", "ArrowRight", "ArrowDown", " "):
        page.keyboard.press(key)
    page.wait_for_url(re.compile(r"drawing=wgg"))


def test_the_projector_hides_the_controls_and_enlarges(page: Page) -> None:
    open_explorer(page, "/convolution?stride=2&at=0.3.3")
    slider = page.get_by_role("slider", name="Stride")
    expect(slider).to_be_visible()
    width = page.locator(".output .box").bounding_box()["width"]  # type: ignore[index]
    page.get_by_text("Projector").click()
    expect(slider).to_be_hidden()
    page.wait_for_url(re.compile("projector=true"))
    expect(page.locator(".where")).to_contain_text("of 0–12")  # the stride is still 2
    assert page.locator(".output .box").bounding_box()["width"] > 1.2 * width  # type: ignore[index]


def test_hide_takes_controls_away_and_keeps_their_values(page: Page) -> None:
    open_explorer(page, "/convolution?stride=2&at=0.3.3&hide=Stride, padding,facts,examples")
    expect(page.get_by_role("slider", name="Stride")).to_be_hidden()
    expect(page.get_by_role("slider", name="Padding")).to_be_hidden()
    expect(page.get_by_text("Output size")).to_be_hidden()
    expect(page.get_by_role("slider", name="Dilation")).to_be_visible()
    expect(page.locator(".where")).to_contain_text("of 0–12")


def test_the_lecture_is_one_click_away(page: Page) -> None:
    open_explorer(page)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("link", name="The lecture: 6×6 image, two filters").click()
    expect(page.locator(".output figcaption")).to_have_text("Output · channel 0 (falling diagonal)")
    expect(page.locator(".where")).to_contain_text("of 0–3")
    rows = [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]
    for row in range(4):
        for col in range(4):
            move_to(page, ".output .over", row, col, 4, 4)
            expect_place(page, 0, row, col)
            assert shown(page, "result") == rows[row][col]
    assert "image=lecture" in page.url
    page.reload()
    expect(page.locator(".where")).to_contain_text("of 0–3")


def test_the_address_follows_the_controls_and_a_reload_keeps_them(page: Page) -> None:
    open_explorer(page)
    for label, presses in (("Kernel size", 2), ("Stride", 1)):
        page.get_by_role("slider", name=label).focus()
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("stride=2"))
    expect(page.locator(".where")).to_contain_text("of 0–11")
    assert "kernel_size=5" in page.url
    page.reload()
    expect(page.locator(".where")).to_contain_text("of 0–11")
    assert products(page).numel() == 25
