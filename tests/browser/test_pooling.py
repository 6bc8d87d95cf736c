"""The pooling page: what it says equals what torch computes, and its parts are those of the convolution page."""

import re

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from cnnviz.data.shapes import shape_image
from cnnviz.ui.pickers.image_picker import digit_image
from tests.browser.explorer import (
    expect_place,
    listen,
    move_to,
    open_explorer,
    place,
)
from tests.browser.waiting import frames, settle, until


def results(page: Page) -> list[float]:
    """What stands behind the formulas, the maximum first."""
    return [
        float(value)
        for value in page.locator(".formula [data-role=result]").evaluate_all(
            "parts => parts.map((part) => part.dataset.value)"
        )
    ]


def exact(page: Page, figure: str) -> torch.Tensor:
    """The numbers of a map; NaN where there is none."""
    values = page.locator(figure).evaluate("figure => Array.from(figure.exact, (value) => value)")
    return torch.tensor([float("nan") if value is None else value for value in values], dtype=torch.float32)


@pytest.mark.parametrize(
    ("address", "options", "means"),
    [
        ("", {"kernel_size": 2}, {}),
        ("kernel_size=3&stride=2&padding=1", {"kernel_size": 3, "stride": 2, "padding": 1}, {}),
        (
            "kernel_size=5&stride=4&padding=1&ceil_mode=true&count_include_pad=false",
            {"kernel_size": 5, "stride": 4, "padding": 1, "ceil_mode": True},
            {"count_include_pad": False},
        ),
        ("kernel_size=3&divisor_override=5", {"kernel_size": 3}, {"divisor_override": 5}),
    ],
)
def test_every_hovered_number_equals_torchs(
    page: Page, address: str, options: dict[str, int], means: dict[str, int]
) -> None:
    open_explorer(page, f"/pooling?image=shape&shape=star&at=1.0.0&{address}")
    x = torch.as_tensor(shape_image("star", 0) / 255, dtype=torch.float32)[None]
    largest, mean = F.max_pool2d(x, **options)[0], F.avg_pool2d(x, **options, **means)[0]
    _, rows, cols = largest.shape
    for row, col in ((0, 0), (rows - 1, cols - 1), (rows // 2, cols // 3)):
        move_to(page, ".output .over", row, col, rows, cols)
        expect_place(page, 1, row, col)
        assert results(page) == pytest.approx([largest[1, row, col].item(), mean[1, row, col].item()], abs=1e-6)


def test_the_courses_numbers_are_one_click_away(page: Page) -> None:
    open_explorer(page, "/pooling")
    for example, which, expected in (
        ("The course's 4×4 numbers: maximum", 0, [[100, 184], [12, 45]]),
        ("The course's 4×4 numbers: average (31 first)", 1, [[36.5, 80], [12, 15]]),
    ):
        page.get_by_role("link", name=example, exact=True).first.click()  # above the picture: no menu to open
        page.wait_for_url(re.compile("numbers=" if "average" in example else "image=numbers"))
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        page.locator(".explorer[data-level=window]").wait_for()
        for row in range(2):
            for col in range(2):
                move_to(page, ".output .over", row, col, 2, 2)
                expect_place(page, 0, row, col)
                assert results(page)[which] == expected[row][col]
    move_to(page, ".output .over", 0, 0, 2, 2)
    expect(page.locator(".formula").nth(1)).to_contain_text("(31 + 15 + 0 + 100) / 4 = 36.5")


def test_winners_and_gradients_are_torchs(page: Page) -> None:
    open_explorer(page, "/pooling?kernel_size=3&stride=2&padding=1&at=0.6.6")
    x = torch.from_numpy(digit_image("3").values)[None].requires_grad_()
    options = {"kernel_size": 3, "stride": 2, "padding": 1}
    largest, indices = F.max_pool2d_with_indices(x, **options)
    wins = torch.bincount(indices.flatten(), minlength=28 * 28)
    torch.testing.assert_close(exact(page, "[data-whole=max]"), wins.float())
    page.get_by_role("button", name="Backward").click()
    field = page.get_by_label("Gradient at this output cell")
    field.fill("-2")
    window = (slice(11, 14), slice(11, 14))
    for which, y in (("max", largest), ("mean", F.avg_pool2d(x, **options))):
        (whole,) = torch.autograd.grad(y.sum() * -2, x, retain_graph=True)
        (one,) = torch.autograd.grad(y[0, 0, 6, 6] * -2, x, retain_graph=True)
        frames(page)
        torch.testing.assert_close(exact(page, f"[data-whole={which}]"), whole.flatten())
        torch.testing.assert_close(exact(page, f"[data-gradient={which}]"), one[0, 0][window].flatten())
    expect(page.locator("[data-role=chain]")).to_contain_text("Mean: each input cell of the window gets −2 / 9")
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile(r"at=0\.6\.6~-2"))
    page.reload()
    expect(field).to_have_value("-2")


def test_a_window_cut_by_the_border_says_what_counts(page: Page) -> None:
    open_explorer(page, "/pooling?image=lecture&kernel_size=4&stride=3&padding=1&ceil_mode=true&at=0.2.2")
    formulas = page.locator(".formula")
    expect(formulas.nth(0)).to_contain_text("max(0, −∞, −∞, −∞)")
    expect(formulas.nth(1)).to_contain_text("(0 + 0 + 0 + 0) / 4")
    feeds = page.locator("[data-role=feeds]")
    window = "[data-window=max] .over"
    move_to(page, window, 0, 0, 4, 4)
    expect(feeds).to_have_text("Input cell [5, 5]: it is the winner; it counts 1 / 4.")
    move_to(page, window, 1, 1, 4, 4)
    expect(feeds).to_contain_text("it counts as minus infinity in the maximum, as zero in the mean.")
    move_to(page, window, 3, 3, 4, 4)
    expect(feeds).to_have_text("Beyond the border, where windows reach in ceil mode: it counts for nothing.")
    values = exact(page, "[data-window=max]").reshape(4, 4)
    assert values.isnan().tolist() == [[False, True, True, True], *[[True] * 4] * 3]


def test_two_levels_down_and_up_again(page: Page) -> None:
    open_explorer(page, "/pooling?image=shape")
    explorer = page.locator(".explorer")
    expect(page.locator(".card")).to_have_count(6)
    move_to(page, ".card:nth-child(5) .over", 3, 4, 16, 16)
    expect_place(page, 1, 3, 4)
    page.locator(".card .over").nth(2).click(position={"x": 5, "y": 5})
    expect(explorer).to_have_attribute("data-level", "window")
    page.wait_for_url(re.compile(r"at=1\.0\.0"))
    page.locator(".chip").nth(2).click()
    page.wait_for_url(re.compile(r"at=2\.0\.0"))
    page.keyboard.press("Escape")
    expect(explorer).to_have_attribute("data-level", "all")
    page.wait_for_url(lambda url: "at=" not in url)


def test_an_input_cell_says_in_how_many_windows_it_is_and_how_many_it_wins(page: Page) -> None:
    open_explorer(page, "/pooling?image=numbers&kernel_size=3&stride=1")
    feeds = page.locator("[data-role=feeds]")
    move_to(page, ".map .over", 1, 1, 4, 4)
    expect(feeds).to_have_text("Input cell [1, 1] lies in 4 windows of its channel and wins 3 of them.")
    move_to(page, ".map .over", 0, 0, 4, 4)
    expect(feeds).to_have_text("Input cell [0, 0] lies in 1 window of its channel and wins none of them.")


def test_an_input_cell_of_another_channel_says_what_it_wins_there(page: Page) -> None:
    open_explorer(page, "/pooling?image=shape&shape=star")
    feeds = page.locator("[data-role=feeds]")
    x = torch.as_tensor(shape_image("star", 0) / 255, dtype=torch.float32)[None]
    winners = F.max_pool2d_with_indices(x, 2)[1][0].flatten(1)
    winner = next(at for at in winners[1].tolist() if at not in winners[0])
    row, col = divmod(winner, 32)
    page.locator(".map:not(.card) .over").nth(1).hover(position={"x": 1, "y": 1})
    move_to(page, ".map:nth-child(4) .over", row, col, 32, 32)
    expect(feeds).to_have_text(f"Input cell [{row}, {col}] lies in 1 window of its channel and wins 1 of them.")


def test_quick_changes_leave_one_formula_for_each_pooling(page: Page) -> None:
    open_explorer(page, "/pooling?image=digit")
    page.get_by_role("slider", name="Kernel size").focus()
    for key in ["ArrowRight"] * 12 + ["ArrowLeft"] * 20:
        page.keyboard.press(key)
    expect(page.locator(".where")).to_contain_text("of 0–27")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.locator(".formula")).to_have_count(2)
    here = f"y[{', '.join(map(str, place(page)))}] = "
    expect(page.locator(".formula")).to_contain_text([f"MaxPool2d  {here}", f"AvgPool2d  {here}"])


