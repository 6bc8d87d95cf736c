"""Every field of every layer, of a network and of the settings, fed what it cannot be: the refusal is in our own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from cnnviz.layers import KINDS, Conv2d, Layer, ShapeError
from cnnviz.networks import Draft
from cnnviz.networks.code import CodeError, from_json
from cnnviz.networks.editing.layer_form import with_argument
from cnnviz.training import TrainingConfig
from cnnviz.wrong_values import sentence, wrong_value

PYDANTICS = (
    "Input should", "should be", "should have", "should match", "type=", "validation error", "pydantic", "Value error",
    "Field required", "Extra inputs", "permitted", "valid integer", "unable to", "discriminator", "expected tags",
    "literal[", "function-after", "tuple[", "nullable", "cannot be this",
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    "full", "", None, True, 2.5, -1, 0, 2, 10**9, -(10**9), 10**30, float("nan"), float("inf"), float("-inf"), -0.5, 1.5, [], [1],
    [1, 2, 3], [0, 1], [1, "a"], ["a", "b"], {}, {"type": "ReLU"}, [{}], [[]], [3], [[3]], [{"type": "X"}], [{"type": "Conv2d"}],
    "3", "nan",
)  # fmt: skip
NEEDED: dict[str, Any] = {
    "out_channels": 2, "kernel_size": 3, "out_features": 2, "output_size": 2, "size": 3, "body": (), "branches": ((),),
    "added": 1, "squeeze_channels": 2,
}  # fmt: skip
FIELDS = [(kind, name) for kind in KINDS.values() for name in kind.model_fields if name != "type"]


def assert_is_ours(said: str) -> None:
    for words in PYDANTICS:
        assert words not in said
    assert "\n" not in said
    assert len(said) < 600


def refusal_of(make: Callable[[], object]) -> str:
    """What is said where it cannot be made; nothing where it can."""
    try:
        make()
    except ValidationError as error:
        return f"{wrong_value(error).place}: {sentence(error)}"
    except (ShapeError, CodeError) as error:
        return str(error)
    return ""


def needed(kind: type[BaseModel]) -> dict[str, Any]:
    return {name: value for name, value in NEEDED.items() if name in kind.model_fields}


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_a_layers_field_is_refused_in_our_words_and_by_its_name(kind: type[Layer], name: str) -> None:
    refused = 0
    for value in WRONG:
        told = refusal_of(partial(kind, **needed(kind) | {name: value}))
        if not told:
            continue
        refused += 1
        assert_is_ours(told)
        assert told.startswith(f"{kind.__name__}: {name}")
        layer = {"type": kind.__name__} | needed(kind) | {name: value}
        with pytest.raises(CodeError) as refusal:
            from_json(json.dumps({"name": "n", "input_shape": [1, 8, 8], "layers": [layer]}))
        assert_is_ours(str(refusal.value))
        assert name in str(refusal.value)
    assert refused > 5


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_what_is_typed_into_a_layers_form_is_refused_in_our_words(kind: type[Layer], name: str) -> None:
    for typed in ("full", "", "-1", "1e99", "1, 2, 3", "a, b", "nan", "2.5", "0", "7" * 60, "1, a"):
        told = refusal_of(partial(with_argument, kind(**needed(kind)), name, typed))
        assert_is_ours(told)
        assert not told or kind.__name__ in told
        assert not told or name in told


@pytest.mark.parametrize("name", TrainingConfig.model_fields)
def test_a_setting_is_refused_in_our_words_and_by_its_name(name: str) -> None:
    refused = 0
    for value in WRONG:
        told = refusal_of(partial(TrainingConfig.model_validate, {name: value}))
        refused += bool(told)
        assert_is_ours(told)
        assert not told or told.startswith(f"{name}: {name} must be ")
    assert refused > 5


@pytest.mark.parametrize("name", ["name", "input_shape", "layers"])
def test_a_networks_field_is_refused_in_our_words(name: str) -> None:
    whole = {"name": "n", "input_shape": [1, 8, 8], "layers": []}
    for value in (*WRONG, "n" * 99, [1] * 3_000):
        assert_is_ours(told := refusal_of(partial(Draft.model_validate, whole | {name: value})))
        assert_is_ours(read := refusal_of(partial(from_json, json.dumps(whole | {name: value}))))
        assert bool(told) == bool(read)
    for text in (
        json.dumps({k: v for k, v in whole.items() if k != name}) if name != "layers" else "{}",
        "[]",
        "3",
        "{",
    ):
        with pytest.raises(CodeError) as refusal:
            from_json(text)
        assert_is_ours(str(refusal.value))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"padding": "full"}, "Conv2d: padding = 'full': must be 'same', 'valid' or a number, or two: height, width"),
        ({"padding": -1}, "Conv2d: padding = -1: must be at least 0"),
        ({"kernel_size": "three"}, "Conv2d: kernel_size = 'three': must be a whole number, or two: height, width"),
        ({"kernel_size": [1, 2, 3]}, "Conv2d: kernel_size = [1, 2, 3]: must be a whole number, or two: height, width"),
        ({"kernel_size": [1, "a"]}, "Conv2d: kernel_size = [1, 'a']: must be a whole number, or two: height, width"),
        ({"padding_mode": "mirror"}, "Conv2d: padding_mode = 'mirror': must be 'zeros', 'reflect', 'replicate' or 'circular'"),
        ({"bias": "perhaps"}, "Conv2d: bias = 'perhaps': must be true or false"),
        ({"groups": "2"}, "Conv2d: groups = '2': must be a whole number"),
        ({"inplace": True}, "Conv2d: inplace = True: "
         "its arguments are kernel_size, out_channels, stride, dilation, groups, bias, padding, padding_mode"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_convolution(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ShapeError) as error:
        Conv2d(**{"out_channels": 1, "kernel_size": 3} | settings)
    assert str(error.value) == said


def test_a_number_of_thousands_of_digits_is_a_sentence_too() -> None:
    with pytest.raises(ShapeError, match="must be at most 65,536"):
        Conv2d(out_channels=10**5_000, kernel_size=1)
