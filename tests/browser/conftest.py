"""The real app, once for all browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.harness import App, running_app

expect.set_options(timeout=20_000)  # a busy machine is no failure


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("home")) as app:
        yield app


@pytest.fixture(scope="session")
def context(app: App, chromium: Browser) -> Iterator[BrowserContext]:
    """Streamlit's scripts are loaded and compiled once: that takes longer than a page of ours."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, base_url=app.url)
    yield context
    context.close()


@pytest.fixture
def page(app: App, context: BrowserContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A fresh visitor. The test fails where the page raises or asks another host for something."""
    monkeypatch.setenv("CNNVIZ_HOME", str(app.home))
    page = context.new_page()
    forget = {"origin": app.url, "storageTypes": "all"}  # what an earlier visitor left: all but the cache of files
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", forget)
    page.set_default_timeout(30_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: None if request.url.startswith((app.url, "data:", "blob:")) else wrong.append(request.url),
    )
    yield page
    for tab in context.pages:
        tab.close()
    assert not wrong
    assert "Traceback" not in app.log(), app.log()[-3000:]
