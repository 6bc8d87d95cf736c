"""Pictures that people bring: the drawing pad and the way back, files that are gone, what a network reads."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.harness import App
from tests.browser.explorer import move_to, open_explorer

BAR = [(0.5, 0.12), (0.5, 0.88)]
BOW = [(0.5, 0.12), (0.28, 0.2), (0.28, 0.42), (0.5, 0.5)]
"""To the left of the bar's upper half: together they are a nine."""


def stroke(page: Page, points: list[tuple[float, float]]) -> None:
    """Drawn with the mouse; points are shares of the pad."""
    box = page.locator(".pad canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for at in places[1:]:
        page.mouse.move(*at, steps=4)
    page.mouse.up()


def light(page: Page, x: float, y: float) -> bool:
    """Whether the pad shows ink at this share of it."""
    return page.locator(".pad canvas").evaluate(
        "(canvas, [x, y]) => canvas.getContext('2d').getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0] > 127",
        [x, y],
    )


def strokes(page: Page) -> int:
    return len(re.findall(r"drawing=(\S+)", page.url)[0].split("&")[0].split("."))


def test_the_pad_goes_back_with_the_browser(page: Page) -> None:
    open_explorer(page, "/convolution?image=draw")
    reads = page.get_by_text("lenet5-mnist reads a")
    stroke(page, BAR)
    expect(reads).to_contain_text("reads a 1")
    page.wait_for_url(re.compile("drawing="))
    stroke(page, BOW)
    expect(reads).to_contain_text("reads a 9")
    page.wait_for_url(re.compile(r"drawing=\w+\.\w+"))
    assert light(page, 0.28, 0.3)
    page.go_back()
    expect(reads).to_contain_text("reads a 1")
    assert strokes(page) == 1
    expect(page.locator(".pad")).to_have_attribute("data-strokes", "1")
    assert not light(page, 0.28, 0.3)
    assert light(page, 0.5, 0.7)  # the bar is there
    stroke(page, [(0.3, 0.88), (0.7, 0.88)])
    page.wait_for_url(re.compile(r"drawing=\w+\.\w+"))
    assert strokes(page) == 2
    assert not light(page, 0.28, 0.3)
    page.go_back()
    page.wait_for_url(re.compile(r"drawing=[^.]+$"))
    page.go_forward()
    page.wait_for_url(re.compile(r"drawing=\w+\.\w+"))
    expect(reads).to_be_visible()


def test_a_drawing_goes_on_while_the_server_answers(page: Page) -> None:
    """What was said earlier comes back late and takes nothing away of what was drawn since."""
    open_explorer(page, "/convolution?image=draw&as_digit=false")
    for x in (0.2, 0.35, 0.5, 0.65, 0.8):
        stroke(page, [(x, 0.2), (x, 0.8)])
    page.wait_for_url(re.compile(r"drawing=(\w+\.){4}\w+"))
    assert all(light(page, x, 0.5) for x in (0.2, 0.35, 0.5, 0.65, 0.8))


def test_a_refused_picture_leaves_the_last_and_a_server_started_again_says_that_it_has_none(
    chromium: Browser, tmp_path: Path
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(content, "PNG")
    app = App(tmp_path)
    tab = chromium.new_page(viewport={"width": 1400, "height": 1000})
    try:
        app.wait()
        tab.goto(f"{app.url}/activations?model=tutorial_net-cifar10&image=upload")
        expect(tab.get_by_text("There is no picture to look at. Upload a picture first.")).to_be_visible()
        tab.locator("input[type=file]").set_input_files(
            {"name": "orange.png", "mimeType": "image/png", "buffer": content.getvalue()}
        )
        expect(tab.get_by_text("It says")).to_be_visible()
        answer = tab.get_by_text("It says").inner_text()
        tab.locator("input[type=file]").set_input_files(
            {"name": "paper.tif", "mimeType": "image/tiff", "buffer": b"II*\0 and so on"}
        )
        expect(tab.get_by_text("TIFF files are not read here")).to_contain_text("your last picture, orange.png")
        expect(tab.get_by_text("It says")).to_have_text(answer)
        with tab.expect_websocket(timeout=60_000):
            app.kill()
            app = App(tmp_path, app.port)
            app.wait()
        tab.get_by_role("radio", name="grey").click()  # the page stays as it was until it is touched
        gone = tab.get_by_text("There is no picture to look at. The server was started again")
        expect(gone).to_be_visible(timeout=60_000)
        expect(tab.get_by_text("paper.tif").first).to_be_visible()
        expect(tab.get_by_text("It says")).to_have_count(0)
    finally:
        tab.close()
        app.kill()


def test_the_zeros_around_a_digit_are_said_to_be_grey(page: Page) -> None:
    page.goto("/activations?look=conv1:0:0.0")
    page.locator(".explorer[data-drawn]").first.wait_for()
    expect(page.get_by_text("black, 0, is −0.42 and white, 255, is 2.82")).to_be_visible()
    move_to(page, ".map .over", 0, 0, 32, 32)
    expect(page.locator("[data-role=feeds]")).to_contain_text(
        "This cell is border, not data, and its 0 is mean grey, not black: it feeds"
    )
