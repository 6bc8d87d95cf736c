"""Arrays on their way to the browser."""

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from cnnviz.components import assets
from cnnviz.components.assets import packed
from tests.components.modules import with_functions

PIXELS = np.arange(256, dtype=np.uint8)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = with_functions(chromium, "shared/arrays.js")
    yield page
    page.close()


def there(page: Page, array: np.ndarray) -> np.ndarray:
    """The array as the browser has it."""
    return np.array(page.evaluate("(data) => Array.from(unpack(data).x)", packed({}, x=array)), np.float32)


@pytest.mark.parametrize(
    "array",
    [
        PIXELS.astype(np.float32) / np.float32(255),
        PIXELS / 255,
        np.array([0.0, 1.0, 1.0]),
        np.array([0.1, 0.5, 1.0]),
        np.array([-1.0, 0.0, 1.0]),
        np.array([3e38, -3e38, 1.5]),
        np.array([]),
        np.linspace(0, 1, 1000),
    ],
)
def test_the_browser_has_the_same_numbers(page: Page, array: np.ndarray) -> None:
    np.testing.assert_array_equal(there(page, array), array.astype(np.float32))


def test_levels_of_an_image_take_a_byte_each() -> None:
    text = packed({}, x=PIXELS.astype(np.float32) / np.float32(255))["arrays"]["x"]
    assert len(text) < 256 * 4 / 3 + 5
    assert len(packed({}, x=np.linspace(-1, 1, 256))["arrays"]["x"]) > 256 * 4


def test_what_is_no_number_arrives_as_none(page: Page) -> None:
    assert np.isnan(there(page, np.array([np.nan, 0.0]))).tolist() == [True, False]
    assert np.isinf(there(page, np.array([np.inf, 0.0]))).tolist() == [True, False]


@pytest.mark.parametrize(("is_back", "value"), [(False, "a click"), (True, None)])
def test_what_was_told_before_back_is_taken_back(
    monkeypatch: pytest.MonkeyPatch, is_back: bool, value: str | None
) -> None:
    context = SimpleNamespace(is_history_navigation=is_back)
    monkeypatch.setattr(assets, "get_script_run_ctx", lambda **_: context)
    monkeypatch.setattr(assets.st, "session_state", {"editor": {"action": "a click"}})
    assert assets.heard("editor", "action") == value
    assert assets.heard("gone", "action") is None
