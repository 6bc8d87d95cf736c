"""A component's module is fetched when it is needed first: what happens before it is there, and where it does not come."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from cnnviz.components.assets import FILES
from tests.components.modules import ORIGIN, open_page

_MODULE = """
globalThis.loads = (globalThis.loads ?? 0) + 1;
export default ({ data, parentElement }) => {
  parentElement.textContent = `shows ${data}`;
  said.push(`shows ${data}`);
  return () => said.push(`leaves ${data}`);
};
"""
_TAKE = """async (text) => {
  globalThis.said = [];
  const module = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  globalThis.show = (data) => module.default({ data, parentElement: document.querySelector("main") });
}"""


class Server:
    """Answers for the module when it is told to."""

    def __init__(self, page: Page) -> None:
        self.asked: list[Route] = []
        page.route(f"{ORIGIN}it.js*", lambda route: self.asked.append(route))

    def answer(self, page: Page, status: int = 200) -> None:
        while not self.asked:
            page.evaluate("() => new Promise(requestAnimationFrame)")
        self.asked.pop(0).fulfill(status=status, body=_MODULE, content_type="text/javascript")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = open_page(chromium)
    yield page
    page.close()


@pytest.fixture
def server(page: Page) -> Server:
    server = Server(page)
    page.evaluate(_TAKE, FILES["loader.js"].decode().replace("@MODULE@", "it.js"))
    return server


def test_the_newest_of_what_came_before_the_module_is_shown(page: Page, server: Server) -> None:
    page.evaluate("() => { show(1); globalThis.leave = show(2); }")
    server.answer(page)
    expect(page.locator("main")).to_have_text("shows 2")
    page.evaluate("() => leave()")
    assert page.evaluate("said") == ["shows 2", "leaves 2"]
    assert page.evaluate("loads") == 1


def test_once_the_module_is_there_nothing_waits(page: Page, server: Server) -> None:
    page.evaluate("() => { show(1) }")
    server.answer(page)
    expect(page.locator("main")).to_have_text("shows 1")
    assert page.evaluate("() => { show(2)(); return said }") == ["shows 1", "shows 2", "leaves 2"]


def test_what_has_left_before_the_module_came_is_not_shown(page: Page, server: Server) -> None:
    page.evaluate("() => { const early = show(1); globalThis.late = show(2); early(); }")  # the early one was overtaken
    page.evaluate("() => late()")
    server.answer(page)
    page.wait_for_function("globalThis.loads")
    assert page.evaluate("said") == []
    page.evaluate("() => { show(3) }")
    expect(page.locator("main")).to_have_text("shows 3")


def test_a_module_that_does_not_come_can_be_asked_for_again(page: Page, server: Server) -> None:
    page.evaluate("() => { show(1) }")
    server.answer(page, status=404)
    expect(page.locator("main")).to_have_text(re.compile("could not be loaded from the server. Try again"))
    page.evaluate("() => { show(2) }")  # a change is a try
    server.answer(page, status=500)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    server.answer(page)
    expect(page.locator("main")).to_have_text("shows 2")
    assert page.evaluate("said") == ["shows 2"]
