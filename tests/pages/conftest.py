from collections.abc import Callable, Iterator
from functools import cache
from unittest.mock import patch

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from cnnviz.paths import PROJECT
from cnnviz.runs import Engine

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True, scope="session")
def packages_read_once() -> Iterator[None]:
    """Every AppTest looks through all that is installed for components, which takes longer than the page itself."""
    scan = manifest_scanner.scan_component_manifests
    with patch.object(manifest_scanner, scan.__name__, cache(scan)):
        yield


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of runs that would have been launched; no worker starts."""
    ids: list[str] = []
    monkeypatch.setattr(Engine, "launch", lambda _self, run_id: ids.append(run_id))
    return ids


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page by the name of its file, with an address, and fails where it shows an exception."""

    def open_(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
        for key, value in address.items():
            app.query_params[key] = value
        if name != "home":
            app.switch_page(f"pages/{name}.py")
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return open_
