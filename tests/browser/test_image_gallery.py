"""The images of a dataset to choose from by eye, in a real browser."""

import re

from playwright.sync_api import Page, expect

from cnnviz.data.digits import digits
from tests.browser.explorer import serious_faults
from tests.browser.test_phone import WIDE
from tests.browser.waiting import settle

ADDRESS = "/activations?model=lenet5&image=test+image&image_set=Digits"


def test_an_image_chosen_by_eye_is_the_one_that_is_read(page: Page) -> None:
    page.goto(ADDRESS)
    page.get_by_role("button", name="Choose by eye").click()
    dialog = page.get_by_role("dialog")
    pictures = dialog.locator(".gallery a")
    expect(pictures).to_have_count(40)
    settle(page)
    assert serious_faults(page) == []
    dialog.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="7", exact=True).click()
    sevens = [number for number, label in enumerate(digits().test.labels) if label == 7]
    expect(pictures).to_have_count(len(sevens[:40]))
    expect(dialog.locator("figcaption").nth(2)).to_contain_text(f"test image {sevens[2]}")
    settle(page)
    pictures.nth(2).click()
    expect(dialog).to_have_count(0)
    page.wait_for_url(re.compile(rf"at_image={sevens[2]}(&|$)"))
    expect(page.get_by_text(f"Digits: 7, test image {sevens[2]}.")).to_be_visible()
    settle(page)
    page.evaluate("history.back()")
    expect(page.get_by_text(f"Digits: {digits().test.labels[0]}, test image 0.")).to_be_visible()


def test_the_keyboard_reaches_the_images(page: Page) -> None:
    """A dialog keeps the keyboard in what it can see."""
    page.goto(ADDRESS)
    page.get_by_role("button", name="Choose by eye").focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("dialog").locator(".gallery a").first
    first.wait_for()
    settle(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        if first.evaluate("link => link === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_url(re.compile(r"at_image=1(&|$)"))


def test_a_phone_sees_all_of_them(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(ADDRESS)
    page.locator(".network[data-drawn]").wait_for()
    settle(page)
    button = page.get_by_role("button", name="Choose by eye")
    if not button.is_visible():
        page.get_by_role("button", name="Controls").click()
    button.click()
    expect(page.get_by_role("dialog").locator(".gallery a")).to_have_count(40)
    settle(page)
    assert page.evaluate(WIDE) == [0, 0]
