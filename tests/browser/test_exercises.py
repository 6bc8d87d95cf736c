"""What the address hides, and axes apart and together, where the browser writes the address."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import waiting
from tests.browser.explorer import open_explorer


def settle(page: Page) -> None:
    waiting.settle(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def asked(page: Page, name: str) -> str | None:
    return parse_qs(urlsplit(page.url).query).get(name, [None])[-1]


def expect_hidden(page: Page, *labels: str) -> None:
    settle(page)
    for label in labels:
        expect(page.get_by_role("slider", name=label, exact=True)).to_have_count(0)  # what is hidden has no role
    expect(page.get_by_text("Output size")).to_be_hidden()


@pytest.mark.parametrize("menu", ["Pooling", "Train", "Builder"])
def test_an_exercise_stays_one(page: Page, menu: str) -> None:
    open_explorer(page, "/convolution?image=lecture&stride=2&dilation=2&hide=stride,dilation,facts")
    expect_hidden(page, "Stride", "Dilation")
    expect(page.get_by_role("slider", name="Kernel size")).to_be_visible()

    page.get_by_role("combobox", name="Input", exact=True).click()
    page.get_by_role("option", name="shape", exact=True).click()
    page.wait_for_url(lambda url: "image=shape" in url)
    expect_hidden(page, "Stride", "Dilation")

    for there in (menu, "Convolution"):
        page.get_by_role("link", name=there, exact=True).first.click()
        expect(page.get_by_role("heading", name=there, level=1)).to_be_visible()
        settle(page)
    page.wait_for_url(lambda url: "hide=" in url)
    page.locator(".explorer[data-drawn]").first.wait_for()
    expect_hidden(page, "Stride", "Dilation")
    assert (asked(page, "stride"), asked(page, "image")) == ("2", "shape")
    page.reload()
    page.locator(".explorer[data-drawn]").first.wait_for()
    expect_hidden(page, "Stride", "Dilation")

    page.get_by_role("button", name="Examples").click()
    with page.expect_navigation():
        page.get_by_role("link", name="The lecture at stride 2", exact=True).last.click()
    page.locator(".explorer[data-drawn]").first.wait_for()
    expect_hidden(page, "Stride", "Dilation")


@pytest.mark.parametrize(
    "address",
    [
        "/pooling?hide=examples",
        "/convolution?image=lecture&dilation=2&hide=dilation",
        "/convolution?image=lecture&kernel_size=6&hide=kernel_size",
        "/pooling?image=numbers&padding=1&hide=padding",
        "/convolution?compare=3&hide=facts,b_stride,c_controls",
    ],
)
def test_what_is_hidden_twice_is_no_fault(page: Page, address: str) -> None:
    open_explorer(page, address)
    settle(page)
    assert page.locator("[class*='st-key-hidden_']").count() > 1
    assert page.locator("[class*='st-key-hidden_']:visible").count() == 0


@pytest.mark.parametrize(
    ("address", "expander"),
    [
        ("/convolution?kernel_size=5&stride=2&padding=2&dilation=2", "Border, axes, groups, bias"),
        ("/convolution?layer=ConvTranspose2d&kernel_size=4&stride=3&padding=1", "Axes, groups, bias"),
        ("/pooling?kernel_size=5&stride=2&padding=2&both=false", "Axes, rounding"),
    ],
)
def test_axes_apart_and_together_again(page: Page, address: str, expander: str) -> None:
    open_explorer(page, address)
    settle(page)
    page.get_by_text(expander, exact=True).click()
    settle(page)  # a click on what still unfolds may be lost
    kept = parse_qs(urlsplit(page.url).query)
    for _ in range(2):
        page.get_by_text("Height and width apart").click()
        page.wait_for_url(lambda url: "kernel_size_width=" in url)
        settle(page)
        stride = page.get_by_role("slider", name="Stride, width")
        assert (asked(page, "stride_width"), asked(page, "stride")) == (kept["stride"][0],) * 2
        stride.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(lambda url: f"stride_width={kept['stride'][0]}" not in url)
        settle(page)
        page.get_by_text("Height and width apart").click()
        page.wait_for_url(lambda url: "_width=" not in url and "apart" not in url)
        settle(page)
        assert parse_qs(urlsplit(page.url).query) == kept
        expect(page.get_by_role("slider", name="Stride, width")).to_have_count(0)
