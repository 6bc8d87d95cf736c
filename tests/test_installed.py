"""The wheel, installed where nothing else of cnnviz is, started from a folder that knows nothing of it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.harness import App, free_port
from cnnviz import __version__
from cnnviz.paths import PROJECT

FOREIGN_CONFIG = '[theme.light]\nbackgroundColor = "#ff0000"\ntextColor = "#ff0000"\n'
TITLE = re.compile(r"^[a-z, ]*(?:= )?start_(?:page|lab)\(\"([^\"]+)\"", re.MULTILINE)
WHERE = "import json, cnnviz.paths as paths; print(json.dumps([paths.__file__, str(paths.PROJECT)]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, PROJECT]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its programs. Other people's packages are lent to it: torch is large."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    asked = [programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    words = ["--python", programs / "python", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    return programs


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody's, with a configuration and modules of its own."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "elsewhere"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(FOREIGN_CONFIG, encoding="utf-8")
    (folder / "numpy.py").write_text("raise SystemExit('a module of somebody else')", encoding="utf-8")
    return folder


@pytest.fixture
def installed_app(environment: Path, elsewhere: Path, home: Path) -> Iterator[App]:
    port = free_port()
    words = ["--port", str(port), "--host", "127.0.0.1", "--home", str(home), "--"]
    for_streamlit = ["--server.headless", "true", "--theme.light.textColor", "#102030"]
    app = App(home, port, command=[str(environment / "cnnviz"), *words, *for_streamlit], folder=elsewhere)
    try:
        app.wait()
        yield app
    finally:
        app.kill()


def test_the_wheel_holds_the_package_and_the_app_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    laid = ("app.py", "pages/*.py", "checkpoints/*", ".streamlit/config.toml")
    app = {f"cnnviz/_app/{file.relative_to(PROJECT)}" for pattern in laid for file in PROJECT.glob(pattern)}
    package = {
        str(file.relative_to(PROJECT))
        for file in (PROJECT / "cnnviz").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert names == package | app


def test_the_installed_one_finds_itself(environment: Path, elsewhere: Path) -> None:
    def said(*words: str | Path) -> str:
        return subprocess.run(words, cwd=elsewhere, check=True, capture_output=True, text=True).stdout.strip()

    assert said(environment / "cnnviz", "--version") == f"cnnviz {__version__}"
    for path in json.loads(said(environment / "python", "-P", "-c", WHERE)):
        assert Path(path).is_relative_to(environment.parent)
    assert "lenet5-mnist" in said(environment / "cnnviz", "checkpoints")


def test_the_installed_one_trains(environment: Path, elsewhere: Path, tmp_path: Path) -> None:
    def cnnviz(*words: str) -> str:
        command = [environment / "cnnviz", "--home", "here", *words]
        return subprocess.run(command, cwd=elsewhere, check=True, capture_output=True, text=True).stdout

    assert "finished" in cnnviz("train", "--architecture", "mlp", "--dataset", "digits", "--epochs", "1")
    [run] = json.loads(cnnviz("runs", "--json"))
    assert (run["status"], run["epochs_done"]) == ("finished", 1)
    assert (elsewhere / "here" / "runs").is_dir()
    assert not list(Path(os.environ["CNNVIZ_HOME"]).iterdir())


@pytest.mark.browser
def test_the_installed_one_shows_every_page(installed_app: App, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    for file in sorted((PROJECT / "pages").glob("*.py")):
        [title] = TITLE.findall(file.read_text("utf-8"))
        page.goto(f"{installed_app.url}/{'' if file.stem == 'home' else file.stem}", wait_until="commit")
        expect(page.locator("h1")).to_have_text(title, timeout=60_000)
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
        expect(page.locator("link[rel~='icon']")).to_have_attribute("href", re.compile("/media/"))
    ground = page.get_by_test_id("stApp")
    expect(ground).to_have_css("background-color", "rgb(251, 250, 247)")  # what comes with the app, not the folder's
    expect(ground).to_have_css("color", "rgb(16, 32, 48)")  # what was said on the command line
    context.close()
    assert "Traceback" not in installed_app.log()


def test_the_app_ends_with_its_command(installed_app: App) -> None:
    assert installed_app.end() == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(installed_app.url)


def test_an_app_that_cannot_start_says_so_by_its_exit_status(environment: Path, elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [environment / "cnnviz", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])]
        done = subprocess.run([*command, "--", "--server.headless", "true"], cwd=elsewhere, capture_output=True)
    assert done.returncode == 1
    assert b"is not available" in done.stdout + done.stderr
