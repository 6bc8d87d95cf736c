"""Work that outlives the app."""

import os
from pathlib import Path
from typing import Any

import pytest

from cnnviz import processes
from cnnviz.paths import home


class _Started:
    def __init__(self, words: list[str], **more: Any) -> None:
        self.words, self.more = words, more

    def wait(self) -> int:
        return 0


def test_it_has_the_same_data_folder_whatever_its_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[_Started] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNVIZ_HOME", "mine")
    monkeypatch.setattr(
        processes.subprocess, "Popen", lambda *a, **more: started.append(_Started(*a, **more)) or started[-1]
    )
    processes.start_detached("some.module", "word", environment={"OMP_NUM_THREADS": "1"})
    [one] = started
    assert one.words[1:] == ["-m", "some.module", "word"]
    assert one.more["env"]["OMP_NUM_THREADS"] == "1"
    assert Path(one.more["cwd"]) != tmp_path
    assert one.more["env"]["CNNVIZ_HOME"] == str(tmp_path / "mine")
    assert home() == Path("mine")
    assert os.environ["CNNVIZ_HOME"] == "mine"
