"""The window explorer: what it says equals what torch computes, and looking around asks the server nothing."""

import re
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Browser, Page, expect

from benchmarks.harness import App
from cnnviz.data.shapes import shape_image
from cnnviz.layers.presets import filter_bank
from cnnviz.runs import load_checkpoint
from cnnviz.ui.pickers.image_picker import digit_image
from tests.browser.explorer import expect_place, listen, move_to, open_explorer, place, products, shown
from tests.browser.waiting import frames, settle, until


@pytest.mark.parametrize(
    ("address", "x", "options"),
    [
        ("?at=0.0.0&kernel=sharpen&bias=0.5", digit_image("3").values, {}),
        ("?at=0.0.0&stride=2&padding=2&kernel_size=5", digit_image("3").values, {"stride": 2, "padding": 2}),
        (
            "?at=0.0.0&image=shape&shape=star&dilation=3&padding=1",
            shape_image("star", 0) / 255,
            {"dilation": 3, "padding": 1},
        ),
    ],
)
def test_every_hovered_number_equals_torchs(page: Page, address: str, x: object, options: dict[str, int]) -> None:
    open_explorer(page, f"/convolution{address}")
    x = torch.as_tensor(x, dtype=torch.float32)
    name, k = ("sharpen", 3) if "sharpen" in address else ("vertical edges", 5 if "kernel_size=5" in address else 3)
    weight = torch.from_numpy(filter_bank(name, 4, len(x), (k, k))[0])
    bias = torch.full((4,), 0.5 if "bias" in address else 0.0)
    expected = F.conv2d(x[None], weight, bias, **options)[0]
    windows = F.unfold(x[None], k, **{"padding": 0, **options})[0]
    _, rows, cols = expected.shape
    page.locator(".chip").nth(1).click()
    for row, col in ((0, 0), (rows - 1, cols - 1), (rows // 2, cols // 3)):
        move_to(page, ".output .over", row, col, rows, cols)
        expect_place(page, 1, row, col)
        assert shown(page, "result") == pytest.approx(expected[1, row, col].item(), abs=1e-5)
        torch.testing.assert_close(
            products(page), windows[:, row * cols + col] * weight[1].flatten(), rtol=0, atol=1e-5
        )


def test_learned_kernels_see_the_standardised_image(page: Page) -> None:
    open_explorer(page, "/convolution?kernel=learned&padding=2&filters=32&at=0.0.0")
    module, card = load_checkpoint("lenet5-mnist")
    x = (torch.from_numpy(digit_image("3").values) - card.mean[0]) / card.std[0]
    expected = module.get_submodule("conv1")(x[None])[0]
    page.locator(".chip").nth(31).click()
    move_to(page, ".output .over", 13, 9, 28, 28)
    expect_place(page, 31, 13, 9)
    assert shown(page, "result") == pytest.approx(expected[31, 13, 9].item(), abs=1e-5)


def test_looking_around_asks_the_server_nothing(page: Page) -> None:
    sent = listen(page)
    open_explorer(page)
    settle(page)
    assert sent
    sent.clear()
    for i in range(10):
        move_to(page, ".output .over", i, 2 * i, 26, 26)
        move_to(page, ".map .over", i, i, 28, 28)
        page.locator(".grid .cell").nth(i % 9).hover()
    page.get_by_role("button", name="Step").click()
    page.locator(".scrub").fill("100")
    page.get_by_role("button", name="Play").click()
    until(page, lambda: int(page.locator(".scrub").input_value()), lambda at: at > 102)
    page.get_by_role("button", name="Pause").click()
    page.locator(".output .over").click(position={"x": 3, "y": 3})  # the first thing that the server hears of
    page.wait_for_url("**at=0.0.0*")
    assert len(sent) == 1


def test_three_levels_down_and_up_again(page: Page) -> None:
    open_explorer(page, "/convolution?image=shape&shape=star&bias=0.5")
    explorer, path = page.locator(".explorer"), page.locator(".path")
    expect(explorer).to_have_attribute("data-level", "all")
    expect(page.locator(".card")).to_have_count(4)
    move_to(page, ".card:nth-child(2) .over", 5, 7, 30, 30)
    expect_place(page, 1, 5, 7)
    page.locator(".card .over").nth(1).click()
    expect(explorer).to_have_attribute("data-level", "channel")
    expect(path).to_contain_text("Channel 1 · horizontal edges")
    expect(page.locator(".rows figcaption")).to_have_text(
        [
            words.format(name)
            for name in ("red", "green", "blue")
            for words in ("Input · {}", "Kernel for {}", "What {} adds")
        ]
    )
    move_to(page, ".output .over", 9, 11, 30, 30)
    expect_place(page, 1, 9, 11)
    x = torch.as_tensor(shape_image("star", 0) / 255, dtype=torch.float32)
    weight = torch.from_numpy(filter_bank("horizontal edges", 1, 3, (3, 3))[0])
    for c in range(3):
        part = F.conv2d(x[c : c + 1][None], weight[:, c : c + 1])[0, 0, 9, 11].item()
        number = page.locator(".adds").nth(c).inner_text().split()[1].replace("−", "-")
        assert float(number) == pytest.approx(part, abs=6e-5)
    result = F.conv2d(x[None], weight)[0, 0, 9, 11].item() + 0.5
    assert shown(page, "result") == pytest.approx(result, abs=1e-5)
    page.locator(".output .over").click(position={"x": 100, "y": 90})
    expect(explorer).to_have_attribute("data-level", "window")
    assert products(page).numel() == 27
    assert products(page).sum().item() == pytest.approx(shown(page, "sum"), abs=1e-5)
    page.wait_for_url(re.compile(r"at=1\.\d+\.\d+"))
    page.keyboard.press("Escape")
    expect(explorer).to_have_attribute("data-level", "channel")
    page.locator(".stage").click(position={"x": 3, "y": page.locator(".stage").bounding_box()["height"] - 3})  # type: ignore[index]
    expect(explorer).to_have_attribute("data-level", "all")
    page.wait_for_url(lambda url: "at=" not in url)


def test_escape_goes_back_before_anything_has_the_focus(page: Page) -> None:
    open_explorer(page, "/convolution?at=0.5.5")
    page.keyboard.press("Escape")
    expect(page.locator(".explorer")).to_have_attribute("data-level", "channel")


@pytest.mark.parametrize("address", ["?at=0", "?image=shape&compare=3&at=0", "?at=0&layer=ConvTranspose2d"])
def test_parts_of_a_channel_do_not_cover_each_other(page: Page, address: str) -> None:
    open_explorer(page, f"/convolution{address}")
    boxes = (
        page.locator(".explorer")
        .first.locator(".rows .box, .rows .sign")
        .evaluate_all(
            """parts => parts.slice(0, 5).map((part) => part.getBoundingClientRect())
            .filter((box) => box.width).map((box) => [box.left, box.right])"""
        )
    )
    for (_, right), (left, _) in pairwise(boxes):
        assert left >= right


def test_a_transposed_convolution_shows_what_an_input_cell_paints(page: Page) -> None:
    open_explorer(
        page,
        "/convolution?layer=ConvTranspose2d&image=pattern&pattern=ramp&size=6&stride=2&filters=1&kernel=soft+blur&at=0.5.5",
    )
    move_to(page, ".map .over", 2, 5, 6, 6)
    expect(page.locator("[data-role=feeds]")).to_contain_text("Input cell [2, 5] paints 9 output cells")
    painted = torch.from_numpy(filter_bank("soft blur", 1, 1, (3, 3))[0])
    torch.testing.assert_close(products(page).reshape(3, 3), painted[0, 0])
    page.locator(".scrub").fill("17")
    expect(page.locator(".where")).to_contain_text("input row 2 of 0–5, column 5")
    page.get_by_role("button", name="Step").click()
    expect(page.locator(".where")).to_contain_text("input row 3 of 0–5, column 0")


def test_play_runs_through_the_windows_in_order_and_the_slider_scrubs(page: Page) -> None:
    open_explorer(page, "/convolution?image=lecture&kernel=falling+diagonal&filters=1&at=0.0.0&stride=2")
    seen = []
    for _ in range(4):
        seen.append((*place(page)[1:], shown(page, "result")))
        page.get_by_role("button", name="Step").click()
        frames(page)
    assert seen == [(0, 0, 3), (0, 1, -3), (1, 0, -3), (1, 1, 0)]
    expect_place(page, 0, 0, 0)  # and from the last to the first
    page.locator(".scrub").fill("2")
    expect_place(page, 0, 1, 0)


def test_touch_moves_the_window_and_goes_deeper(app: App, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    open_explorer(page, f"{app.url}/convolution?image=lecture&filters=1")
    for level in ("channel", "window"):
        page.locator(".output .over, .card .over").first.tap()
        expect(page.locator(".explorer")).to_have_attribute("data-level", level)
    page.locator(".output .over").tap(position={"x": 5, "y": 5})
    expect_place(page, 0, 0, 0)
    context.close()


def test_reduced_motion_slows_play(app: App, chromium: Browser) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    open_explorer(page, f"{app.url}/convolution")
    assert page.locator(".speed input").input_value() == "1"
    context.close()


def test_an_input_cell_shows_the_outputs_that_it_feeds(page: Page) -> None:
    open_explorer(page, "/convolution?padding=1&at=0.0.0")
    feeds = page.locator("[data-role=feeds]")
    move_to(page, ".map .over", 10, 10, 30, 30)
    expect(feeds).to_have_text("Input cell [9, 9] feeds 9 output cells in each output map.")
    move_to(page, ".map .over", 1, 1, 30, 30)
    expect(feeds).to_have_text("Input cell [0, 0] feeds 4 output cells in each output map.")
    move_to(page, ".map .over", 0, 0, 30, 30)
    expect(feeds).to_have_text("This cell is border, not data: it feeds 1 output cell in each output map.")


def test_play_pause_step_and_speed(page: Page) -> None:
    open_explorer(page)
    start = place(page)
    page.get_by_role("button", name="Step").click()
    expect_place(page, 0, start[1], start[2] + 1)
    page.get_by_role("button", name="Back", exact=True).click()
    expect_place(page, *start)
    page.locator(".speed input").fill("60")
    page.get_by_role("button", name="Play").click()
    until(page, lambda: place(page), lambda at: at > (*start[:2], start[2] + 5))
    page.get_by_role("button", name="Pause").click()
    frames(page)
    stopped = place(page)
    frames(page, 30)  # at this speed it would have moved on in each second one
    assert place(page) == stopped


def test_the_keyboard_does_what_the_mouse_does(page: Page) -> None:
    open_explorer(page)
    page.locator(".output .over").focus()
    _, row, col = place(page)
    for key, to in (
        ("ArrowRight", (row, col + 1)),
        ("ArrowDown", (row + 1, col + 1)),
        ("ArrowLeft", (row + 1, col)),
        ("ArrowUp", (row, col)),
        ("Home", (row, 0)),
        ("End", (row, 25)),
        ("ArrowRight", (row, 25)),
    ):
        page.keyboard.press(key)
        expect_place(page, 0, *to)
    expect(page.locator("[data-role=live]")).to_contain_text(f"Row {row}, column 25")
    page.locator(".map .over").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-role=feeds]")).to_contain_text("Input cell [0, 0] feeds 1 output cell")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-role=feeds]")).to_contain_text("Input cell [0, 1] feeds 2 output cells")


def test_a_place_that_is_not_there_is_named_and_stays_in_the_address(page: Page) -> None:
    open_explorer(page, "/convolution?stride=3&at=0.12.12")
    expect_place(page, 0, 8, 8)
    settle(page)
    expect(page.get_by_text("The address looks at 0.12.12, which this layer's output does not have")).to_be_visible()
    assert "at=0.12.12" in page.url
