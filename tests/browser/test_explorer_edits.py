"""Weights, bias and gradients are edited in the window explorer and kept in the address."""

import re
from random import Random

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from cnnviz.data.shapes import shape_image
from cnnviz.layers.presets import filter_bank
from cnnviz.ui.pickers.image_picker import digit_image
from tests.browser.explorer import open_explorer, shown
from tests.browser.waiting import frames


def test_a_weight_is_edited_in_place_and_kept_in_the_address(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.12.12&bias=0.5")
    before = shown(page, "result")
    value = page.locator(".grid .value").first.inner_text()
    page.locator(".grid .cell").first.click()
    page.get_by_label("Weight [0, 0]").fill("2,5")
    page.keyboard.press("Enter")
    x = torch.from_numpy(digit_image("3").values)
    weight = torch.from_numpy(filter_bank("vertical edges", 1, 1, (3, 3))[0])
    weight[0, 0, 0, 0] = 2.5
    expected = F.conv2d(x[None], weight, torch.tensor([0.5]))[0, 0]
    assert shown(page, "result") == pytest.approx(expected[12, 12].item(), abs=1e-5)
    assert before != shown(page, "result") or value == "0"
    page.locator("[data-role=bias]").click()
    page.get_by_label("Bias", exact=True).last.fill("-1")
    page.keyboard.press("Enter")
    assert shown(page, "result") == pytest.approx(expected[12, 12].item() - 1.5, abs=1e-5)
    page.wait_for_url(re.compile(r"edits=.*0\.b"))  # both edits, not the first alone
    page.reload()
    page.locator(".explorer[data-drawn]").wait_for()
    assert shown(page, "result") == pytest.approx(expected[12, 12].item() - 1.5, abs=1e-5)
    page.get_by_role("button", name="Undo edits").click()
    assert shown(page, "result") == before
    page.wait_for_url(lambda url: "edits=" not in url)


def test_odd_numbers_are_kept(page: Page) -> None:
    open_explorer(page)
    for typed, kept in (
        ("3.14159265358979323846", "3.14159265"),
        ("1.23456e-15", "1.23456e-15"),
        ("-1000000", "-1000000"),
    ):
        page.locator(".grid .cell").first.click()
        page.get_by_label("Weight [0, 0]").fill(typed)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"edits=0\.0\.0\.0(~|%7E){re.escape(kept)}"))
        page.reload()
        expect(page.get_by_role("button", name="Undo edits")).to_be_visible()


def test_what_is_no_weight_is_not_taken(page: Page) -> None:
    open_explorer(page)
    before = shown(page, "result")
    for typed in ("", "five", "1e9", "NaN", "--2", "Infinity", "0x10"):
        page.locator(".grid .cell").first.click()
        page.get_by_label("Weight [0, 0]").fill(typed)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Weight [0, 0]")).to_have_attribute("aria-invalid", "true")
        page.keyboard.press("Escape")
        expect(page.locator(".grid input")).to_have_count(0)
        assert shown(page, "result") == before
        expect(page.get_by_role("button", name="Undo edits")).to_be_hidden()


def test_quick_changes_one_after_the_other_end_in_the_last(page: Page) -> None:
    random = Random(1)
    open_explorer(page, "/convolution?at=0.0.0")
    for label in ("Kernel size", "Padding", "Stride", "Kernel size"):
        page.get_by_role("slider", name=label).focus()
        for key in random.choices(["ArrowRight", "ArrowLeft"], k=15):
            page.keyboard.press(key)
            frames(page, random.choice([0, 1, 2, 4, 9]))
        page.keyboard.press("Home")
        expect(page.get_by_text("Connection error")).to_have_count(0)
    expect(page.locator(".where")).to_contain_text("of 0–27")
    expect(page.get_by_text("Connection error")).to_have_count(0)


def test_odd_gradients_are_kept(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.12.12~1")
    field = page.get_by_label("Gradient at this output cell")
    for typed, kept in (("0.3333333333", "0.333333"), ("1e-9", "1e-9"), ("-2,5", "-2.5")):
        field.fill(typed)
        page.keyboard.press("Tab")
        page.wait_for_url(re.compile(rf"at=0\.12\.12(~|%7E){re.escape(kept)}"))
        page.reload()
        expect(field).to_have_value(kept)


def test_after_an_edit_by_keyboard_the_keyboard_goes_on(page: Page) -> None:
    open_explorer(page, "/convolution?at=0")
    kernel = page.get_by_role("application", name=re.compile("^Kernel for grey"))
    kernel.focus()
    for key in ("ArrowRight", "Enter", "7", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Undo edits")).to_be_visible()
    expect(kernel).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".explorer")).to_have_attribute("data-level", "all")


def test_escape_in_the_field_of_the_gradient_stays(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.5.5~1")
    page.get_by_label("Gradient at this output cell").focus()
    page.keyboard.press("Escape")
    page.get_by_label("Gradient at this output cell").fill("2")  # further on, all the same
    frames(page)
    expect(page.locator(".explorer")).to_have_attribute("data-level", "window")


def test_escape_leaves_a_weight_as_it_was(page: Page) -> None:
    open_explorer(page)
    before = shown(page, "result")
    page.locator(".grid .cell").nth(4).click()
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(page.locator(".grid input")).to_have_count(0)
    expect(page.locator(".explorer")).to_have_attribute("data-level", "window")
    assert shown(page, "result") == before


def test_a_kernel_cell_shows_what_it_multiplies_and_is_edited_by_keyboard(page: Page) -> None:
    open_explorer(page, "/convolution?padding=1&at=0.12.12")
    page.locator(".grid .cell").first.hover()
    feeds = page.locator("[data-role=feeds]")
    expect(feeds).to_contain_text("Kernel cell [0, 0], weight −1, multiplies 784 input cells, 55 of them border.")
    page.locator(".grid").focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(feeds).to_contain_text("Kernel cell [1, 1]")
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .weight").nth(4)).to_have_text("9")


def test_backward_shows_autograds_gradients(page: Page) -> None:
    open_explorer(page, "/convolution?at=1.13.9&activation=GELU&padding=1&image=shape")
    page.get_by_role("button", name="Backward").click()
    page.get_by_label("Gradient at this output cell").fill("-2")
    x = torch.as_tensor(shape_image("circle", 0) / 255, dtype=torch.float32).requires_grad_()
    weight = torch.from_numpy(filter_bank("vertical edges", 4, 3, (3, 3))[0]).requires_grad_()
    F.gelu(F.conv2d(x[None], weight, padding=1))[0, 1, 13, 9].backward(torch.tensor(-2.0))
    assert weight.grad is not None
    assert x.grad is not None
    frames(page)
    for of, expected in (("weights", weight.grad[1]), ("inputs", x.grad[:, 12:15, 8:11])):
        figures = page.locator(f"[data-gradient={of}]")
        exact = figures.evaluate_all("figures => figures.map((figure) => Array.from(figure.exact))")
        torch.testing.assert_close(torch.tensor(exact).reshape(3, 3, 3), expected, atol=1e-5, rtol=0)
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile(r"at=1\.13\.9~-2"))
    page.reload()
    expect(page.get_by_label("Gradient at this output cell")).to_have_value("-2")
