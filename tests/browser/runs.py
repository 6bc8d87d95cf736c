"""Runs on the training page, and what the browser tests of them read."""

import re
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from cnnviz.data import class_names
from cnnviz.runs import RunStore
from tests.browser.waiting import settle

SMALL = "/train?dataset=digits&architecture=tutorial_net"
CLASSES = list(class_names("digits"))
LONG = 600_000  # milliseconds; a run here needs a hundredth of it, on a machine that does nothing else


def asked(url: str, name: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get(name, [])


def picker(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Run", exact=True)


def mark(run_id: str) -> str:
    """How the label of a run ends."""
    return f"({run_id.rsplit('-', 1)[-1]})"


def expect_in_picker(page: Page, run_id: str, words: str) -> None:
    """The page shows this run, and says so."""
    expect(picker(page)).to_have_value(re.compile(f"{re.escape(words)}.*{re.escape(mark(run_id))}$"), timeout=LONG)


def start(page: Page) -> str:
    """Click; the id of the run that is shown then."""
    before = {run.id for run in RunStore().list()}
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(lambda url: bool(asked(url, "run")) and asked(url, "run")[0] not in before)
    [run_id] = {run.id for run in RunStore().list()} - before
    return run_id


def expect_nothing_of_axe(page: Page) -> None:
    """No fault that is serious or critical, in light and in dark; Streamlit's own parts count too."""
    page.mouse.move(0, 0)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === scheme",
            arg=scheme,
        )
        settle(page)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        faults = [
            (scheme, fault["id"], node["html"][:160], node["failureSummary"][:200])
            for fault in found
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
        assert not faults


def table_of(region: Locator) -> dict[str, list[str]]:
    """The cells of each row by the row's header."""
    rows = region.locator("tbody tr")
    return {row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts() for row in rows.all()}
