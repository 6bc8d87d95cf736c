"""The window explorer: what it says equals what torch computes, and looking around asks the server nothing."""

import re

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, WebSocket, expect

from cnnviz.data.shapes import shape_image
from cnnviz.layers.presets import filter_bank
from cnnviz.runs import load_checkpoint
from cnnviz.ui.image_picker import digit_image


def open_explorer(page: Page, address: str = "/convolution") -> None:
    page.goto(address)
    page.locator(".explorer[data-drawn]").wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def move_to(page: Page, canvas: str, row: int, col: int, rows: int, cols: int) -> None:
    """The mouse to the middle of a cell."""
    page.locator(canvas).first.scroll_into_view_if_needed()
    box = page.locator(canvas).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows)


def shown(page: Page, role: str) -> float:
    return float(page.locator(f".formula [data-role={role}]").get_attribute("data-value") or "nan")


def place(page: Page) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", page.locator(".formula [data-role=place]").inner_text()))


def expect_place(page: Page, *at: int) -> None:
    """The explorer draws at most once a frame, so the place may come a moment later."""
    expect(page.locator(".formula [data-role=place]")).to_have_text(f"y[{', '.join(map(str, at))}] = ")


def products(page: Page) -> torch.Tensor:
    return torch.tensor(
        page.locator(".product").evaluate_all("cells => cells.map((cell) => cell.exact)"),
        dtype=torch.float32,
    )


@pytest.mark.parametrize(
    ("address", "x", "options"),
    [
        ("?kernel=sharpen&bias=0.5", digit_image("3").values, {}),
        ("?kernel=Sobel+x&stride=2&padding=2&kernel_size=5", digit_image("3").values, {"stride": 2, "padding": 2}),
        ("?image=shape&shape=star&dilation=3&padding=1", shape_image("star", 0) / 255, {"dilation": 3, "padding": 1}),
    ],
)
def test_every_hovered_number_equals_torchs(page: Page, address: str, x: object, options: dict[str, int]) -> None:
    open_explorer(page, f"/convolution{address}")
    x = torch.as_tensor(x, dtype=torch.float32)
    name, k = ("sharpen", 3) if "sharpen" in address else ("Sobel x", 5 if "kernel_size=5" in address else 3)
    weight = torch.from_numpy(filter_bank(name, 4, len(x), k)[0])
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
    open_explorer(page, "/convolution?kernel=learned+by+lenet5-mnist&padding=2&filters=32")
    module, card = load_checkpoint("lenet5-mnist")
    x = (torch.from_numpy(digit_image("3").values) - card.mean[0]) / card.std[0]
    expected = module.get_submodule("conv1")(x[None])[0]
    page.locator(".chip").nth(31).click()
    move_to(page, ".output .over", 13, 9, 28, 28)
    expect_place(page, 31, 13, 9)
    assert shown(page, "result") == pytest.approx(expected[31, 13, 9].item(), abs=1e-5)


def test_looking_around_asks_the_server_nothing(page: Page) -> None:
    sent: list[object] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", listen)
    open_explorer(page)
    page.wait_for_timeout(500)
    assert sent
    sent.clear()
    for i in range(10):
        move_to(page, ".output .over", i, 2 * i, 26, 26)
        move_to(page, ".map .over", i, i, 28, 28)
    page.locator(".chip").nth(2).click()
    page.get_by_role("button", name="Step").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Pause").click()
    assert sent == []


def test_an_input_cell_shows_the_outputs_that_it_feeds(page: Page) -> None:
    open_explorer(page, "/convolution?padding=1")
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
    page.get_by_role("button", name="Back").click()
    expect_place(page, *start)
    page.locator(".speed input").fill("60")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Pause").click()
    moved = (place(page)[1] - start[1]) * 26 + place(page)[2] - start[2]
    assert moved > 5
    stopped = place(page)
    page.wait_for_timeout(300)
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


def test_the_lecture_is_one_click_away(page: Page) -> None:
    open_explorer(page)
    page.get_by_role("button", name="The lecture's 6×6 example").click()
    expect(page.locator(".output figcaption")).to_have_text("Output · filter 0 (diagonal)")
    expect(page.locator(".where")).to_contain_text("of 0–3")
    rows = [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]
    for row in range(4):
        for col in range(4):
            move_to(page, ".output .over", row, col, 4, 4)
            expect_place(page, 0, row, col)
            assert shown(page, "result") == rows[row][col]
    assert "image=lecture" in page.url
    page.reload()
    expect(page.locator(".where")).to_contain_text("of 0–3")


def test_the_address_follows_the_controls_and_a_reload_keeps_them(page: Page) -> None:
    open_explorer(page)
    for label, presses in (("Kernel size", 2), ("Stride", 1)):
        page.locator(f'input[type=range][aria-label="{label}"]').focus()
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("stride=2"))
    expect(page.locator(".where")).to_contain_text("of 0–11")
    assert "kernel_size=5" in page.url
    page.reload()
    expect(page.locator(".where")).to_contain_text("of 0–11")
    assert products(page).numel() == 25


def test_a_phone_has_everything_within_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_explorer(page, "/convolution?image=shape")
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
    )
    assert wide <= 0
    move_to(page, ".output .over", 3, 4, 30, 30)
    expect_place(page, 0, 3, 4)
