"""What the window explorer is sent and what it tells, as a part of a network: run in a browser, without a server."""

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
import torch.nn.functional as F
from playwright.sync_api import Browser, Page, expect

import cnnviz.components.window_explorer as component
from cnnviz.layers import AvgPool2d, Conv2d, MaxPool2d, ReLU, ShapeError
from tests.components.modules import open_page, with_component

generator = torch.Generator().manual_seed(0)
X = torch.randn(12, 9, 9, generator=generator)
WEIGHT = torch.randn(1, 12, 3, 3, generator=generator)
BIAS = torch.randn(1, generator=generator)
SENT = [1, 4, 9]
WHOLE = F.conv2d(X[None], WEIGHT, BIAS, padding=1)[0]
REST = WHOLE - F.conv2d(X[None, SENT], WEIGHT[:, SENT], BIAS, padding=1)[0]
LAYER = Conv2d(out_channels=1, kernel_size=3, padding=1)
NAMES = [f"conv1 · map {channel}" for channel in SENT]
OUTER = "All 5 maps of conv2"


class Face:
    """The explorer's Python, its page in a browser, and what that has told."""

    def __init__(self, module: ModuleType, sent: dict[str, Any], page: Page) -> None:
        self.module, self.sent, self.page = module, sent, page
        self.state: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        page.evaluate("globalThis.told = []")

    def show(self) -> None:
        """A new explorer, as where one was left before."""
        self.page.evaluate(
            """(data) => {
              const setTriggerValue = (...words) => told.push(words);
              globalThis.unmount?.();
              globalThis.unmount = mount({ data, parentElement: document.querySelector("main"), setTriggerValue });
            }""",
            self.sent["data"],
        )

    def convolution(self, **options: Any) -> None:
        options = {"outer": OUTER, "rest": REST.numpy(), "rest_name": "the other 9 channels"} | options
        self.module.window_explorer(
            LAYER, X[SENT].numpy(), WEIGHT[:, SENT].numpy(), BIAS.numpy(),
            channel_names=NAMES, filter_names=["conv2 · map 7"], are_pixels=False, on_change=self.hear, **options,
        )  # fmt: skip
        self.show()

    def pooling(self, **options: Any) -> None:
        self.module.pooling_explorer(
            [MaxPool2d(kernel_size=2), AvgPool2d(kernel_size=2)], X[:1].numpy(),
            channel_names=["conv1 · map 12"], are_pixels=False, on_change=self.hear,
            **{"outer": "All 48 maps of pool1"} | options,
        )  # fmt: skip
        self.show()

    def hear(self, name: str, value: str) -> None:
        self.heard.append((name, value))

    @property
    def level(self) -> str | None:
        return self.page.locator(".explorer").get_attribute("data-level")

    @property
    def told(self) -> list[tuple[str, str]]:
        """What ``on_change`` has got: Streamlit calls back where a value is another one than before."""
        for name, value in self.page.evaluate("told.splice(0)"):
            is_new, self.state[name] = self.state.get(name) != value, value
            if is_new:
                self.sent[f"on_{name}_change"]()
        told, self.heard = self.heard, []
        return told

    def number(self, role: str) -> float:
        return float(self.page.locator(f".formula [data-role={role}]").get_attribute("data-value") or "nan")


@pytest.fixture
def face(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Face]:
    sent: dict[str, Any] = {}

    monkeypatch.setattr(component, "_mount", lambda **call: sent.update(call))
    page = with_component(open_page(chromium, viewport={"width": 1400, "height": 1000}), "window_explorer")
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    face = Face(component, sent, page)
    monkeypatch.setattr(st, "session_state", {"window_explorer": face.state})
    yield face
    page.close()
    assert not errors


def escape(page: Page) -> None:
    page.keyboard.press("Escape")


def first_crumb(page: Page) -> None:
    page.locator(".crumb").first.click()


def beside(page: Page) -> None:
    page.locator(".stage").click(position={"x": 1300, "y": 20})


@pytest.mark.parametrize("way", [escape, first_crumb, beside])
@pytest.mark.parametrize("at", ["", "0"])
def test_the_way_out_of_one_filter_tells_the_server(face: Face, at: str, way: Callable[[Page], None]) -> None:
    face.convolution(at=at)
    assert face.level == "channel"
    expect(face.page.locator(".crumb")).to_have_text([OUTER, "conv2 · map 7"])
    expect(face.page.locator(".chip")).to_have_count(0)
    way(face.page)
    assert face.told == [("at", "")]


