"""What holds for all tests of runs."""

import pytest


@pytest.fixture(autouse=True)
def slow_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine starts a worker late, and its run is not interrupted for that."""
    monkeypatch.setattr("cnnviz.runs.store._START", 600.0)
