"""The film of a training on a page of a real server: scrubbed without it, growing with it, at any width."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.harness import PROJECT, free_port
from tests.browser.explorer import listen, serious_faults

PAGE = """
import numpy as np
import streamlit as st
from cnnviz.components.learning_film import learning_film
from cnnviz.ui.server.routes import routes
from streamlit.runtime.scriptrunner import get_script_run_ctx


def show():
    st.set_page_config(page_title="A film", layout="wide")
    st.title("A film")
    rng = np.random.default_rng(0)
    moments = int(st.number_input("Moments", 1, 30, 10))
    live = st.checkbox("Live", True)
    growing = np.linspace(0.1, 0.4, 30)[:, None, None, None, None]
    film = {
        "steps": np.arange(30) ** 2,
        "epochs": np.arange(30) ** 2 / 300,
        "accuracies": np.linspace(0.1, 0.9, 30),
        "kernels": growing * rng.uniform(-1, 1, (30, 48, 3, 5, 5)),
        "answers": rng.dirichlet(np.ones(10), (30, 12)),
    }
    for number, column in enumerate(st.columns(2) if "half" in st.query_params else [st.container()]):
        with column:
            learning_film(
                **{name: array[:moments] for name, array in film.items()},
                images=rng.integers(0, 256, (12, 3, 32, 32), np.uint8),
                labels=[i % 10 for i in range(12)],
                class_names=["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
                live=live,
                title="How it learned",
                key=f"film_{number}",
            )


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, routes=routes())
else:
    show()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with a film."""
    folder, port = tmp_path_factory.mktemp("film"), free_port()
    script, log = folder / "page.py", folder / "log"
    script.write_text(PAGE, "utf-8")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=PROJECT,
            env={**os.environ, "CNNVIZ_HOME": str(folder), "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
    assert "Traceback" not in log.read_text("utf-8")


def wait_for(url: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(log.read_text("utf-8")[-2000:])


@pytest.fixture
def film(served: str, chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1400, "height": 1000}, base_url=served)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", lambda sent: None if sent.url.startswith((served, "data:", "blob:")) else wrong.append(sent.url))
    page.set_default_timeout(30_000)
    yield page
    page.close()
    assert not wrong


def opened(page: Page, address: str = "/") -> None:
    page.goto(address)
    page.locator(".film[data-at]").first.wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def test_scrubbing_asks_no_server(film: Page) -> None:
    sent = listen(film)
    opened(film)
    asked = len(sent)
    slider = film.get_by_role("slider", name="Moment of the training")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^epoch 0.27 · step 81 · "))
    slider.press("Home")
    for at in range(1, 6):
        slider.press("ArrowRight")
        expect(film.locator(".film")).to_have_attribute("data-at", str(at))
    film.get_by_role("button", name="Each channel").press("Enter")
    expect(film.locator(".kernels canvas")).to_have_attribute("aria-label", re.compile("side by side, at epoch 0.08"))
    assert len(sent) == asked


def test_a_live_film_grows(film: Page) -> None:
    opened(film)
    root, moments = film.locator(".film"), film.get_by_label("Moments", exact=True)
    for count, at in [(11, 10), (12, 11)]:
        moments.fill(str(count))
        moments.press("Enter")
        expect(root).to_have_attribute("data-moments", str(count))
        expect(root).to_have_attribute("data-at", str(at))
    film.locator(".scrub").fill("4")
    moments.fill("20")
    moments.press("Enter")
    expect(root).to_have_attribute("data-moments", "20")
    expect(root).to_have_attribute("data-at", "4")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("address", "width"), [("/", 390), ("/", 1400), ("/?half=1", 1400)])
def test_it_fits_and_everybody_can_use_it(film: Page, scheme: str, address: str, width: int) -> None:
    film.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    film.set_viewport_size({"width": width, "height": 900})
    opened(film, address)
    assert film.evaluate("document.documentElement.scrollWidth") <= width
    for root in film.locator(".film").all():
        outer = root.bounding_box()
        assert outer
        for part in root.locator(".kernels canvas, .accuracies, .scrub, li").all():
            inner = part.bounding_box()
            assert inner
            assert inner["x"] >= outer["x"] - 1
            assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert not serious_faults(film)
