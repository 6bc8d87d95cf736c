"""The sums of a unit and of the softmax, run in the browser, beside torch; and what is drawn of them."""

import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from playwright.sync_api import Browser, Page

import cnnviz.components.term_arithmetic as component
from cnnviz.layers import ACTIVATIONS, ReLU, ShapeError
from tests.components.modules import open_page, with_component, with_functions

_LINEAR = """({ x, weight, bias, size, few, nan }) => {
  const given = Float32Array.from(x, (value) => value ?? NaN);
  const { adds, order, z, total } = linearSums(given, Float32Array.from(weight), bias, size);
  const rest = together(adds, order.slice(few));
  const { products, active } = productsOf(given, Float32Array.from(weight), order[0], size);
  return { adds: Array.from(adds), order, z, total, rest, products: Array.from(products), active };
}"""

_SOFTMAX = """({ logits, chosen }) => {
  const found = softmaxSums(Float32Array.from(logits, Number));
  const { places, rest } = writtenTerms(found, chosen);
  return { ...found, powers: Array.from(found.powers), shares: Array.from(found.shares), places, rest };
}"""

_MOUNT = """({ data }) => {
  window.told = [];
  window.parent_ = document.querySelector("main");
  const began = performance.now();
  window.mount({ data, parentElement: window.parent_, setTriggerValue: (name, value) => window.told.push([name, value]) });
  document.querySelector(".terms").getBoundingClientRect();
  return performance.now() - began;
}"""


@pytest.fixture(scope="module")
def sums(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "term_arithmetic/term_sums.js")
    yield page
    page.close()