def test_the_keyboard_does_what_the_mouse_does(page: Page) -> None:
    open_explorer(page, "/pooling?image=numbers&at=0.0.0")
    page.locator(".output .over").first.focus()
    page.keyboard.press("ArrowRight")
    expect_place(page, 0, 0, 1)
    expect(page.locator("[data-role=live]")).to_have_text("Row 0, column 1: 184 and 80")
    feeds = page.locator("[data-role=feeds]")
    page.locator("[data-window=max] .over").focus()
    for key in ("ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(feeds).to_have_text("Input cell [0, 3]: it is the winner; it counts 1 / 4.")
    page.locator("[data-whole=mean] .over").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(feeds).to_contain_text("Input cell [1, 0] lies in 1 window")


def test_the_strided_convolution_beside_it_follows_the_window(page: Page) -> None:
    open_explorer(page, "/pooling?strided=true")
    page.locator(".explorer[data-drawn]").nth(1).wait_for()
    move_to(page, ".card .over", 3, 9, 14, 14)
    expect_place(page, 0, 3, 9)
    other = page.locator(".explorer").nth(1)
    expect(other.locator("[data-role=place]")).to_have_text("y[0, 3, 9] = ")
    expect(other.locator(".where")).to_contain_text("row 3 of 0–13, column 9")


def test_an_edit_of_the_strided_convolution_is_kept_by_the_address(page: Page) -> None:
    open_explorer(page, "/pooling?strided=true&at=0.3.3")
    convolution = page.locator(".explorer").nth(1)
    convolution.locator("[data-role=bias]").first.click()
    page.get_by_label("Bias", exact=True).last.fill("2")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"edits=0\.b"))
    assert "at=0.3.3" in page.url
    page.reload()
    expect(convolution.locator("[data-role=bias]").first).to_have_text("bias 2")


