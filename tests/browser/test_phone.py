"""A phone of 390 pixels: no page is wider than the screen."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import SETTLED

WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return [main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth];
}"""


@pytest.mark.parametrize(
    ("address", "drawn"),
    [
        ("/", ".explorer[data-drawn]"),
        ("/builder?architecture=resnet50", ".network[data-drawn]"),
        ("/builder?more=paste", ".network[data-drawn]"),
        ("/builder?more=code", "[data-testid=stCode]"),
        ("/models?model=vgg16", ".network[data-drawn]"),
        ("/train?optimizer=sgd&schedule=step&set_dropout=true&grid=learning_rate", "[data-testid=stExpander]"),
        ("/compare?runs=mlp-cifar10,lenet5-cifar10", "[role=region] table"),
        ("/kernels", ".maps[data-drawn]"),
        ("/kernels?model=tutorial_net-cifar10&film=true", ".film[data-at]"),
        ("/activations", "[data-drawn]:visible"),
        ("/activations?look=conv1:0:3.3", "[data-drawn]:visible"),
        ("/activations?look=fc1:3", "[data-drawn]:visible"),
        ("/convolution?more=weight+sharing", ".explorer[data-drawn]"),
        ("/pooling?more=savings", ".explorer[data-drawn]"),
    ],
)
def test_no_page_scrolls_sideways(page: Page, address: str, drawn: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    page.locator(drawn).first.wait_for()
    page.locator(SETTLED).wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    assert page.evaluate(WIDE) == [0, 0], address
