"""The place that one looks at, while settings change."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage


def told(app: AppTest) -> tuple[str, bool]:
    """What the first explorer is told of the place."""
    specs = [json.loads(element.proto.json)["spec"] for element in app.get("bidi_component")]
    return next((spec["at"], spec["follows"]) for spec in specs if "follows" in spec)


def at(app: AppTest) -> str:
    return "".join(app.query_params["at"])


@pytest.mark.parametrize("page", ["convolution", "pooling"])
def test_settings_take_the_place_along_there_and_back(open_page: OpenPage, page: str) -> None:
    app = open_page(page, at="0.12.9~2", kernel_size="3", stride="1", padding="1")
    assert told(app) == ("0.12.9~2", False)
    app.select_slider(key="stride").set_value("3" if page == "pooling" else 3).run()
    assert told(app) == ("0.4.3~2", True)
    assert at(app) == "0.4.3~2"
    app.select_slider(key="padding").set_value(0).run()
    assert told(app)[1]
    app.select_slider(key="padding").set_value(1).run()
    app.select_slider(key="stride").set_value("1" if page == "pooling" else 1).run()
    assert told(app) == ("0.12.9~2", False)
    assert at(app) == "0.12.9~2"


def test_another_place_is_taken_along_from_there(open_page: OpenPage) -> None:
    app = open_page("convolution", at="0.12.12", padding="1")
    app.select_slider(key="stride").set_value(2).run()
    assert at(app) == "0.6.6"
    app.query_params["at"] = "0.3.3"  # somebody clicks
    app.run()
    assert told(app) == ("0.3.3", False)
    app.select_slider(key="stride").set_value(1).run()
    assert told(app) == ("0.6.6", True)


def test_what_is_no_cell_stays_as_it_is(open_page: OpenPage) -> None:
    for address in ("2", "0.99.99", ""):
        app = open_page("convolution", image="digit", at=address)
        app.select_slider(key="stride").set_value(2).run()
        assert told(app) == (address, False)
