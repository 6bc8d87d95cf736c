"""Waiting for what is expected of a page, never for a while."""

from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Page, expect

T = TypeVar("T")
SETTLED = "[data-test-script-state=notRunning]"
"""What there is when the server has nothing more to say."""
STILL = """() => {
    const shadows = (root) => [...root.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
    const within = (root) => [root, ...shadows(root).flatMap(within)];
    const lasts = ({ playState, effect }) => playState === "running" && effect.getComputedTiming().endTime < Infinity;
    return !within(document).some((root) => root.getAnimations().some(lasts));
}"""
"""Whether no colour fades and nothing unfolds."""


def settle(page: Page) -> None:
    """Until the server has said all and the page has drawn it."""
    page.locator(SETTLED).wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    frames(page)
    page.wait_for_function(STILL)
    page.wait_for_function("window.cnnvizSteps !== undefined")  # the page's own modules come last


def frames(page: Page, number: int = 2) -> None:
    """So many frames of the browser; what was to be drawn in the next one is drawn after two."""
    page.evaluate(
        """async (number) => {
            for (let i = 0; i < number; i++) await new Promise(requestAnimationFrame);
        }""",
        number,
    )


def until(page: Page, read: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """What is read once it is as expected; no machine needs as long as that takes to fail."""
    for _ in range(1000):
        if holds(found := read()):
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"still {found}")
