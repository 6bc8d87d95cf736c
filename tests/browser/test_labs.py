"""What the convolution page and the pooling page both promise."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cnnviz.ui.pickers.examples import CONVOLUTIONS, POOLINGS, Examples
from tests.browser.explorer import expect_place, move_to, open_explorer, serious_faults, summary
from tests.browser.waiting import settle


def expect_reloads_to_show_the_same(page: Page, times: int = 1) -> None:
    first = summary(page)
    for _ in range(times):
        page.reload()
        page.locator(".explorer[data-drawn]").first.wait_for()
        assert summary(page) == first, page.url


@pytest.mark.parametrize(
    "address",
    [
        "/convolution?kernel_size=5&stride=2&padding=2&dilation=2&at=1.3.4",
        "/convolution?layer=ConvTranspose2d&padding=3&stride=3&output_padding=2&at=0.9.8",
        "/convolution?apart=true&kernel_size=5&kernel_size_width=1&stride_width=2&padding_width=3&at=0.7.7",
        "/convolution?image=shape&groups=3&filters=6&kernel=random&seed=4&use_bias=false&padding_kind=same&at=5.9.9",
        "/convolution?compare=3&b_kernel_size=5&c_stride=2&c_padding=4&at=2.6.6",
        "/convolution?image=lecture&kernel_size=6&at=0.0.0",
        "/pooling?kernel_size=5&stride=2&padding=2&ceil_mode=true&at=0.3.4",
        "/pooling?layer=AdaptiveAvgPool2d&output_size=4&at=0.3.3~2",
        "/pooling?layer=Global+max&image=shape&at=2.0.0",
        "/pooling?apart=true&kernel_size=3&kernel_size_width=1&stride_width=2&both=false&at=0.2.2",
        "/pooling?layer=AvgPool2d&divisor_override=7&count_include_pad=false&padding=1&at=0.1.1",
        "/pooling?image=numbers&numbers=1 2 3 / 4 5 6 / 7 8 9&kernel_size=2&stride=1&at=0.1.1",
        "/pooling?dilation=2&strided=true",
    ],
)
def test_reloads_show_the_same_picture(page: Page, address: str) -> None:
    open_explorer(page, address)
    expect_reloads_to_show_the_same(page)


@pytest.mark.parametrize(("lab", "examples"), [("convolution", CONVOLUTIONS), ("pooling", POOLINGS)])
def test_an_example_is_kept_by_its_address(page: Page, lab: str, examples: Examples) -> None:
    open_explorer(page, f"/{lab}?image=lecture&dilation=2")
    for example in [*examples][::-3]:  # one after the other, each from where the one before has led
        page.get_by_role("button", name="Examples").click()
        with page.expect_navigation():
            page.get_by_role("link", name=example, exact=True).last.click()  # the menu stands after the page
        page.locator(".explorer[data-drawn]").first.wait_for()
        assert "dilation=2" not in page.url
        expect_reloads_to_show_the_same(page)


@pytest.mark.parametrize(
    ("address", "expander", "label"),
    [
        ("/convolution?kernel_size=5&stride=2&padding=1&at=0.0.0", "Border, axes, groups, bias", "Kernel size, width"),
        ("/pooling?layer=AdaptiveAvgPool2d&output_size=2&at=0.0.0", "", "Output size, width"),
    ],
)
def test_axes_taken_apart_are_kept_by_the_address(page: Page, address: str, expander: str, label: str) -> None:
    open_explorer(page, address)
    settle(page)  # the explorer is there before all of the controls
    if expander:
        page.get_by_text(expander).click()
        settle(page)  # a click on what still unfolds may be lost
    page.get_by_text("Height and width apart").click()
    expect(page.get_by_role("slider", name=label)).to_be_visible()
    page.wait_for_url(re.compile(r"_width="))
    expect_reloads_to_show_the_same(page, times=2)
    page.get_by_role("slider", name=label).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"(kernel_size_width=6|output_size(_width=3)?)"))
    expect_reloads_to_show_the_same(page)


@pytest.mark.parametrize(
    ("address", "name"),
    [("/convolution?at=0.12.12", "Conv2d-window.png"), ("/pooling?at=0.3.3", "MaxPool2d-window.png")],
)
def test_the_picture_is_saved_as_png(page: Page, address: str, name: str) -> None:
    open_explorer(page, address)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG").click()
    download = waiting.value
    assert download.suggested_filename == name
    picture = Image.open(download.path()).convert("L")
    assert picture.width > 1000
    assert np.asarray(picture).std() > 20  # not a blank sheet


def test_a_phone_has_everything_within_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (
        "/pooling?image=shape",
        "/pooling?image=shape&at=0.3.4~1",
        "/pooling?more=shift",
        "/pooling?more=savings",
        "/convolution?image=shape&at=0.0.0",
    ):
        open_explorer(page, address)
        wide = page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
        )
        assert wide <= 0, address
    move_to(page, ".output .over", 3, 4, 30, 30)
    expect_place(page, 0, 3, 4)


@pytest.mark.parametrize(
    "address",
    [
        "/convolution?image=shape",
        "/convolution?image=shape&at=1&activation=ReLU",
        "/convolution?image=shape&at=1.4.4",
        "/convolution?image=draw",
        "/convolution?more=code&image=lecture&compare=2",
        "/pooling?image=shape",
        "/pooling?image=shape&at=1.4.4~1",
        "/pooling?image=numbers&more=shift",
        "/pooling?more=subsampling",
        "/pooling?more=savings",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_fault(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_explorer(page, address)
    assert serious_faults(page) == []
