"""A small page of a picture and its changes: what the address says is what the picture shows."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data.changes import painted, shift_pixels
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.pickers.image_picker import digit_image

MANGLED = [
    "",
    " ",
    "x",
    "-1",
    "1.5",
    "1e400",
    "inf",
    "nan",
    "9" * 400,
    "null",
    "[]",
    "\x00",
    "é" * 50,
    "1,2",
    "2.3~",
    "2.3~999",
]


def page() -> None:
    import streamlit as st

    from cnnviz.ui.pickers.image_picker import pick_image
    from cnnviz.ui.pickers.picture_changes import change_picture

    st.session_state["_changed"] = change_picture(pick_image())


def opened(**address: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[PAGE] = "Activations"
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def test_without_an_address_nothing_changes() -> None:
    changed = opened().session_state["_changed"]
    assert (changed.pixels == digit_image("3").pixels).all()
    assert (changed.title, changed.is_digit) == (digit_image("3").title, True)


def test_the_address_shifts_first_and_paints_then() -> None:
    app = opened(right="3", down="-2", pixels="0.0~200_5.7~100_40.0~9")
    expected = painted(shift_pixels(digit_image("3").pixels, 3, -2), "0.0~200_5.7~100")
    changed = app.session_state["_changed"]
    assert (changed.pixels == expected).all()
    assert (changed.pixels[0, 0, 0], changed.pixels[0, 5, 7]) == (200, 100)
    assert changed.title == digit_image("3").title


def test_the_sliders_shift() -> None:
    app = opened(pixels="0.0~200")
    app.select_slider(key="right").set_value(16)
    app.select_slider(key="down").set_value(1)
    app.run()
    expected = painted(shift_pixels(digit_image("3").pixels, 16, 1), "0.0~200")
    assert (app.session_state["_changed"].pixels == expected).all()


def test_another_picture_keeps_the_edits_that_lie_in_it() -> None:
    app = opened(right="10", pixels="20.20~50_2.3~77")
    app.selectbox(key="image").set_value("lecture").run()
    assert not app.exception
    small = app.session_state["_changed"].pixels
    assert (small.shape, small[0, 2, 3]) == ((1, 6, 6), 77)
    assert max(map(int, app.select_slider(key="right").options)) == 5
    app.selectbox(key="image").set_value("shape").run()
    colours = app.session_state["_changed"].pixels
    assert colours[:, 20, 20].tolist() == [50, 50, 50]
    assert app.query_params["pixels"] in ("20.20~50_2.3~77", ["20.20~50_2.3~77"])


def test_the_smallest_picture_can_be_shifted_to_its_last_row_and_column() -> None:
    assert opened(image="pattern", size="5", right="4", down="-4").session_state["_changed"].pixels.shape == (1, 5, 5)


@pytest.mark.parametrize("key", ["right", "down", "pixels"])
def test_a_mangled_address_changes_nothing(key: str) -> None:
    for value in MANGLED:
        changed = opened(**{key: value}).session_state["_changed"].pixels
        expected = digit_image("3").pixels
        if value == "-1" and key != "pixels":
            expected = shift_pixels(expected, -(key == "right"), -(key == "down"))
        assert np.array_equal(changed, expected), value


def test_what_the_address_hides_still_counts() -> None:
    changed = opened(hide="pixels,right", right="2", pixels="0.0~9").session_state["_changed"].pixels
    assert (changed == painted(shift_pixels(digit_image("3").pixels, 2, 0), "0.0~9")).all()
