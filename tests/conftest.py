"""What all tests share: a data folder of their own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CNNVIZ_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("CNNVIZ_HOME", str(folder))
    return folder
