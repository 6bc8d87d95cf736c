"""The models page: its table, the drawing of a chosen network, and the way to the builder."""

import re
from itertools import combinations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import serious_faults
from tests.browser.test_phone import WIDE
from tests.browser.waiting import settle


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_network_is_drawn_and_opens_in_the_builder(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/models?model=vgg16_cifar&task=CIFAR-10")
    drawing = page.locator(".network[data-drawn]")
    expect(drawing.locator("tfoot")).to_contain_text("14,728,266")
    expect(drawing.locator("svg[role=img]")).to_have_attribute("aria-label", re.compile("pool5 512×1×1"))
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


def test_a_network_of_the_gallery_opens_in_view(page: Page) -> None:
    page.goto("/models?sort=cost")
    card = page.locator(".models a").filter(has_text=re.compile("^VGG16 for CIFAR-10"))
    card.scroll_into_view_if_needed()
    settle(page)
    assert not serious_faults(page)
    card.click()
    heading = page.get_by_role("heading", name="VGG16 for CIFAR-10", exact=True)
    expect(heading).to_be_in_viewport()
    page.wait_for_url(re.compile("sort=cost&model=vgg16_cifar|model=vgg16_cifar&sort=cost"))
    settle(page)
    page.get_by_role("button", name="All networks").click()
    expect(heading).to_have_count(0)
    expect(page.locator(".models")).to_be_in_viewport()
    settle(page)
    page.evaluate("history.back()")
    expect(heading).to_be_in_viewport()


def test_the_gallery_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/models")
    page.locator(".models a").first.wait_for()
    settle(page)
    assert page.evaluate(WIDE) == [0, 0]
    gallery = page.locator(".models").bounding_box()
    assert gallery is not None
    assert gallery["height"] < 500


@pytest.mark.parametrize("task", ["ImageNet", "CIFAR-10"])
@pytest.mark.parametrize("width", [1400, 1000, 390])
def test_no_label_of_the_chart_lies_on_another(page: Page, width: int, task: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/models?task={task}")
    page.locator(".js-plotly-plot .annotation").first.wait_for(state="attached")
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    settle(page)
    boxes = page.locator(".js-plotly-plot .annotation-text").evaluate_all(
        """texts => texts.map((text) => text.getBoundingClientRect()).filter((box) => box.width)
            .map(({left, top, right, bottom}) => [left, top, right, bottom])"""
    )
    assert len(boxes) >= 5
    for a, b in combinations(boxes, 2):
        assert min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])
