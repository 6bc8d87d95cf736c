"""The arithmetic of one cell, run in the browser, beside torch; and the formula that is shown, worked out anew."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from torch import nn
from torch.nn import functional as F

import cnnviz.components.cell_arithmetic as component
from tests.components.modules import with_functions

SHAPE = (3, 4)

_RUN = """({ kind, numbers, cells }) => cells.map((inputs) => CELL_FORMULAS[kind].value(numbers, inputs))"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "cell_arithmetic/cell_formulas.js", "cell_arithmetic/cell_words.js")
    yield page
    page.close()


def activation(kind: str, draw: st.DrawFn, generator: torch.Generator):
    x = 3 * torch.randn(1, *SHAPE, generator=generator)
    if kind != "LeakyReLU":
        return {}, x, getattr(nn, kind)()(x[0])
    slope = draw(st.floats(-0.5, 0.9))
    return {"negative_slope": slope}, x, F.leaky_relu(x[0], slope)


def batch_norm(draw: st.DrawFn, generator: torch.Generator):
    module = nn.BatchNorm2d(1, eps=draw(st.sampled_from([1e-5, 1e-3, 0.1]))).eval()
    tensors = (module.running_mean, module.weight.data, module.bias.data)
    for tensor in tensors:
        tensor.normal_(generator=generator)
    module.running_var.uniform_(0.01, 4, generator=generator)
    x = torch.randn(1, *SHAPE, generator=generator)
    mean, weight, bias = (tensor.item() for tensor in tensors)
    numbers = {"mean": mean, "var": module.running_var.item(), "eps": module.eps, "weight": weight, "bias": bias}
    return numbers, x, module(x[None])[0, 0].detach()


