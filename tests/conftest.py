"""What all tests share: a data folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty CNNVIZ_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("CNNVIZ_HOME", str(folder))
    yield folder
