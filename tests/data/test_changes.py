import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnviz.data.changes import MOST_EDITS, clean, painted, shift_pixels
from cnnviz.data.images import to_grey

GREY = np.arange(30, dtype=np.uint8).reshape(1, 5, 6)
RGB = np.arange(90, dtype=np.uint8).reshape(3, 5, 6)
MANGLED = [
    "",
    "x",
    "1",
    "1.2",
    "1.2~",
    "1.2~256",
    "1.2~-1",
    "1.2~1.5",
    "-1.2~3",
    "1.2~ff80",
    "1.2~gg0000",
    "1.2~٣",
    "1.2~3 ",
]


@pytest.mark.parametrize("pixels", [GREY, RGB])
@pytest.mark.parametrize("right", [0, 1, -2, 5, 6, -7, 100])
@pytest.mark.parametrize("down", [0, 2, -1, -4, 5, -6, 100])
def test_each_pixel_comes_from_where_it_was_or_is_as_the_top_left_one(
    pixels: np.ndarray, right: int, down: int
) -> None:
    out = shift_pixels(pixels, right, down)
    assert (out.shape, out.dtype) == (pixels.shape, np.uint8)
    for row, col in np.ndindex(5, 6):
        from_row, from_col = row - down, col - right
        inside = 0 <= from_row < 5 and 0 <= from_col < 6
        expected = pixels[:, from_row, from_col] if inside else pixels[:, 0, 0]
        assert (out[:, row, col] == expected).all()


def test_pixels_are_painted_where_they_are_said_to_be() -> None:
    out = painted(GREY, "1.2~200_4.5~7")
    assert [tuple(place) for place in np.argwhere(out != GREY)] == [(0, 1, 2), (0, 4, 5)]
    assert (out[0, 1, 2], out[0, 4, 5]) == (200, 7)
    out = painted(RGB, "1.2~c80A00")
    assert out[:, 1, 2].tolist() == [200, 10, 0]
    assert (out != RGB).any(0).sum() == 1


def test_the_picture_given_stays_as_it_is() -> None:
    pixels = GREY.copy()
    painted(pixels, "0.0~99")
    assert (pixels == GREY).all()


def test_the_last_painting_of_a_place_counts() -> None:
    assert painted(GREY, "0.0~1_0.0~255")[0, 0, 0] == 255


def test_grey_on_colours_and_colours_on_grey() -> None:
    assert painted(RGB, "0.1~77")[:, 0, 1].tolist() == [77, 77, 77]
    orange = np.array([255, 128, 0], np.uint8)[:, None, None]
    assert painted(GREY, "0.1~ff8000")[0, 0, 1] == to_grey(orange).item()


@pytest.mark.parametrize("edits", [*MANGLED, "5.0~1", "0.6~1", "9999.9999~1", "99999.0~1"])
def test_what_is_mangled_or_out_of_the_picture_is_left_out(edits: str) -> None:
    assert (painted(GREY, edits) == GREY).all()
    assert painted(GREY, f"{edits}_2.2~250_{edits}")[0, 2, 2] == 250


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        *((edits, "") for edits in MANGLED),
        ("3.4~255_x_0.0~FF8000", "3.4~255_0.0~ff8000"),
        ("003.04~007", "3.4~7"),
        ("1.1~5_2.2~6_1.1~7", "2.2~6_1.1~7"),
        ("40.50~000000", "40.50~000000"),
    ],
)
def test_the_clean_form(edits: str, expected: str) -> None:
    assert clean(edits) == expected


def test_an_endless_text_is_cut() -> None:
    many = [f"{i // 64}.{i % 64}~9" for i in range(MOST_EDITS + 50)]
    assert clean("_".join(many)) == "_".join(many[:MOST_EDITS])


@given(st.one_of(st.text(max_size=60), st.text("0123456789.~_af", max_size=60)))
@example("0.0~1" + "_" * 9)
def test_any_text_can_be_painted_and_its_clean_form_paints_the_same(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    for pixels in (GREY, RGB):
        assert (painted(pixels, text) == painted(pixels, once)).all()
