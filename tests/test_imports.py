"""The rooms of the house: who may import whom, no circles, and files and folders that one can take in at a glance."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnnviz"
GROUND = {"paths", "processes", "wrong_values", "torchvision_guard", "thinning"}
FLOORS = {
    "plots": set(),
    "layers": set(),
    "networks": {"layers"},
    "inspection": {"layers", "networks"},
    "data": {"layers", "networks"},
    "training": {"layers", "networks", "data", "inspection"},
    "runs": {"layers", "networks", "data", "inspection", "training"},
    "components": {"layers", "networks", "inspection", "plots", "data"},
    "command": {"layers", "networks", "data", "inspection", "training", "runs"},
    "ui": {"layers", "networks", "data", "inspection", "training", "runs", "plots", "components"},
}
"""What each room may import beside itself and the ground."""
LONGEST = 350
MOST = 14


@cache
def modules() -> dict[str, Path]:
    """Name in the package and file of each module."""
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules of the package that a file imports, be it within a function; not those that it imports for types alone."""
    return frozenset(_imports(ast.parse(path.read_text("utf-8"))))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith("cnnviz"))
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("cnnviz"):
            names = [f"{node.module}.{one.name}" for one in node.names]
            known = [name for name in names if name in modules() or f"{name}.__init__" in modules()]
            yield from known
            if len(known) < len(names):
                yield node.module or ""
        else:
            yield from _imports(node)


def room(module: str) -> str:
    """``layers`` for ``cnnviz.layers.window``."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_run_downwards(floor: str) -> None:
    upwards = [
        f"{name} imports {other}"
        for name, path in modules().items()
        if room(name) == floor
        for other in sorted(imports(path))
        if room(other) not in FLOORS[floor] | GROUND | {floor, ""}
    ]
    assert not upwards


def test_nothing_below_the_pages_pieces_knows_streamlit() -> None:
    above = ("components", "ui")
    assert not [
        name
        for name, path in modules().items()
        if room(name) not in above
        and any("streamlit" in line and "import" in line for line in path.read_text("utf-8").split("\n"))
    ]


def test_no_module_needs_itself() -> None:
    """Depth first: a module that is met again on the way that leads from it closes a circle."""
    files = modules()
    needed = {name.removesuffix(".__init__"): imports(path) for name, path in files.items()}
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way[way.index(name) :], name))
        if name in done:
            return
        for other in sorted(needed.get(name, ())):
            follow(other, (*way, name))
        done.add(name)

    for name in needed:
        follow(name, ())


@pytest.mark.parametrize("folder", ["cnnviz", "pages", "tests", "benchmarks"])
def test_files_are_short(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")
    }
    assert not {name: lines for name, lines in long.items() if lines > LONGEST}


def test_rooms_of_the_ui_are_small() -> None:
    rooms = {path.parent for path in (PACKAGE / "ui").rglob("*.py")}
    assert not {room.name: len(list(room.glob("*.py"))) for room in rooms if len(list(room.glob("*.py"))) > MOST}
