"""The Share dialog, its code and packed addresses, in a real browser."""

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from benchmarks.harness import App
from cnnviz.ui.frame.sharing.packing import packed, unpack
from tests.browser.explorer import open_explorer, serious_faults
from tests.browser.test_phone import WIDE
from tests.browser.waiting import settle, until

EXERCISE = "/convolution?image=lecture&stride=2&hide=stride,facts"
SEALED = "/convolution?image=lecture&hide=stride,facts&task=" + str(
    packed({"stride": "2", "hide": "stride,facts"})["task"]
)


def share(page: Page) -> Locator:
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("img, [data-testid=stAlert]").first.wait_for()
    settle(page)
    return dialog


def link(dialog: Locator) -> str:
    return dialog.get_by_test_id("stCode").locator("code").inner_text().replace("\n", "")


def scanned(dialog: Locator) -> str:
    """What a camera reads that looks at the screen."""
    dialog.locator("img").scroll_into_view_if_needed()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(dialog.locator("img").screenshot())))
    return found.text


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_link_and_code_open_this_very_page(page: Page, context: BrowserContext, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_explorer(page, "/convolution?image=lecture&stride=2&at=0.1.1")
    dialog = share(page)
    assert link(dialog) == page.url
    assert scanned(dialog) == page.url
    assert serious_faults(page) == []
    box, room = dialog.locator("img").bounding_box(), dialog.get_by_test_id("stCode").bounding_box()
    assert box is not None
    assert room is not None
    assert box["width"] == pytest.approx(room["width"], abs=2)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_test_id("stCode").hover()
    dialog.get_by_role("button", name="Copy to clipboard").click()
    until(page, lambda: page.evaluate("navigator.clipboard.readText()"), lambda text: text == page.url)
    context.clear_permissions()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_phone_sees_all_of_it(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_explorer(page, EXERCISE)
    dialog = share(page)
    assert page.evaluate(WIDE) == [0, 0]
    box = dialog.locator("img").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert scanned(dialog) == link(dialog)


def test_the_switch_packs_what_is_hidden(page: Page) -> None:
    open_explorer(page, EXERCISE)
    dialog = share(page)
    sealed = link(dialog)
    assert "stride=" not in sealed
    assert scanned(dialog) == sealed
    dialog.get_by_text("Pack what is hidden").click()
    expect(dialog.get_by_test_id("stCode")).to_contain_text("stride=2")
    settle(page)
    assert parse_qs(urlsplit(link(dialog)).query) == asked(page)
    assert scanned(dialog) == link(dialog)
    page.goto(sealed)
    page.locator(".explorer[data-drawn]").first.wait_for()
    settle(page)
    assert page.url == sealed
    expect(page.get_by_role("slider", name="Stride")).to_be_hidden()
    expect(page.locator(".explorer")).to_contain_text("column 0 of 0–1")  # 2×2 of 6×6: the stride is in force


def test_a_packed_address_tells_nothing_whatever_is_done(page: Page) -> None:
    """Nor is it told for a moment: each address that the page has had is looked at."""
    page.add_init_script(
        """for (const name of ["pushState", "replaceState"]) {
            const plain = history[name];
            history[name] = function (state, title, url) {
                const seen = JSON.parse(sessionStorage.seen || "[]");
                sessionStorage.seen = JSON.stringify([...seen, String(url)]);
                return plain.apply(this, arguments);
            };
        }"""
    )
    open_explorer(page, SEALED)
    settle(page)
    packs = asked(page)["task"]
    page.get_by_role("slider", name="Padding").press("ArrowRight")
    page.wait_for_url(lambda url: "padding=1" in url)
    settle(page)
    page.get_by_role("link", name="Pooling", exact=True).first.click()
    expect(page.get_by_role("heading", name="Pooling", level=1)).to_be_visible()
    settle(page)
    page.reload()
    expect(page.get_by_role("heading", name="Pooling", level=1)).to_be_visible()
    settle(page)
    page.get_by_role("link", name="Convolution", exact=True).first.click()
    page.wait_for_url(lambda url: "padding=1" in url)
    settle(page)
    assert asked(page) == {"image": ["lecture"], "padding": ["1"], "hide": ["stride,facts"], "task": packs}
    page.reload()
    page.locator(".explorer[data-drawn]").first.wait_for()
    settle(page)
    page.get_by_role("slider", name="Padding").press("ArrowRight")
    page.wait_for_url(lambda url: "padding=2" in url)
    settle(page)
    page.evaluate("history.back()")
    page.wait_for_url(lambda url: "padding=1" in url)
    settle(page)
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", name="Pooling", level=1)).to_be_visible()
    settle(page)
    for padding in ("1", "2"):
        page.evaluate("history.forward()")
        expect(page.get_by_role("slider", name="Padding")).to_have_attribute("aria-valuetext", padding)
        settle(page)
        assert asked(page)["padding"] == [padding]
    expect(page.locator(".explorer")).to_contain_text("of 0–3")  # 4×4 of 10×10
    seen = page.evaluate("JSON.parse(sessionStorage.seen)")
    assert seen
    assert [url for url in seen if "stride=" in url or "stride%3D2" in url] == []
    assert unpack(packs[0]) == {"stride": ["2"]}


def test_the_explorer_does_not_name_what_is_hidden(page: Page) -> None:
    open_explorer(page, "/pooling?image=numbers&layer=AvgPool2d&both=false&at=0.0.0&hide=layer,examples")
    for words in ("AvgPool2d", "Mean", "mean", "/ 4"):
        expect(page.locator(".explorer")).not_to_contain_text(words)
    open_explorer(page, "/convolution?activation=Tanh&at=0.12.12&hide=activation")
    expect(page.locator(".explorer")).to_contain_text("its activation")
    expect(page.locator(".explorer")).not_to_contain_text("Tanh")


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app below a path that ends like a page's name."""
    app = App(Path(tmp_path_factory.mktemp("below")), options=["--server.baseUrlPath", "my-models"])
    app.wait()
    yield app
    app.kill()


@pytest.mark.parametrize("path", ["/", "/pooling?kernel_size=3"])
def test_below_a_path_the_link_is_the_browsers_own(below: App, chromium: Browser, path: str) -> None:
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.goto(f"{below.url}{path}")
    page.locator(".explorer[data-drawn]").first.wait_for()
    settle(page)
    dialog = share(page)
    assert link(dialog) == page.url
    assert scanned(dialog) == page.url
    page.close()