@pytest.mark.parametrize("at", ["", "0", "0.2.1"])
@pytest.mark.parametrize("way", [escape, first_crumb, beside])
def test_the_way_out_of_one_pooled_map_tells_the_server(face: Face, at: str, way: Callable[[Page], None]) -> None:
    face.pooling(at=at)
    assert face.level == "window"
    expect(face.page.locator(".crumb")).to_have_text(["All 48 maps of pool1", "One window"])
    row, col = (2, 1) if "." in at else (1, 1)
    places = [f"{kind}  y[{row}, {col}] = " for kind in ("MaxPool2d", "AvgPool2d")]
    expect(face.page.locator("[data-role=place]")).to_have_text(places)
    way(face.page)
    assert face.told == [("at", "")]


def test_the_address_of_a_part_of_a_network(face: Face) -> None:
    face.convolution(at="0.3.4")
    assert face.level == "window"
    expect(face.page.locator(".crumb")).to_have_text([OUTER, "conv2 · map 7", "One window"])
    escape(face.page)
    face.page.locator(".rows .over").last.click(position={"x": 3, "y": 3})
    escape(face.page)
    escape(face.page)
    assert face.told == [("at", "0"), ("at", "0.0.0"), ("at", "0"), ("at", "")]


def test_the_way_out_is_told_each_time(face: Face) -> None:
    for _ in range(2):
        face.convolution()
        escape(face.page)
        assert face.told == [("at", "")]


def test_edits_that_were_forgotten_are_not_undone(face: Face) -> None:
    """Streamlit calls back for what a new explorer has not said again."""
    face.convolution(edits="0.1.1.1~2")
    face.state["at"] = "0.1.1"
    face.sent["on_edits_change"]()
    assert face.told == []


def test_alone_the_level_of_all_is_the_outermost(face: Face) -> None:
    face.convolution(outer="")
    assert face.level == "all"
    escape(face.page)
    assert face.told == []
    assert face.level == "all"


def test_the_rest_is_one_more_summand(face: Face) -> None:
    face.convolution()
    row, col = 4, 4  # the middle
    values = WHOLE[0, row, col].item(), REST[0, row, col].item()
    assert (face.number("result"), face.number("rest")) == pytest.approx(values, abs=1e-5)
    words = face.page.locator(".formula").inner_text()
    shown = f"{abs(values[1]):.4f}"
    assert words.startswith(f"conv2 · map 7: y[{row}, {col}] = ")
    assert re.search(rf"\+ (\(−{shown}\)|{shown}) \(the other 9 channels\) \+ bias", words)
    expect(face.page.locator(".result figcaption").first).to_have_text(re.compile(r"^Sum of all the maps \+ bias"))
    last = face.page.locator(".rows .map").last
    expect(last.locator("figcaption")).to_have_text("What the other 9 channels add")
    added = [
        float(re.search(r"adds? (\S+) here", words)[1].replace("−", "-"))  # type: ignore[index]
        for words in face.page.locator(".rows .adds").all_inner_texts()
    ]
    assert len(added) == 4
    assert sum(added) + BIAS.item() == pytest.approx(values[0], abs=3e-4)


def test_an_edited_weight_leaves_the_rest(face: Face) -> None:
    face.convolution(edits="0.1.1.1~2", at="0.4.4", activation=ReLU())
    weight = WEIGHT.clone()
    weight[0, SENT[1], 1, 1] = 2
    expected = F.conv2d(X[None], weight, BIAS, padding=1)[0, 0, 4, 4].item()
    assert face.number("z") == pytest.approx(expected, abs=1e-5)
    assert face.number("rest") == pytest.approx(REST[0, 4, 4].item(), abs=1e-5)
    assert face.number("sum") + face.number("rest") + BIAS.item() == pytest.approx(expected, abs=1e-5)
    assert face.number("result") == pytest.approx(max(0, expected), abs=1e-5)


def test_without_a_rest_nothing_speaks_of_it(face: Face) -> None:
    face.convolution(rest=None)
    assert "rest" not in face.sent["data"]["arrays"]
    expect(face.page.locator(".rows .adds")).to_have_count(3)
    expect(face.page.locator(".formula [data-role=rest]")).to_be_empty()
    alone = F.conv2d(X[None, SENT], WEIGHT[:, SENT], BIAS, padding=1)
    assert face.number("result") == pytest.approx(alone[0, 0, 4, 4].item(), abs=1e-5)


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_long_names_fit(face: Face, width: int) -> None:
    face.page.set_viewport_size({"width": width, "height": 900})
    face.convolution()
    assert face.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_rest_of_another_size_is_refused(face: Face) -> None:
    with pytest.raises(face.module.ShapeError, match=r"1×8×9.*1×9×9"):
        face.convolution(rest=np.zeros((1, 8, 9), np.float32))
    assert face.module.ShapeError is ShapeError
