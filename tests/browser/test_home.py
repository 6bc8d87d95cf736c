"""From the home page one gets everywhere."""

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(
    ("link", "title"),
    [("Explore a convolution", "Convolution"), ("Train a network", "Train"), ("Look at its kernels", "Kernels")],
)
def test_the_cards_lead_to_the_pages(page: Page, link: str, title: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=link).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_explorer_is_alive_on_the_home_page(page: Page) -> None:
    page.goto("/")
    page.locator(".explorer[data-drawn]").wait_for()
    page.get_by_role("button", name="Step").click()
    expect(page.locator(".formula [data-role=place]")).to_have_text("y[0, 12, 13] = ")


@pytest.mark.parametrize("address", ["/convolution", "/kernels", "/train"])
def test_a_fresh_server_shows_the_navigation_on_any_address(
    address: str, tmp_path_factory: pytest.TempPathFactory, page: Page
) -> None:
    from benchmarks.harness import running_app

    with running_app(tmp_path_factory.mktemp("fresh")) as fresh:
        visitor = page.context.browser.new_page()  # type: ignore[union-attr]
        visitor.goto(fresh.url + address)
        expect(visitor.get_by_test_id("stTopNavLink").first).to_be_visible()
        visitor.close()
