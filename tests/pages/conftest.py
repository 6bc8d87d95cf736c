from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.paths import PROJECT

OpenPage = Callable[..., AppTest]


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
