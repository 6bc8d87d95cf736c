"""A grid of maps or kernels, its colours and labels: run in a browser, without a server."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import cnnviz.components.map_grid as component
from cnnviz.plots import lookup_table
from tests.components.modules import open_page, take_functions, with_component

PICTURE = """(canvas, [x, y]) => {
  const ratio = canvas.width / canvas.clientWidth;
  return [...canvas.getContext("2d").getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data].slice(0, 3);
}"""
LABEL, GAP = 16, 7


class Face:
    """The grid's Python, and its page in a browser."""

    def __init__(self, draw: Callable[..., None], sent: dict[str, Any], page: Page) -> None:
        self.draw, self.sent, self.page = draw, sent, page

    def show(self, maps: np.ndarray[Any, Any], **more: Any) -> None:
        options = {
            "key": "k",
            "label": "Kernels",
            "quantity": "Weights",
            "scale": "weights",
            "columns": 8,
            "smallest": 26,
        }
        self.draw(maps.astype(np.float32), **(options | more))
        mount = """(data) => {
          globalThis.chosen = [];
          mount({ data, parentElement: document.querySelector('main'), setTriggerValue: (_, at) => chosen.push(at) });
        }"""
        self.page.evaluate(mount, self.sent["data"])

    def colour(self, x: float, y: float) -> list[int]:
        found: list[int] = self.page.locator("canvas.base").evaluate(PICTURE, [x, y])
        return found

    def pitch(self, across: int) -> float:
        return float(self.page.locator("canvas.over").evaluate("canvas => canvas.clientWidth")) / across


@pytest.fixture
def face(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Face]:
    sent: dict[str, Any] = {}

    monkeypatch.setattr(component, "_mount", lambda **call: sent.update(call))
    page = with_component(open_page(chromium, viewport={"width": 1000, "height": 1000}), "map_grid")
    take_functions(page, "shared/colours.js")
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    yield Face(component.map_grid, sent, page)
    page.close()
    assert not errors


def levels(values: Any, top: float) -> Any:
    return np.clip(127.5 + 127.5 * np.asarray(values) / top, 0, 255)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browsers_colours_are_the_themes(face: Face, scheme: Any) -> None:
    face.page.emulate_media(color_scheme=scheme)
    for name in ("activations", "weights", "pixels", "counts"):
        css = face.page.evaluate("(name) => TABLES[name].css", name)
        assert css == [f"rgb({red},{green},{blue})" for red, green, blue in lookup_table(name).tolist()]


def test_kernels_in_colour(face: Face) -> None:
    kernels = np.random.default_rng(0).uniform(-1, 1, (6, 3, 5, 5)).astype(np.float32)
    kernels[4] = 0
    kernels[5, 1, 2, 2] = np.nan
    face.show(kernels, labels=[str(i) for i in range(6)], item="filter")
    top = float(np.quantile(np.abs(kernels[np.isfinite(kernels)]), 0.99))
    pitch = face.pitch(6)
    cell = (pitch - GAP) / 5
    assert 5 * cell >= 26
    for unit, row, col in ((0, 0, 0), (1, 4, 2), (3, 2, 4)):
        shown = face.colour(unit * pitch + (col + 0.5) * cell, LABEL + (row + 0.5) * cell)
        assert shown == pytest.approx(levels(kernels[unit, :, row, col], top), abs=0.51)
    assert face.colour(4 * pitch + cell / 2, LABEL + cell / 2) == [128, 128, 128]
    assert face.colour(5 * pitch + 2.5 * cell, LABEL + 2.5 * cell) == [255, 0, 255]
    expect(face.page.locator(".legend-name")).to_have_text(["Red", "Green", "Blue"])
    spans = [
        f"min {kernels[:, c][np.isfinite(kernels[:, c])].min():.2f}".replace("-", "−") for c in range(3)
    ]  # each channel's own
    for legend, span in zip(face.page.locator(".legend-words").all(), spans, strict=True):
        expect(legend).to_contain_text(span)
    expect(face.page.get_by_role("application")).to_have_attribute(
        "aria-label", "Kernels: 6 filters of 5 by 5 values in each of three colours."
    )
    face.page.locator("canvas.over").hover(position={"x": 1 * pitch + 2.5 * cell, "y": LABEL + 4.5 * cell})
    red, green, blue = kernels[1, :, 4, 2]
    words = f"filter 1, row 4, column 2: red {red:.4f}, green {green:.4f}, blue {blue:.4f}".replace("-", "−")
    expect(face.page.locator("[data-role=read]")).to_have_text(words)


def test_every_kernel_is_larger_than_17_pixels_however_many_there_are(face: Face) -> None:
    names = [str(i) for i in range(48)]
    kernels = np.random.default_rng(0).normal(size=(48 * 32, 3, 3))
    face.show(kernels, columns=32, heads=(names, names[:32]), chosen=0, on_choose=lambda: None)
    assert face.pitch(32) > 26
    pitch = face.pitch(32)
    face.page.locator("canvas.over").click(position={"x": 7.5 * pitch, "y": 5.5 * pitch})
    assert face.page.evaluate("chosen") == [5 * 32 + 7]
    top = float(np.quantile(np.abs(kernels), 0.99))
    left, above = (
        face.page.locator("canvas.over").evaluate(f"canvas => canvas.offset{side}") for side in ("Left", "Top")
    )
    assert left > 0
    assert above == LABEL
    at = levels(kernels[5 * 32 + 7, 1, 1], top)
    shown = face.colour(left + 7 * pitch + 13, above + 5 * pitch + 13)
    assert shown == pytest.approx(lookup_table("weights")[round(float(at))], abs=6)


def test_a_click_finds_the_kernel_below_its_label(face: Face) -> None:
    face.show(np.ones((10, 4, 4)), labels=[str(i) for i in range(10)], chosen=0, on_choose=lambda: None)
    over = face.page.locator("canvas.over")
    width, height = (over.evaluate(f"canvas => canvas.client{side}") for side in ("Width", "Height"))
    over.click(position={"x": 1.4 * width / 8, "y": 0.75 * height})
    assert face.page.evaluate("chosen") == [9]
    assert over.evaluate("canvas => canvas.clientHeight") > 2 * (26 + LABEL)
