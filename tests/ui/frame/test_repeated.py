"""Parts of pages that draw themselves anew."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

import cnnviz

PROJECT = Path(cnnviz.__file__).parent.parent


def page() -> None:
    import streamlit as st

    from cnnviz.ui.frame.repeated import repeated

    @repeated(2.5)
    def watched() -> None:
        st.text("watched")

    @repeated(None)
    def at_rest() -> None:
        st.text("at rest")

    watched()
    at_rest()


def test_only_what_is_to_be_repeated_has_a_beat_and_it_is_another_one_each_time() -> None:
    app = AppTest.from_function(page).run()
    assert [element.value for element in app.text] == ["watched", "at rest"]
    beats = [json.loads(element.proto.json)["spec"] for element in app.get("bidi_component")]
    assert [beat["seconds"] for beat in beats] == [2.5]
    [again] = [json.loads(element.proto.json)["spec"] for element in app.run().get("bidi_component")]
    assert again["round"] != beats[0]["round"]


def test_no_page_asks_by_streamlits_own_timers() -> None:
    """They ask while the page is at work: then what is on its way to the browser is thrown away."""
    by_timer = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("cnnviz", "pages")
        for path in (PROJECT / folder).rglob("*.py")
        if "run_every" in path.read_text()
    }
    assert by_timer == {"cnnviz/ui/frame/restart.py"}  # once a day: it only has a tab come back after a restart
