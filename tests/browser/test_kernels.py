"""The kernels page: the mosaic, one kernel large, and its map."""

from playwright.sync_api import Page, expect


def click_map(page: Page, number: int, columns: int, rows: int) -> None:
    mosaic = page.locator(".maps .over").first
    box = mosaic.bounding_box()
    assert box is not None
    row, col = divmod(number, columns)
    mosaic.click(position={"x": (col + 0.5) * box["width"] / columns, "y": (row + 0.5) * box["height"] / rows})


def test_a_kernel_is_chosen_by_click_and_by_keyboard(page: Page) -> None:
    page.goto("/kernels")
    page.locator(".maps[data-drawn]").nth(2).wait_for()
    click_map(page, 13, columns=8, rows=4)
    expect(page.get_by_role("heading", name="Filter 13")).to_be_visible()
    page.wait_for_url("**filter=13**")
    page.locator(".maps .over").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="Filter 21")).to_be_visible()
    expect(page.locator(".maps").first).to_have_attribute("data-chosen", "21")


def test_the_second_layer_has_a_kernel_for_each_input_channel(page: Page) -> None:
    page.goto("/kernels?layer=conv2")
    page.locator(".maps[data-drawn]").nth(2).wait_for()
    click_map(page, 5 * 32 + 7, columns=32, rows=48)
    expect(page.get_by_role("heading", name="Filter 5, input channel 7")).to_be_visible()


def test_a_value_can_be_read_by_hovering(page: Page) -> None:
    from cnnviz.inspection import kernels
    from cnnviz.runs import load_checkpoint

    page.goto("/kernels?filter=3")
    large = page.locator(".maps[data-drawn] .over").nth(1)
    large.wait_for()
    box = large.bounding_box()
    assert box is not None
    large.hover(position={"x": box["width"] * 0.5, "y": box["height"] * 0.1})
    value = kernels(load_checkpoint("lenet5-mnist")[0])["conv1"][3, 0, 0, 2]
    shown = page.locator(".maps [data-role=read]").nth(1)
    expect(shown).to_have_text(f"row 0, column 2: {value:.4f}".replace("-", "−"))


def test_every_map_has_a_legend_with_its_true_range(page: Page) -> None:
    page.goto("/kernels")
    page.locator(".maps[data-drawn]").nth(2).wait_for()
    for legend in page.locator(".maps .legend-words").all():
        assert legend.inner_text().startswith("min ")
