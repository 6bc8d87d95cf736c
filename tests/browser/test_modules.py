"""How the components' code reaches the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks.harness import App
from cnnviz.components.assets import MODULES, VERSION


def test_one_change_sends_no_script_twice(page: Page) -> None:
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(bytes(frame))))
    page.goto("/convolution")
    drawn = page.locator(".explorer[data-drawn]")
    drawn.wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    frames.clear()
    before = drawn.get_attribute("data-drawn")
    page.get_by_role("slider", name="Stride").press("ArrowRight")
    expect(drawn).not_to_have_attribute("data-drawn", before or "")
    assert not [url for url in asked if url.endswith((".js", ".css", ".html"))]
    assert sum(map(len, frames)) < 40_000


def test_a_module_that_does_not_come_is_asked_for_again(page: Page) -> None:
    """Also one that only another one imports."""
    refused = [f"{VERSION}/window_explorer/geometry.js"]

    def answer(route: Route) -> None:
        if refused and route.request.url.endswith(refused[0]):
            refused.pop()
            route.abort()
        else:
            route.fallback()

    page.route(f"**/{MODULES}/**", answer)
    page.goto("/convolution")
    page.get_by_role("button", name="Try again").click()
    page.locator(".explorer[data-drawn]").wait_for()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


@pytest.fixture
def beneath(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path, options=("--server.baseUrlPath", "class"))
    try:
        app.wait()
        yield app
    finally:
        app.kill()


def test_the_app_may_stand_beneath_a_path(beneath: App, chromium: Browser) -> None:
    page = chromium.new_page()
    for address in ("", "/", "/convolution"):
        page.goto(f"{beneath.url}{address}")
        page.locator(".explorer[data-drawn]").wait_for()
    page.close()
