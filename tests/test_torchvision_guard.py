"""torchvision is imported in one place, and its operators are declared only where its own cannot be loaded."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnnviz import torchvision_guard
from cnnviz.paths import PROJECT


def test_fresh_interpreter() -> None:
    program = (
        "from cnnviz.torchvision_guard import torchvision\n"
        "package = torchvision()\n"
        "assert package is torchvision()\n"
        "import torch, torchvision.datasets, torchvision.models, torchvision.transforms\n"
        "assert package is torchvision\n"
        "assert package.datasets.MNIST and package.datasets.CIFAR10\n"
        "model = package.models.resnet18().eval()\n"
        "assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


class Library:
    """Records in place of torch.library.Library, whose declarations would hold for the whole process."""

    made: list[Library]

    def __init__(self, *namespace: str) -> None:
        self.namespace = namespace
        self.defined: list[str] = []
        self.made.append(self)

    def define(self, schema: str) -> None:
        self.defined.append(schema)


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], list[Library]]:
    """Run the guard with a compiled library that loads or does not; what it declared."""

    def run(loads: bool) -> list[Library]:
        def load_library(path: object) -> None:
            assert str(path).endswith("_C.so")
            if not loads:
                raise OSError("Could not load this library")

        made: list[Library] = []
        monkeypatch.setattr(Library, "made", made, raising=False)
        monkeypatch.setattr(torch.ops, "load_library", load_library)
        monkeypatch.setattr(torch.library, "Library", Library)
        monkeypatch.setattr(torchvision_guard, "_declared", [])
        monkeypatch.setattr(
            importlib, "import_module", lambda name: sys.modules[__name__] if name == "torchvision" else None
        )
        assert torchvision_guard.torchvision.__wrapped__() is sys.modules[__name__]
        assert torchvision_guard._declared == made  # kept alive
        return made

    return run


def test_declared_where_the_library_does_not_load(guarded: Callable[[bool], list[Library]]) -> None:
    (library,) = guarded(False)
    assert library.namespace == ("torchvision", "FRAGMENT")
    schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert library.defined == [f"nms{schema}", f"qnms{schema}"]


def test_not_declared_where_it_loads(guarded: Callable[[bool], list[Library]]) -> None:
    assert guarded(True) == []


def test_torchvision_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install"):
        torchvision_guard.torchvision.__wrapped__()


IMPORT = re.compile(r"""^\s*(import|from)\s+torchvision\b|import_module\(\s*["']torchvision\b""", re.MULTILINE)


@pytest.mark.parametrize(
    "line", ["import torchvision", "    from torchvision.models import resnet18", "import torchvision.models as m"]
)
def test_pattern_finds_imports(line: str) -> None:
    assert IMPORT.search(f"x = 1\n{line}\n")
    assert not IMPORT.search("from cnnviz.torchvision_guard import torchvision\n")


def test_no_other_module_imports_torchvision() -> None:
    folders = [PROJECT / "app.py", *(PROJECT / name for name in ("cnnviz", "pages", "benchmarks"))]
    modules = [path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("*.py"))]
    importing = {str(path.relative_to(PROJECT)) for path in modules if IMPORT.search(_code(path))}
    assert importing == {"cnnviz/torchvision_guard.py"}


def _code(path: Path) -> str:
    """Without texts of several lines, such as those of scripts that run without the app."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
            node.value = ""
    return ast.unparse(tree)
