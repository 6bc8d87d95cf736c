"""What is pinned for the tests is what the package asks for."""

import ast
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cnnviz import __version__
from cnnviz.paths import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
RANGES = {
    "main": PYPROJECT["project"]["dependencies"],
    **PYPROJECT["project"]["optional-dependencies"],
    "build": PYPROJECT["build-system"]["requires"],
}


def pins(*files: str) -> dict[str, Version]:
    """The exact versions in these files of requirements."""
    lines = [line.split("#")[0].strip() for file in files for line in (PROJECT / file).read_text("utf-8").splitlines()]
    return {
        canonicalize_name(name): Version(version)
        for name, equals, version in (line.partition("==") for line in lines)
        if equals
    }


def test_the_package_asks_for_what_is_pinned_and_for_nothing_else() -> None:
    asked = {canonicalize_name(Requirement(line).name) for line in RANGES["main"]}
    assert asked == pins("requirements.txt").keys()


COMES_WITH = {"starlette": "streamlit", "annotated_types": "pydantic"}
"""What is used of a package that another one brings along."""
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}


def imported() -> set[str]:
    """The packages of others that any file of the app imports, wherever in it."""
    names = set()
    for file in (PROJECT / "app.py", *(PROJECT / "pages").glob("*.py"), *(PROJECT / "cnnviz").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"cnnviz"}


def test_what_is_imported_is_asked_for() -> None:
    distributions = {DISTRIBUTIONS.get(name, COMES_WITH.get(name, name)) for name in imported()}
    asked = {Requirement(line).name for group, lines in RANGES.items() if group != "build" for line in lines}
    assert {canonicalize_name(name) for name in distributions} <= {canonicalize_name(name) for name in asked}


@pytest.mark.parametrize("group", RANGES)
def test_every_range_holds_the_pin_and_ends(group: str) -> None:
    pinned = pins("requirements.txt", "requirements-dev.txt", "requirements-ray.txt")
    for line in RANGES[group]:
        asked = Requirement(line)
        assert pinned[canonicalize_name(asked.name)] in asked.specifier, line
        operators = {part.operator for part in asked.specifier}
        assert operators == ({">="} if group == "build" else {">=", "<"}), line


def test_the_builds_without_cuda_are_those_of_the_pins() -> None:
    without_cuda, pinned = pins("requirements-cpu.txt"), pins("requirements.txt")
    assert {name: version.public for name, version in without_cuda.items()} == {
        name: str(pinned[name]) for name in ("torch", "torchvision")
    }
    assert {version.local for version in without_cuda.values()} == {"cpu"}


def test_the_changelog_begins_with_this_version() -> None:
    lines = (PROJECT / "CHANGELOG.md").read_text("utf-8").splitlines()
    numbered = [line.removeprefix("## ") for line in lines if line.startswith("## ") and line != "## Unreleased"]
    assert numbered[0].split()[0] == __version__


HELP = """
import sys
sys.modules.update(dict.fromkeys({without}))  # whoever imports one of them fails
from cnnviz.__main__ import COMMANDS, main
for words in {words}:
    try:
        main(words)
    except SystemExit as end:
        assert end.code == 0
"""


@pytest.mark.parametrize(
    ("without", "words"),
    [
        (["streamlit", "torch", "numpy"], "[['--help'], ['--version']]"),
        (["streamlit"], "[[name, '--help'] for name in COMMANDS]"),
    ],
)
def test_the_command_line_imports_no_streamlit_and_torch_only_to_train(without: list[str], words: str) -> None:
    program = HELP.format(without=without, words=words)
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: cnnviz" in done.stdout
