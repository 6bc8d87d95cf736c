"""What all tests share: a data folder of their own, and one browser."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.harness import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Heard when torch is loaded, here and in the processes that tests start: what they compute is small, tests run side by side,
# and threads would mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

IN_A_BROWSER = {Path(__file__).with_name(folder) for folder in ("browser", "components")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if IN_A_BROWSER & set(item.path.parents):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CNNVIZ_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("CNNVIZ_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="module")
def few_objects() -> None:
    """Streamlit collects garbage after every run of a page, which takes long where other tests have left much behind."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as chromium:
        yield chromium
