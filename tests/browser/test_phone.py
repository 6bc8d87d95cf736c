"""A phone of 390 pixels and a projector that enlarges: no page is wider than the screen."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import SETTLED, settle, until

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


@pytest.mark.parametrize(
    "address", ["models?model=vgg16", "compare?runs=mlp-cifar10,lenet5-cifar10", "builder?more=code"]
)
def test_no_page_scrolls_sideways_on_the_projector(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"/{address}&projector=true")
    page.locator("[data-drawn], canvas, table").first.wait_for()
    page.locator(SETTLED).wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_function(f"() => String(({WIDE})()) === '0,0'")


def test_a_row_of_an_enlarged_table_is_chosen_where_one_clicks(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/models?projector=true")
    page.get_by_text("All figures in a table").click()
    table = page.get_by_test_id("stDataFrame").locator("canvas").first
    table.wait_for()
    page.locator(SETTLED).wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=stDataFrame] canvas').clientWidth > 1000")
    settle(page)
    table.scroll_into_view_if_needed()
    corner = table.bounding_box()
    assert corner
    page.mouse.click(corner["x"] + 30, corner["y"] + 49 * 3.5)  # the third row below the heading
    page.wait_for_url("**/models?*model=lenet5_1998*")


# What a finger is to hit: with what lies around it unseen, and with the label that belongs to it. A link within a
# sentence is as high as its line, and what Streamlit shows over a table or a chart under a mouse is there twice.
_SMALL = """() => {
  const small = [];
  const look = (root) => {
    for (const one of root.querySelectorAll('*')) {
      if (one.shadowRoot) look(one.shadowRoot);
      const hit = 'button, summary, [role=switch], [role=combobox], [type=number], [data-testid=stPageLink-NavLink]';
      if (!one.matches(hit)) continue;
      if (one.closest('[data-testid=stElementToolbar], .modebar, [data-testid=stSidebar]') || !one.checkVisibility()) continue;
      if (one.closest('[data-testid=stMultiSelect]')) continue;
      const box = (one.closest('label') ?? one).getBoundingClientRect();
      const around = getComputedStyle(one, '::after');
      const size = (side) => Math.max(box[side], parseFloat(around[side]) || 0);
      if (box.width && (size('width') < 43.5 || size('height') < 43.5))
        small.push([one.tagName, one.innerText || one.ariaLabel, size('width'), size('height')].join(' '));
    }
  };
  look(document);
  return small;
}"""


@pytest.fixture
def phone(page: Page) -> Page:
    page.set_viewport_size({"width": 390, "height": 844})
    return page


@pytest.mark.parametrize(
    "page_name", ["convolution", "pooling", "builder", "models", "train", "kernels", "activations", ""]
)
def test_a_finger_can_hit_what_is_there(phone: Page, page_name: str) -> None:
    phone.goto(f"/{page_name}")
    phone.get_by_role("heading", level=1).wait_for()
    settle(phone)
    until(phone, lambda: phone.evaluate(_SMALL), lambda small: small == [])


def test_the_menu_closes_over_the_page_that_was_chosen(phone: Page) -> None:
    phone.goto("/")
    settle(phone)
    phone.get_by_test_id("stExpandSidebarButton").click()
    menu = phone.get_by_test_id("stSidebar")
    menu.get_by_role("link", name="Pooling").click()
    expect(phone.get_by_role("heading", name="Pooling", exact=True)).to_be_visible()
    expect(menu.get_by_role("link", name="Pooling")).not_to_be_in_viewport()


def test_the_network_is_seen_first_and_stays_where_it_is(phone: Page) -> None:
    phone.goto("/activations")
    phone.locator(".network[data-drawn]").wait_for()
    settle(phone)
    view = phone.locator(".network .view")
    before = view.bounding_box()
    assert before is not None
    assert before["y"] < 400  # above the sheet of controls
    phone.mouse.move(before["x"] + 116, before["y"] + 80)
    expect(phone.locator("[data-role=what]")).to_contain_text("conv1")
    expect(phone.locator("[data-role=what]")).to_be_in_viewport()
    assert view.bounding_box() == before