@pytest.fixture
def drawn(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Draws a face without a server; what the browser would tell it stands in ``window.told``."""
    page = with_component(open_page(chromium, viewport={"width": 1200, "height": 900}), "term_arithmetic")
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))

    def draw(face: Callable[..., None], *args: Any, **options: Any) -> Page:
        with patch.object(component, "_mount") as mount:
            face(*args, **options)
        page.took = page.evaluate(_MOUNT, {"data": mount.call_args.kwargs["data"]})  # type: ignore[attr-defined]
        return page

    yield draw
    page.close()
    assert not errors


def numbers(seed: int, *shape: int, size: float = 1.0) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    return (size * torch.randn(shape, generator=generator)).numpy()


def value(page: Page, role: str) -> float:
    return float(page.locator(f"[data-role={role}]").get_attribute("data-value") or "nothing")


def looked(page: Page) -> tuple[str | None, str | None]:
    root = page.locator(".terms")
    return root.get_attribute("data-kept"), root.get_attribute("data-looked")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(some.integers(0, 2**31), some.integers(1, 40), some.integers(1, 6), some.integers(1, 6), some.integers(0, 6))
def test_a_units_sums_are_torchs(sums: Page, seed: int, maps: int, height: int, width: int, few: int) -> None:
    size = height * width
    x, weight, bias = numbers(seed, maps, height, width), numbers(seed + 1, maps, height, width), float(seed % 7)
    x = np.maximum(x, 0)
    flat = [torch.from_numpy(array).flatten().double() for array in (x, weight)]
    ours = sums.evaluate(
        _LINEAR, {"x": flat[0].tolist(), "weight": flat[1].tolist(), "bias": bias, "size": size, "few": few}
    )
    z = F.linear(flat[0], flat[1][None], torch.tensor([bias], dtype=torch.float64))
    assert ours["z"] == pytest.approx(z.item(), abs=1e-11)
    adds = (flat[0] * flat[1]).reshape(maps, size)
    np.testing.assert_allclose(ours["adds"], adds.sum(1).numpy(), atol=1e-11)
    strength = np.abs(np.array(ours["adds"]))[ours["order"]]
    assert sorted(ours["order"]) == list(range(maps))
    assert (np.diff(strength) <= 0).all()
    assert ours["rest"]["count"] == max(0, maps - few)
    named = sum(ours["adds"][i] for i in ours["order"][:few])
    assert named + ours["rest"]["sum"] == pytest.approx(ours["total"], abs=1e-11)
    first = adds[ours["order"][0]]
    np.testing.assert_array_equal(ours["products"], first.numpy())
    assert ours["active"] == int(torch.count_nonzero(first))


def test_what_is_no_number_stands_first(sums: Page) -> None:
    x = [1.0, 5.0, None, -7.0]  # null becomes NaN
    ours = sums.evaluate(_LINEAR, {"x": x, "weight": [1.0] * 4, "bias": 0, "size": 1, "few": 4})
    assert ours["order"] == [2, 3, 1, 0]
    assert math.isnan(ours["z"])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.integers(0, 2**31), some.integers(1, 60), some.sampled_from([0.0, 1, 30, 400, 3000]), some.floats(-2e3, 2e3)
)
def test_shares_are_torchs_softmax(sums: Page, seed: int, count: int, size: float, middle: float) -> None:
    logits = numbers(seed, count, size=size) + np.float32(middle)
    chosen = seed % count
    ours = sums.evaluate(_SOFTMAX, {"logits": [str(z) for z in logits], "chosen": chosen})
    shares = F.softmax(torch.from_numpy(logits).double(), dim=0).numpy()
    np.testing.assert_allclose(ours["shares"], shares, rtol=1e-10, atol=1e-300)
    assert ours["shift"] in (0, logits.max())
    assert abs(logits.max() - ours["shift"]) <= 700
    assert ours["sum"] > 0
    assert math.isfinite(ours["sum"])
    assert ours["powers"][chosen] / ours["sum"] == pytest.approx(shares[chosen], rel=1e-9)

    places, rest = ours["places"], ours["rest"]
    assert chosen in places
    assert len(places) + rest["count"] == count
    assert len(places) == count if count <= 20 else len(places) in (8, 9)
    assert sum(ours["powers"][i] for i in places) + rest["sum"] == pytest.approx(ours["sum"])
    if count > 20:
        assert set(np.argsort(-shares, kind="stable")[:8]) <= set(places) or len(set(shares)) < count


@pytest.mark.parametrize("logits", [[1, math.nan, 3], [1, math.inf, 3], [-math.inf, 2, 3], [-math.inf, -math.inf]])
def test_what_is_no_number_is_as_torch_has_it(sums: Page, logits: list[float]) -> None:
    words = {math.inf: "Infinity", -math.inf: "-Infinity"}
    ours = sums.evaluate(_SOFTMAX, {"logits": [words.get(z, str(z)) for z in logits], "chosen": 0})
    np.testing.assert_allclose(ours["shares"], torch.tensor(logits, dtype=torch.float64).softmax(0).numpy())


@pytest.mark.parametrize("kind", [None, *ACTIVATIONS])
def test_the_unit_that_is_drawn(drawn: Callable[..., Page], kind: type | None) -> None:
    x, weight = numbers(0, 48 * 9), numbers(1, 48 * 9)
    activation = None if kind is None else kind()
    page = drawn(component.linear_terms, x, weight, 0.25, unit="unit 7", maps=(48, 3, 3), activation=activation)
    z = F.linear(torch.from_numpy(x), torch.from_numpy(weight)[None], torch.tensor([0.25]))
    assert value(page, "z") == pytest.approx(z.item(), abs=1e-4)
    result = z if activation is None else activation.module((1,))(z)
    assert value(page, "result") == pytest.approx(result.item(), abs=1e-4)
    adds = (x * weight).reshape(48, 9).sum(1)
    order = np.argsort(-np.abs(adds))
    assert page.locator(".row").evaluate_all("rows => rows.map((row) => Number(row.dataset.at))") == order[:12].tolist()
    assert page.locator(".curve").count() == (kind is not None)
    assert page.locator("canvas.over").count() == 3


def test_looking_around_tells_nothing_and_keeping_does(drawn: Callable[..., Page]) -> None:
    x, weight = numbers(0, 60), numbers(1, 60)
    order = [str(i) for i in np.argsort(-np.abs(x * weight))]
    page = drawn(component.linear_terms, x, weight, 0.0, unit="cat", on_change=lambda at: None)
    assert looked(page) == (order[0], order[0])
    page.locator(".row").nth(3).hover()
    assert looked(page) == (order[0], order[3])
    page.mouse.move(1, 1)
    page.keyboard.press("Tab")  # the PNG button
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert looked(page) == (order[0], order[1])
    assert page.locator("[data-role=live]").inner_text().startswith(f"feature {order[1]}: ")
    assert page.evaluate("window.told") == []
    page.keyboard.press("Enter")
    assert looked(page) == (order[1], order[1])
    page.locator(".row").nth(4).click()
    assert page.evaluate("window.told") == [["at", order[1]], ["at", order[4]]]

    page.get_by_text("Show all 60").click()
    assert page.locator(".row").count() == 60
    assert looked(page) == (order[4], order[16])
    page.keyboard.press("End")
    assert looked(page) == (order[4], order[59])


@pytest.mark.parametrize(
    ("at", "kept"), [("57", "57"), ("", None), ("60", None), ("-1", None), ("²", None), ("x", None)]
)
def test_any_address_is_a_term(drawn: Callable[..., Page], at: str, kept: str | None) -> None:
    x, weight = numbers(0, 60), numbers(1, 60)
    page = drawn(component.linear_terms, x, weight, 0.0, unit="cat", at=at)
    assert looked(page)[0] == (kept or str(np.abs(x * weight).argmax()))
    assert page.locator("[role=option][aria-selected=true]").count() == 1  # also where it is not among the strongest


def test_a_cell_is_read_in_words(drawn: Callable[..., Page]) -> None:
    x, weight = np.arange(8, dtype=np.float32), np.full(8, -0.5, np.float32)
    page = drawn(component.linear_terms, x, weight, 0.0, unit="unit 0", maps=(2, 2, 2), input_names=["red", "green"])
    box = page.locator("canvas.over").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    assert page.locator("[data-role=read]").inner_text() == "green, row 0, column 1: 5 × (−0.5000) = −2.5000"


def test_a_large_layer_is_built_at_once(drawn: Callable[..., Page]) -> None:
    x, weight = numbers(0, 512 * 49), numbers(1, 512 * 49)
    times = [
        drawn(component.linear_terms, x, weight, seed, unit="unit 0", maps=maps).took  # type: ignore[attr-defined]
        for seed, maps in ((0.0, (512, 7, 7)), (1.0, (512, 7, 7)), (2.0, None), (3.0, None))
    ]
    assert min(times[:2]) < 100, times
    assert min(times[2:]) < 200, times


def test_no_number_breaks_the_drawing(drawn: Callable[..., Page]) -> None:
    x = np.array([1, math.nan, math.inf, 1e30, 0, 0], np.float32)
    weight = np.array([1, 1, -1, 1e30, 1, math.inf], np.float32)
    for options in ({}, {"maps": (3, 1, 2)}, {"activation": ReLU()}):
        page = drawn(component.linear_terms, x, weight, math.nan, unit="unit 0", **options)
        assert math.isnan(value(page, "result"))
    zero = np.zeros(6, np.float32)
    page = drawn(component.linear_terms, zero, zero, 0.0, unit="unit 0", maps=(6, 1, 1))
    assert value(page, "result") == 0
    page = drawn(component.softmax_terms, np.array([1, math.nan, math.inf, -math.inf], np.float32), [], 9)
    assert math.isnan(value(page, "result"))


def test_the_class_that_is_chosen(drawn: Callable[..., Page]) -> None:
    logits, names = numbers(0, 10, size=3), [f"class {letter}" for letter in "abcdefghij"]
    shares = F.softmax(torch.from_numpy(logits).double(), dim=0)
    page = drawn(component.softmax_terms, logits, names, 3, on_choose=lambda chosen: None)
    assert value(page, "result") == pytest.approx(shares[3].item(), rel=1e-6)
    assert page.locator(".below [data-term]").count() == 10
    assert page.locator(".term.chosen").evaluate_all("all => all.map((term) => term.dataset.term)") == ["3", "3"]
    page.locator(".row").nth(5).hover()
    assert page.locator(".term.looked").get_attribute("data-term") == "5"
    page.locator(".below [data-term='7']").hover()
    assert page.locator(".row.looked").get_attribute("data-at") == "7"
    page.locator(".row").nth(5).click()
    assert page.evaluate("window.told") == [["at", "5"]]
    assert value(page, "result") == pytest.approx(shares[5].item(), rel=1e-6)


def test_of_many_classes_the_most_probable_and_the_chosen_one(drawn: Callable[..., Page]) -> None:
    logits = numbers(0, 1000, size=3)
    order = np.argsort(-logits)
    last = int(order[-1])
    page = drawn(component.softmax_terms, logits, [], last)
    rows = page.locator(".row").evaluate_all("rows => rows.map((row) => Number(row.dataset.at))")
    assert rows == [*order[:10].tolist(), last]
    assert page.locator("[data-term=rest]").inner_text().startswith("… 991 more that add up to ")
    page.locator(".row").nth(9).hover()
    assert page.locator(".term.looked").get_attribute("data-term") == "rest"
    page.get_by_text("Show all 1000").click()
    page.keyboard.press("End")
    rows = page.locator(".row").evaluate_all("rows => rows.map((row) => Number(row.dataset.at))")
    assert rows == order.tolist()


@pytest.mark.parametrize(("top", "said"), [(1000.0, True), (-1000.0, True), (5.0, False)])
def test_large_logits_are_made_smaller_and_that_is_said(drawn: Callable[..., Page], top: float, said: bool) -> None:
    page = drawn(component.softmax_terms, np.array([top, top - 1], np.float32), ["a", "b"], 0)
    assert value(page, "result") == pytest.approx(1 / (1 + math.exp(-1)))
    assert page.locator("[data-role=note]").is_visible() == said
    assert ("All logits minus the largest first" in page.locator(".terms").inner_text()) == said


def test_what_does_not_fit_is_said() -> None:
    six = np.ones(6, np.float32)
    with pytest.raises(ShapeError, match="6 inputs and 5 weights"):
        component.linear_terms(six, six[:5], 0.0, unit="unit 0")
    with pytest.raises(ShapeError, match="2×2×2 are 8 features, but the layer reads 6"):
        component.linear_terms(six, six, 0.0, unit="unit 0", maps=(2, 2, 2))
    with pytest.raises(ShapeError, match="list of logits"):
        component.softmax_terms(np.ones((2, 3), np.float32), [], 0)


def test_the_page_hears_of_what_one_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    three = np.ones(3, np.float32)
    monkeypatch.setattr(st, "session_state", {"linear": {"at": "2"}, "softmax": {"at": "1"}})
    with patch.object(component, "_mount") as mount:
        component.linear_terms(three, three, 0.0, unit="unit 0", on_change=heard.append, key="linear")
        mount.call_args.kwargs["on_at_change"]()
        component.softmax_terms(three, [], 0, on_choose=heard.append, key="softmax")
        mount.call_args.kwargs["on_at_change"]()
    assert heard == ["2", 1]
