"""``app.py`` is the server's app and the page script at once."""

import runpy
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from cnnviz.paths import PROJECT

APP = PROJECT / "app.py"
PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_the_script_shows_every_page(page: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert app.title
    assert len(app.main) > 3


def test_the_server_finds_the_app_and_no_page_runs() -> None:
    found = discover_asgi_app(Path(APP))
    assert (found.is_asgi_app, found.import_string) == (True, "app:app")
    made = runpy.run_path(str(APP), run_name="app")
    assert isinstance(made["app"], st.App)
    assert made["app"].script_path == APP
