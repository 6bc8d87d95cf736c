"""Pixels are painted at once in the browser, and what was painted reaches the address."""

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.explorer import serious_faults
from tests.browser.waiting import frames, settle, until

PLACE = "/activations"


def opened(page: Page, address: str = "") -> None:
    page.goto(PLACE + address)
    page.get_by_test_id("stExpander").get_by_role("group").or_(
        page.get_by_text("Change it: pixels, shift")
    ).first.wait_for()
    if not address:
        page.get_by_text("Change it: pixels, shift").click()
    page.locator(".pixels[data-drawn]").wait_for()
    settle(page)  # before, the page may still make the editor anew, and what lies above it may still grow


def cell(page: Page, row: int, col: int, rows: int = 28, cols: int = 28) -> tuple[float, float]:
    over = page.locator(".pixels .over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows


def edits(page: Page) -> str:
    return page.locator(".pixels").get_attribute("data-edits") or ""


def test_a_click_paints_at_once_and_stays_in_the_address(page: Page) -> None:
    opened(page)
    page.mouse.click(*cell(page, 2, 3))
    assert edits(page) == "2.3~255"
    page.wait_for_url("**pixels=2.3~255*")
    page.reload()
    expect(page.locator(".pixels[data-edits='2.3~255']")).to_be_visible()


def test_a_drag_is_one_stroke_without_gaps_and_one_undo(page: Page) -> None:
    opened(page, "?pixels=0.0~9")
    page.mouse.move(*cell(page, 1, 2))
    page.mouse.down()
    page.mouse.move(*cell(page, 1, 9))
    assert edits(page) == "_".join(["0.0~9", *(f"1.{col}~255" for col in range(2, 10))])
    page.mouse.up()
    page.wait_for_url("**1.9~255*")
    page.get_by_role("button", name="Undo", exact=True).click()
    assert edits(page) == "0.0~9"
    page.get_by_role("button", name="Undo all").click()
    assert edits(page) == ""
    page.wait_for_url(lambda url: "pixels" not in url)


def test_strokes_survive_the_answers_to_earlier_ones(page: Page) -> None:
    """The server's answer to the first stroke is held back until all others are painted."""
    tabs: list[WebSocketRoute] = []
    answers: list[bytes] = []
    held = False

    def between(tab: WebSocketRoute) -> None:
        tabs.append(tab)
        tab.connect_to_server().on_message(lambda message: answers.append(message) if held else tab.send(message))

    page.route_web_socket("**/_stcore/stream", between)
    opened(page)
    held = True
    page.mouse.click(*cell(page, 0, 0))
    until(page, lambda: b"0.0~255" in b"".join(answers), bool)
    for i in range(1, 8):
        page.mouse.click(*cell(page, 0, i))
    held = False
    for answer in answers:
        tabs[-1].send(answer)
    frames(page)
    assert len(edits(page).split("_")) == 8
    page.wait_for_url("**0.7~255*")
    settle(page)
    assert len(edits(page).split("_")) == 8


def test_the_keyboard_paints_and_undoes(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Undo all").focus()
    for key in ("Tab", "ArrowUp", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    live = page.locator(".pixels [aria-live]")
    expect(live).to_contain_text(re.compile(r"^row 13, column 13: 255"))
    page.wait_for_url("**pixels=13.13~255*")
    page.keyboard.press("Delete")
    page.wait_for_url(lambda url: "pixels" not in url)


def test_hovering_reads_a_value(page: Page) -> None:
    opened(page, "?pixels=0.1~77")
    page.mouse.move(*cell(page, 0, 1))
    expect(page.locator(".pixels .read")).to_have_text("row 0, column 1: 77; before: 0")


def test_axe_finds_nothing(page: Page) -> None:
    opened(page, "?pixels=0.1~77")
    assert serious_faults(page) == []
