"""The models page: its table, the drawing of a chosen network, and the way to the builder."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import serious_faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_network_is_drawn_and_opens_in_the_builder(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/models?model=vgg16_cifar&task=CIFAR-10")
    drawing = page.locator(".network[data-drawn]")
    expect(drawing.locator("tfoot")).to_contain_text("14,728,266")
    expect(drawing.locator("svg[role=img]")).to_have_attribute("aria-label", re.compile("pool5 1×1×512"))
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    expect(drawing.get_by_role("button", name="Remove")).to_have_count(0)  # it is not edited here
    assert not serious_faults(page)
    page.get_by_role("link", name="Open in the builder").click()
    expect(page.get_by_role("heading", name="Builder")).to_be_visible()
    expect(page.locator(".network[data-drawn] tfoot")).to_contain_text("14,728,266")
    expect(page).to_have_url(re.compile("architecture=vgg16_cifar"))


def test_a_scaled_efficientnet_opens_in_the_builder(page: Page) -> None:
    page.goto("/models")
    page.get_by_role("button", name="B7", exact=True).click()
    page.get_by_role("link", name="Open EfficientNet-B7 in the builder").click()
    expect(page.locator(".network[data-drawn] tfoot")).to_contain_text("66,347,960")
