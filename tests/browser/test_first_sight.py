"""What stays where it is: the maps under the pointer, the answer, the picture above its controls on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer import serious_faults
from tests.browser.waiting import settle

# Over every map and between them; how far the drawing has moved, and what was told at the longest.
SWEEP = """
(map) => {
  const [view, scroll] = [map.querySelector(".view"), map.querySelector(".scroll")];
  const { left, top, right, bottom } = scroll.getBoundingClientRect();
  const tops = new Set();
  let longest = 0;
  for (let clientX = left + 4; clientX < right; clientX += 7)
    for (let clientY = top + 4; clientY < bottom; clientY += 9) {
      scroll.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
      tops.add(view.getBoundingClientRect().top);
      longest = Math.max(longest, map.querySelector(".told").textContent.length);
    }
  return [tops.size, longest];
}
"""


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("address", ["", "?model=googlenet", "?projector=true"])
def test_the_maps_stay_whatever_is_told_of_them(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(f"/activations{address}")
    page.locator(".network[data-drawn]").wait_for()
    settle(page)
    places, longest = page.locator(".network").evaluate(SWEEP)
    assert longest > 150
    assert places == 1


def test_the_map_that_is_clicked_is_the_one_under_the_pointer(page: Page) -> None:
    page.goto("/activations?model=simplified_resnet-cifar10")
    network = page.locator(".network[data-drawn]")
    network.wait_for()
    settle(page)
    box = page.locator(".network .scroll").bounding_box()
    assert box
    for x, y in ((150, 300), (240, 180), (430, 240)):
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.move(box["x"] + x, box["y"] + y)
        looked = network.get_attribute("data-look")
        assert looked
        assert re.search(r":\d+$", looked)
        page.mouse.down()
        page.mouse.up()
        page.wait_for_function("look => new URLSearchParams(location.search).get('look') === look", arg=looked)
        page.get_by_role("button", name="Whole network").click()
        network.wait_for()
        settle(page)


def test_the_answer_stays_in_view(page: Page) -> None:
    page.goto("/activations?look=conv1:0:3.3")
    answer = page.get_by_text("It says 3")
    answer.wait_for()
    page.locator("[data-drawn]:visible").first.wait_for()
    settle(page)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(answer).to_be_in_viewport(ratio=1)
    is_on_top = answer.evaluate(
        """(answer) => {
          const { left, top, height } = answer.getBoundingClientRect();
          return answer.contains(document.elementFromPoint(left + 20, top + height / 2));
        }"""
    )
    assert is_on_top


@pytest.mark.parametrize("address", ["convolution", "pooling", "kernels", "activations"])
def test_on_a_phone_the_controls_are_a_sheet_below_the_picture(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{address}")
    page.locator("[data-drawn]:visible").first.wait_for()
    settle(page)
    control = page.locator(".st-key-lab .stColumn").first
    sheet = control.bounding_box()
    assert sheet
    assert 844 * 0.55 < sheet["y"] < 844 * 0.7  # the picture has the rest
    assert sheet["y"] + sheet["height"] <= 845
    page.get_by_test_id("stMain").evaluate("main => main.scrollBy(0, 300)")
    expect(control).to_be_in_viewport(ratio=1)
    assert not serious_faults(page)


def test_home_shows_its_picture_at_once_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.locator(".explorer[data-drawn]").wait_for()
    settle(page)
    expect(page.locator(".explorer canvas").first).to_be_in_viewport(ratio=0.3)
