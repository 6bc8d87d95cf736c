"""A server that really restarts under an open tab: no click is lost, on whatever it is made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.harness import App
from tests.browser.waiting import SETTLED

AGAIN = "The server has started anew, and this page is back"


class Restarting:
    """An app on one port that can be ended and started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.app = App(home)
        self.app.wait()

    def restart(self, page: Page) -> None:
        self.stop(page)
        self.start()

    def stop(self, page: Page) -> None:
        """Once the page stands and is watched."""
        page.wait_for_function("document.querySelector('[data-testid=stMain]').drawn")
        page.locator(SETTLED).wait_for()
        self.app.kill()
        page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()

    def start(self) -> None:
        self.app = App(self.home, self.app.port)
        self.app.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarting]:
    server = Restarting(tmp_path_factory.mktemp("home"))
    yield server
    assert "Traceback" not in server.app.log(), server.app.log()[-3000:]
    server.app.kill()


@pytest.fixture
def tab(server: Restarting, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, base_url=server.app.url)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def back(page: Page) -> None:
    """Until something can be done again."""
    page.wait_for_function("!document.querySelector('[data-testid=stMain]').inert")


def test_a_click_right_after_a_restart_acts(server: Restarting, tab: Page) -> None:
    tab.goto("/train?dataset=digits&epochs=1")
    expect(tab.get_by_role("button", name="Start training")).to_be_enabled()
    server.restart(tab)
    back(tab)
    tab.get_by_role("button", name="Start training").click()
    expect(tab.get_by_test_id("stProgress")).to_contain_text("Finished · epoch 1 of 1", timeout=180_000)


def test_the_builder_acts_and_says_what_is_gone(server: Restarting, tab: Page) -> None:
    tab.goto("/builder?architecture=tutorial_net")
    editor = tab.locator(".network[data-drawn]")
    rows = editor.locator("tr[data-layer]")
    rows.nth(1).wait_for()
    count = rows.count()
    editor.locator("[data-name='remove:1']").click()
    expect(rows).to_have_count(count - 1)
    tab.wait_for_function("location.search.includes('net=')")
    server.restart(tab)
    back(tab)
    expect(tab.get_by_text(AGAIN)).to_contain_text("cannot be undone any more")
    editor.locator("[data-name='remove:1']").click()
    expect(rows).to_have_count(count - 2, timeout=120_000)
    editor.locator("[data-name='undo']").click()
    expect(rows).to_have_count(count - 1, timeout=120_000)


def test_a_click_inside_a_part_of_the_page_acts(server: Restarting, tab: Page) -> None:
    tab.goto("/activations?look=conv1:0")
    tab.locator("[data-drawn]:visible").first.wait_for()
    server.restart(tab)
    back(tab)
    tab.get_by_role("button", name="conv1: all 32").click()
    tab.wait_for_function("new URLSearchParams(location.search).get('look') === 'conv1'", timeout=120_000)


@pytest.mark.parametrize("page", ["convolution", "pooling"])
def test_a_slider_acts(server: Restarting, tab: Page, page: str) -> None:
    tab.goto(f"/{page}?kernel_size=3&stride=2")
    tab.locator(".explorer[data-drawn]").first.wait_for()
    server.restart(tab)
    back(tab)
    tab.get_by_role("slider", name="Stride").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("new URLSearchParams(location.search).get('stride') === '3'", timeout=120_000)
    tab.locator(SETTLED).wait_for()
    expect(tab.get_by_role("slider", name="Stride")).to_have_attribute("aria-valuetext", "3")


def test_a_tab_that_nobody_touches_says_that_it_is_back(server: Restarting, tab: Page) -> None:
    tab.goto("/models?model=vgg16")
    tab.locator(".network[data-drawn]").wait_for()
    server.stop(tab)
    expect(tab.get_by_text("The server does not answer.")).to_be_visible()
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').inert")
    server.start()
    expect(tab.get_by_text(AGAIN)).to_be_visible(timeout=120_000)
    expect(tab.get_by_text("The server does not answer.")).to_be_hidden()
    tab.get_by_role("button", name="B7", exact=True).click()
    expect(tab.get_by_role("link", name="Open EfficientNet-B7 in the builder")).to_be_visible(timeout=120_000)