def test_looking_around_asks_the_server_nothing(page: Page) -> None:
    sent = listen(page)
    open_explorer(page, "/pooling?at=0.5.5")
    settle(page)
    assert sent
    sent.clear()
    for i in range(10):
        move_to(page, ".output .over", i, i, 14, 14)
        move_to(page, ".map .over", i, i, 28, 28)
        move_to(page, "[data-window=max] .over", i % 2, i // 5, 2, 2)
    page.get_by_role("button", name="Step").click()
    begun = place(page)
    page.get_by_role("button", name="Play").click()
    until(page, lambda: place(page), lambda at: at > (*begun[:2], begun[2] + 2))
    page.get_by_role("button", name="Pause").click()
    page.locator(".output .over").first.click(position={"x": 3, "y": 3})  # the first thing that the server hears of
    page.wait_for_url("**at=0.0.0*")
    assert len(sent) == 1


def test_the_address_follows_the_controls(page: Page) -> None:
    open_explorer(page, "/pooling?at=0.0.0")
    page.get_by_role("slider", name="Kernel size").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("kernel_size=3"))
    expect(page.locator(".where")).to_contain_text("of 0–8")
    page.get_by_role("slider", name="Stride").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("stride=1"))
    expect(page.locator(".where")).to_contain_text("of 0–25")
    page.get_by_text("Maximum and average side by side").click()
    expect(page.locator(".formula")).to_have_count(1)
    page.get_by_label("Layer").click()
    page.get_by_role("option", name="Global average").click()
    expect(page.locator(".where")).to_contain_text("row 0 of 0–0")
    assert place(page) == (0, 0, 0)


def test_hide_and_projector(page: Page) -> None:
    open_explorer(page, "/pooling?stride=3&hide=stride,both,facts,strided&at=0.0.0")
    expect(page.get_by_role("slider", name="Kernel size")).to_be_visible()
    for hidden in (
        page.get_by_role("slider", name="Stride"),
        page.get_by_text("side by side"),
        page.get_by_text("Output size"),
    ):
        expect(hidden).to_be_hidden()
    expect(page.locator(".where")).to_contain_text("of 0–8")
    page.get_by_text("Projector").click()
    expect(page.get_by_role("slider", name="Kernel size")).to_be_hidden()
    expect(page.locator(".where")).to_contain_text("of 0–8")
