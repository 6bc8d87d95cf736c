"""What the film of a training is sent and shows: run in a browser, without a server."""

import itertools
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import cnnviz.components.learning_film as component
from cnnviz.plots import lookup_table
from tests.components.modules import open_page, with_component

MOMENTS, IMAGES, CLASSES = 7, 12, 10
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SECONDS = 6
PICTURE = """(canvas, [x, y]) => {
  const ratio = canvas.width / canvas.clientWidth;
  return [...canvas.getContext("2d").getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data].slice(0, 3);
}"""


def a_film(moments: int = MOMENTS, kernels: tuple[int, ...] = (8, 3, 5, 5), seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    growing = np.linspace(0.1, 0.4, moments)[:, None, None, None, None]
    return {
        "steps": np.arange(moments) ** 2 * 10,
        "epochs": np.arange(moments, dtype=np.float32) ** 2 / 8,
        "accuracies": np.linspace(0.1, 0.913, moments, dtype=np.float32),
        "kernels": (growing * rng.uniform(-1, 1, (moments, *kernels))).astype(np.float16),
        "answers": rng.dirichlet(np.ones(CLASSES), (moments, IMAGES)).astype(np.float16),
        "images": rng.integers(0, 256, (IMAGES, 3, 32, 32), np.uint8),
        "labels": [i % CLASSES for i in range(IMAGES)],
        "class_names": NAMES,
        "title": "How it learned",
    }


class Face:
    """The film's Python, and its page in a browser."""

    def __init__(self, module: ModuleType, sent: dict[str, Any], page: Page) -> None:
        self.module, self.sent, self.page = module, sent, page
        self.film, self.slider = page.locator(".film"), page.locator(".scrub")

    def show(self, **film: Any) -> None:
        self.module.learning_film(**film)
        mount = "(data) => { globalThis.unmount = mount({ data, parentElement: document.querySelector('main') }) }"
        self.page.evaluate(mount, self.sent["data"])

    @property
    def at(self) -> int:
        return int(self.film.get_attribute("data-at") or -1)

    def canvas(self) -> Locator:
        return self.page.locator(".kernels canvas")


@pytest.fixture
def face(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Face]:
    sent: dict[str, Any] = {}

    monkeypatch.setattr(component, "_mount", lambda **call: sent.update(call))
    page = with_component(open_page(chromium, viewport={"width": 1400, "height": 1000}), "learning_film")
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    yield Face(component, sent, page)
    page.close()
    assert not errors


def test_parts_that_do_not_fit_are_refused(face: Face) -> None:
    film = a_film()
    for part in ("epochs", "accuracies", "kernels", "answers", "labels", "images"):
        with pytest.raises(ValueError, match="need as many"):
            face.module.learning_film(**film | {part: film[part][:-1]})
    with pytest.raises(ValueError, match="at least one"):
        face.module.learning_film(**a_film(moments=0))


def test_the_moment_in_words(face: Face) -> None:
    film = a_film()
    film["accuracies"][5] = np.nan
    face.show(**film, sample=355)
    expect(face.film).to_have_attribute("data-moments", str(MOMENTS))
    assert face.at == MOMENTS - 1
    for at, words in [(6, "epoch 4.50 · step 360 · 91.3 % of 355 test images"), (5, "epoch 3.13 · step 250")]:
        face.slider.fill(str(at))
        expect(face.page.locator(".moment")).to_have_text(words)
        expect(face.slider).to_have_attribute("aria-valuetext", words)
        assert words in (face.canvas().get_attribute("aria-label") or "")
    face.slider.press("Home")
    expect(face.page.locator(".moment")).to_have_text("epoch 0 · step 0 · untrained · 10.0 % of 355 test images")
    face.slider.press("ArrowRight")
    assert face.at == 1


def test_the_answers_of_the_moment(face: Face) -> None:
    film = a_film()
    face.show(**film)
    for at in (6, 2):
        face.slider.fill(str(at))
        best = film["answers"][at].argmax(1)
        expect(face.page.locator("li .truth")).to_have_text([f"is {NAMES[label]}" for label in film["labels"]])
        expect(face.page.locator("li .says")).to_have_text([f"says {NAMES[answer]}" for answer in best])
        shares = [int(words.removesuffix(" %")) for words in face.page.locator("li .share").all_inner_texts()]
        assert shares == pytest.approx(100 * film["answers"][at].max(1).astype(float), abs=0.51)
        bars = face.page.locator(".probability i").evaluate_all(
            "bars => bars.map((bar) => parseFloat(bar.style.width))"
        )
        assert bars == pytest.approx(100 * film["answers"][at].max(1).astype(float), abs=0.01)
        right = best == film["labels"]
        expect(face.page.locator("li .verdict")).to_have_text(["✓ right" if one else "✗ wrong" for one in right])
        expect(face.page.locator(".answers figcaption")).to_have_text(
            f"Answers for 12 test images: {right.sum()} right"
        )


def test_pictures_are_the_pixels(face: Face) -> None:
    film = a_film()
    face.show(**film)
    canvas = face.page.locator("li canvas").nth(4)
    cell = canvas.evaluate("canvas => canvas.clientWidth") / 32
    assert cell == int(cell) > 1
    shown = canvas.evaluate(PICTURE, [(7 + 0.5) * cell, (20 + 0.5) * cell])
    assert shown == film["images"][4, :, 20, 7].tolist()


def test_without_pictures_there_are_names(face: Face) -> None:
    face.show(**a_film() | {"images": None})
    expect(face.page.locator("li canvas")).to_have_count(0)
    expect(face.page.locator(".without")).to_be_visible()
    expect(face.page.locator("li .truth").nth(1)).to_have_text("is automobile")


def test_tiles_in_colour_and_channel_by_channel(face: Face) -> None:
    film = a_film(kernels=(1, 3, 5, 5))
    face.show(**film)
    at, row, col = 3, 1, 4
    face.slider.fill(str(at))
    weights = film["kernels"].astype(np.float32)
    top = np.quantile(np.abs(weights), 0.99)
    levels = np.clip(127.5 + 127.5 * weights[at, 0, :, row, col] / top, 0, 255)
    cell = (face.canvas().evaluate("canvas => canvas.clientWidth") - 2) / 5
    shown = face.canvas().evaluate(PICTURE, [1 + (col + 0.5) * cell, 1 + (row + 0.5) * cell])
    assert shown == pytest.approx(levels, abs=0.51)
    expect(face.page.locator(".legends .legend-name")).to_have_text(["Red", "Green", "Blue"])
    match = re.match(r"min −([\d.]+) · max ([\d.]+)\.", face.page.locator(".range").inner_text())
    assert match
    extremes = -weights[at].min(), weights[at].max()
    assert [float(number) for number in match.groups()] == pytest.approx(extremes, abs=5.1e-4)

    face.page.get_by_role("button", name="Each channel").click()
    width = face.canvas().evaluate("canvas => canvas.clientWidth")
    height = face.canvas().evaluate("canvas => canvas.clientHeight")
    cell = (height - 2) / 5
    pitch = (width - 2 - 5 * cell) / 2  # from one channel to the next
    for channel in range(3):
        x, y = 1 + channel * pitch + (col + 0.5) * cell, 1 + (row + 0.5) * cell
        expected = lookup_table("weights")[round(float(levels[channel]))]
        assert face.canvas().evaluate(PICTURE, [x, y]) == pytest.approx(expected, abs=5)
    expect(face.page.locator(".legends .legend-name")).to_have_text(["Weights"])


def test_what_is_odd_is_said(face: Face) -> None:
    film = a_film(moments=3)
    film["kernels"][1, 2, 0, 0, 0] = np.nan
    film["kernels"][1, 4:6] = 0
    film["kernels"][2] = 0
    film["answers"][1, 0] = np.nan
    face.show(**film)
    expect(face.page.locator(".range")).to_contain_text("min 0 · max 0 · all zero")
    face.slider.fill("1")
    expect(face.page.locator(".range")).to_contain_text(
        "2 of 8 kernels all zero · NaN or infinite weights in 1 of 8 kernels"
    )
    assert "1 of 8 kernels" in (face.canvas().get_attribute("aria-label") or "")
    expect(face.page.locator("li").first).to_contain_text("NaN")
    expect(face.page.locator("li .verdict").first).to_have_text("✗ wrong")


def test_a_first_layer_that_reads_no_image(face: Face) -> None:
    face.show(**a_film(kernels=(0, 1, 1, 1)))
    expect(face.page.locator(".kernels")).to_have_text(re.compile("reads no image"))
    expect(face.canvas()).to_be_hidden()


def test_a_live_film_follows_while_it_stands_at_its_end(face: Face) -> None:
    long = a_film(moments=9)
    parts = ("steps", "epochs", "accuracies", "kernels", "answers")

    def until(moments: int) -> dict[str, Any]:
        return long | {part: long[part][:moments] for part in parts}

    face.show(**until(4), live=True)
    assert face.at == 3
    face.show(**until(5), live=True)
    assert face.at == 4
    face.slider.fill("3")
    face.show(**until(6), live=True)
    assert face.at == 3
    without_the_first = until(7) | {part: long[part][1:7] for part in parts}
    face.show(**without_the_first, live=True)
    assert face.at == 2  # the same step
    face.slider.press("End")
    face.show(**until(9), live=False)  # the run's last word
    assert face.at == 8


def test_play_and_pause(face: Face) -> None:
    face.page.clock.install()
    face.page.clock.pause_at("2030-01-01")
    face.show(**a_film())
    button = face.page.locator("[data-do=play]")
    face.page.clock.run_for(1000)
    assert face.at == MOMENTS - 1  # nothing plays by itself
    button.click()
    face.page.clock.run_for(100)
    assert face.at == 0
    expect(button).to_contain_text("Pause")
    face.page.clock.run_for(1000 * SECONDS // 2)
    assert face.at == (MOMENTS - 1) // 2
    button.press("Space")
    face.page.clock.run_for(1000)
    assert face.at == (MOMENTS - 1) // 2
    expect(button).to_contain_text("Play")
    button.press("Space")
    face.page.clock.run_for(1000 * SECONDS)
    assert face.at == MOMENTS - 1
    expect(button).to_contain_text("Play")
    face.page.clock.run_for(1000 * SECONDS)
    assert face.at == MOMENTS - 1


def test_a_click_on_the_curve_goes_there(face: Face) -> None:
    face.show(**a_film())
    box = face.page.locator(".accuracies").bounding_box()
    assert box
    face.page.locator(".accuracies").click(position={"x": box["width"] / 2 + 16, "y": 50})
    assert face.at == (MOMENTS - 1) // 2


def test_one_moment_cannot_be_played(face: Face) -> None:
    face.show(**a_film(moments=1))
    assert face.at == 0
    expect(face.slider).to_be_disabled()
    expect(face.page.locator("[data-do=play]")).to_be_disabled()


def test_tiles_fit(face: Face) -> None:
    shapes = [(48, 3, 5, 5), (6, 3, 5, 5), (64, 3, 3, 3), (10, 3, 32, 32), (16, 1, 28, 28), (1, 1, 3, 3)]
    for width, kernels in itertools.product([390, 700, 1400], shapes):
        face.page.set_viewport_size({"width": width, "height": 900})
        face.show(**a_film(moments=2, kernels=kernels))
        assert face.page.evaluate("document.documentElement.scrollWidth") <= width
        overflow = "box => [box.scrollWidth - box.clientWidth, box.querySelector('canvas').clientHeight]"
        beyond, height = face.page.locator(".scroll").evaluate(overflow)
        assert beyond <= 0
        assert 50 < height < 700
