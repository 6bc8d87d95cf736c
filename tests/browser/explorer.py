"""What the browser tests of the window explorer share."""

import re

import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.waiting import settle

STREAMLITS_OWN = ("[data-testid", ".st")


def open_explorer(page: Page, address: str = "/convolution?at=0.12.12") -> None:
    page.goto(address)
    page.locator(".explorer[data-drawn]").first.wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def move_to(page: Page, canvas: str, row: int, col: int, rows: int, cols: int) -> None:
    """The mouse to the middle of a cell."""
    page.locator(canvas).first.scroll_into_view_if_needed()
    box = page.locator(canvas).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows)


def shown(page: Page, role: str) -> float:
    return float(page.locator(f".formula [data-role={role}]").first.get_attribute("data-value") or "nan")


def products(page: Page) -> torch.Tensor:
    return torch.tensor(
        page.locator(".product").evaluate_all("cells => cells.map((cell) => cell.exact)"),
        dtype=torch.float32,
    )


def place(page: Page) -> tuple[int, ...]:
    return tuple(
        int(n) for n in re.findall(r"\d+", page.locator(".formula [data-role=place]").first.inner_text().split("y[")[1])
    )


def expect_place(page: Page, *at: int) -> None:
    """The explorer draws at most once a frame, so the place may come a moment later."""
    expect(page.locator(".formula [data-role=place]").first).to_contain_text(f"y[{', '.join(map(str, at))}] = ")


def listen(page: Page) -> list[object]:
    """What the page sends to the server from now on."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


def summary(page: Page) -> list[str]:
    """All that tells one picture from another."""
    settle(page)
    roles = "['place', 'sum', 'bias', 'result', 'where']"
    found: list[str] = page.locator(".explorer").evaluate_all(
        f"""roots => roots.map((root) => [root.dataset.level, ...{roles}.map((role) => {{
            const parts = [...root.querySelectorAll(`[data-role=${{role}}]`)];
            return parts.map((part) => part.dataset.value || part.textContent).join(" and ");
        }})].join())"""
    )
    # only a window that was clicked has a place in the address
    return [
        one if one.startswith("window") else re.sub(r"(row|column) \d+|y\[.*?\][^A-Za-z]*", "", one) for one in found
    ]


def serious_faults(page: Page) -> list[object]:
    """What axe-core finds in our own parts."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (fault["id"], node["target"], node["html"][:120])
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
        if not all(part.startswith(STREAMLITS_OWN) for target in node["target"] for part in [str(target)])
    ]