def response_norm(draw: st.DrawFn, generator: torch.Generator):
    """A channel out of up to 14, with those of its window that exist; torch's window has one more before it than behind."""
    size, channels = draw(st.integers(1, 12)), draw(st.integers(1, 14))
    own = draw(st.integers(0, channels - 1))
    settings_ = {name: draw(st.sampled_from(of)) for name, of in _RESPONSE.items()}
    x = 3 * torch.randn(channels, *SHAPE, generator=generator)
    y = nn.LocalResponseNorm(size, **settings_)(x[None])[0, own]
    first, behind = max(0, own - size // 2), own + (size - 1) // 2 + 1
    return {"size": size, **settings_, "own": own - first}, x[first:behind], y


_RESPONSE = {"alpha": [1e-4, 0.05, 1.0], "beta": [0.75, 0.5, 1.3], "k": [1.0, 2.0, 0.5]}


def plain(kind: str, draw: st.DrawFn, generator: torch.Generator):
    x = torch.randn({"sum": draw(st.integers(2, 12)), "scale": 2, "same": 1}[kind], *SHAPE, generator=generator)
    return {}, x, {"sum": x.sum(0), "scale": x.prod(0), "same": x[0]}[kind]


KINDS = component.CellKind.__args__


@st.composite
def cases(draw: st.DrawFn):
    kind = draw(st.sampled_from(KINDS))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    make = {"BatchNorm2d": batch_norm, "LocalResponseNorm": response_norm}
    if kind in make:
        return kind, *make[kind](draw, generator)
    return kind, *(plain if kind in ("sum", "scale", "same") else activation)(kind, draw, generator)


def worked_out(parts: list[str | float]) -> float | None:
    """What the formula gives; None where it only says how many values there are."""
    shown = "".join(part if isinstance(part, str) else f"({part!r})" for part in parts)
    if "values" in shown:
        return None
    for sign, python in {"−": "-", "·": "*", "²": "**2", "^": "**", "√": "sqrt"}.items():
        shown = shown.replace(sign, python)
    cumulative = torch.distributions.Normal(0.0, 1.0).cdf
    names = {"e": math.e, "sqrt": math.sqrt, "tanh": math.tanh, "Φ": lambda x: cumulative(torch.tensor(x)).item()}
    return eval(shown, names)  # our own words


def evaluate(page: Page, kind: str, numbers: dict[str, float], x: torch.Tensor) -> list[dict]:
    cells = x.flatten(1).T.tolist()
    return page.evaluate(_RUN, {"kind": kind, "numbers": numbers, "cells": cells})


@settings(deadline=None, max_examples=150)
@given(cases())
def test_the_cell_is_torchs_and_the_formula_gives_it(page: Page, case) -> None:
    kind, numbers, x, y = case
    ours = evaluate(page, kind, numbers, x)
    results = torch.tensor([one["result"] for one in ours], dtype=torch.float32)
    torch.testing.assert_close(results, y.flatten(), rtol=1e-5, atol=1e-5 * max(1.0, float(y.abs().max())))
    for one in ours:
        if kind == "same":
            assert one["parts"] == []
            continue
        again = worked_out(one["parts"])
        assert again is not None or len(x) > 9
        if again is not None:
            assert again == pytest.approx(one["result"], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_odd_values_give_what_torch_gives(page: Page, kind: str, odd: float) -> None:
    numbers = {
        "LeakyReLU": {"negative_slope": 0.01},
        "BatchNorm2d": {"mean": 0.5, "var": 2.0, "eps": 1e-5, "weight": -1.5, "bias": 0.25},
        "LocalResponseNorm": {"size": 2, "alpha": 1e-4, "beta": 0.75, "k": 1.0, "own": 1},
    }.get(kind, {})
    x = torch.tensor([[odd, 1.0, odd], [2.0, odd, odd]])[: 2 if kind in ("LocalResponseNorm", "sum", "scale") else 1]
    rows = x[:, None].double()  # torch's GELU of infinity is NaN in float32 and infinity in float64
    theirs = {
        "LeakyReLU": lambda: F.leaky_relu(rows[0], 0.01),
        "BatchNorm2d": lambda: F.batch_norm(
            rows[None], *torch.tensor([[0.5], [2.0], [-1.5], [0.25]]).double(), eps=1e-5
        )[0, 0],
        "LocalResponseNorm": lambda: rows[1] / (1 + 1e-4 * rows.square().sum(0) / 2) ** 0.75,
        "sum": lambda: rows.sum(0),
        "scale": lambda: rows.prod(0),
        "same": lambda: rows[0],
    }.get(kind, lambda: getattr(nn, kind)()(rows[0]))()
    ours = torch.tensor([one["result"] for one in evaluate(page, kind, numbers, x)], dtype=torch.float64)
    torch.testing.assert_close(ours, theirs.flatten(), rtol=1e-5, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize(
    ("kind", "numbers", "inputs", "shown"),
    [
        (
            "BatchNorm2d",
            {"mean": 0.412, "var": 0.091, "eps": 1e-5, "weight": 1.13, "bias": -0.2},
            [0.831],
            "(0.831 − 0.412) / √(0.091 + 0.00001) · 1.130 + (−0.200)",
        ),
        (
            "BatchNorm2d",
            {"mean": -0.5, "var": 1e-6, "eps": 1e-7, "weight": -1, "bias": 0},
            [-2.5],
            "(−2.500 − (−0.500)) / √(1.0e−6 + 1e−7) · (−1) + 0",
        ),
        (
            "LocalResponseNorm",
            {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2, "own": 1},
            [-0.25, -0.5],
            "−0.500 / (2 + 0.0001 · ((−0.250)² + (−0.500)²) / 5)^0.75",
        ),
        ("LeakyReLU", {"negative_slope": -0.1}, [-3], "max(−3, 0) + (−0.1) · min(−3, 0)"),
        ("Sigmoid", {}, [0.5], "1 / (1 + e^(−0.500))"),
        ("GELU", {}, [-0.5], "−0.500 · Φ(−0.500)"),
        ("sum", {}, [-1.5, -2.5, 3], "−1.500 + (−2.500) + 3"),
        ("sum", {}, [1] * 10, "sum of 10 values"),
        ("scale", {}, [math.inf, -math.inf], "∞ · (−∞)"),
        ("same", {}, [-1.5], ""),
    ],
)
def test_negative_numbers_stand_in_brackets(page: Page, kind, numbers, inputs, shown: str) -> None:
    run = "([kind, numbers, inputs]) => partsInWords(CELL_FORMULAS[kind].value(numbers, inputs).parts)"
    assert page.evaluate(run, [kind, numbers, inputs]) == shown


def test_what_is_added_up_shares_a_scale() -> None:
    inputs = np.array([[[1.0]], [[-3.0]], [[0.5]]], np.float32)
    scales = component._scales("sum", inputs, inputs.sum(0), ["activations", "activations", "weights"])
    assert [(s.name, s.high) for s in scales] == [
        ("activations", 3.0),
        ("activations", 3.0),
        ("weights", 0.5),
        ("activations", 1.5),
    ]
    assert [s.high for s in component._scales("scale", inputs[:2], inputs[0], ())] == [1.0, 3.0, 1.0]


def test_numbers_that_json_has_no_word_for() -> None:
    assert [component._in_json(value) for value in (1, math.nan, math.inf, -math.inf)] == [
        1.0,
        "nan",
        "Infinity",
        "-Infinity",
    ]


def test_maps_that_do_not_belong_together_are_refused() -> None:
    inputs, output = np.zeros((1, 2, 2), np.float32), np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="does not go with"):
        component.cell_arithmetic("ReLU", inputs, output, input_names=["x"], output_name="y")
