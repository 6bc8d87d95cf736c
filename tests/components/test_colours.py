"""The browser's colours are the theme's."""

from typing import get_args

import pytest
from playwright.sync_api import Browser

from cnnviz.plots import ScaleName, lookup_table
from tests.components.modules import with_functions


@pytest.mark.parametrize("scale", get_args(ScaleName))
def test_the_browser_has_the_colours_of_the_theme(chromium: Browser, scale: ScaleName) -> None:
    page = with_functions(chromium, "shared/colours.js")
    assert page.evaluate("(scale) => Array.from(TABLES[scale].rgb)", scale) == lookup_table(scale).flatten().tolist()
    assert page.evaluate("() => Object.keys(TABLES)") == list(get_args(ScaleName))
    page.close()
