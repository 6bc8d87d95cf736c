"""The table of the address."""

import re
from pathlib import Path

import pytest
import streamlit as st

from cnnviz.paths import PROJECT
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame import address
from cnnviz.ui.frame.parameters import PAGE, TABLE, names, parameter
from cnnviz.ui.frame.parameters.as_text import as_markdown
from cnnviz.ui.frame.parameters.kinds import ALL, Number, OneOf, Part, Whole


def test_a_name_stands_once_on_each_page() -> None:
    for page in ALL:
        assert len(names(page)) == len(set(names(page)))


@pytest.mark.parametrize("one", TABLE, ids=lambda one: f"{one.pages[0]} {one.name}")
def test_each_is_whole(one) -> None:
    assert set(one.pages) <= set(ALL)
    assert one.says.endswith(".")
    assert ". " not in one.says
    if isinstance(one.kind, Whole | Number):
        assert one.kind.low <= one.kind.default <= one.kind.high
    if isinstance(one.kind, OneOf) and one.kind.options:
        assert one.kind.default in one.kind.options
    if one.has_tip:
        assert one.label
        assert one.help == one.says
    if isinstance(one.kind, Part):
        assert one.can_be_hidden


def test_layers_beside_the_first_have_their_own_names() -> None:
    assert parameter("b_stride", "Convolution") is parameter("stride", "Convolution")
    assert {"b_controls", "c_controls", "c_padding_width"} <= set(names("Convolution"))
    assert "controls" not in names("Convolution")
    for name, page in (("b_image", "Convolution"), ("b_stride", "Pooling"), ("d_stride", "Convolution")):
        with pytest.raises(KeyError):
            parameter(name, page)


def test_every_setting_of_a_run_is_one() -> None:
    assert {*TrainingConfig.model_fields, "set_dropout"} <= set(names("Train"))


def test_what_the_table_lacks_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(st.session_state, PAGE, "Pooling")
    for use in (address.text, address.texts, address.now, address.choice, address.switch, address.has):
        with pytest.raises(KeyError, match="no parameter 'degrees'"):
            use("degrees")
    with pytest.raises(KeyError):
        address.keep("degrees", "30")


def test_only_the_frame_touches_the_address() -> None:
    """And no control of a page is bound to it but through the table."""
    folders = (PROJECT / "cnnviz" / "ui", PROJECT / "pages")
    files = [path for folder in folders for path in folder.rglob("*.py") if "frame" not in path.parts]
    assert len(files) > 50
    bound = [path.name for path in files if re.search(r"\bst\.query_params\b|bind=", path.read_text("utf-8"))]
    assert bound == ["image_picker.py"]  # the one field for typed numbers


def test_the_documentation_has_the_table() -> None:
    assert Path(PROJECT / "docs" / "addresses.md").read_text("utf-8") == as_markdown()
