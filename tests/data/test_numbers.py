import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.data.numbers import COURSE, NumbersError, read_numbers


def test_the_courses_numbers():
    assert read_numbers(COURSE)[0].tolist() == [[29, 15, 28, 184], [0, 100, 70, 38], [12, 12, 7, 2], [12, 12, 45, 6]]


@pytest.mark.parametrize(
    "text",
    [
        "1 2\n3 4",
        "1,2/3,4",
        " 1  2 ; 3 4 ;\n",
        "1.0 2. / 3 4",
        "1, 2\n3, 4",
        "[[1, 2], [3, 4]]",
        "[[1 2]\n [3 4]]",
        "tensor([[1., 2.],\n        [3., 4.]])",
    ],
)
def test_rows_by_lines_slashes_or_semicolons(text):
    assert read_numbers(text).tolist() == [[[1, 2], [3, 4]]]


def test_decimal_commas():
    assert read_numbers("1,5 2,25\n-3 4,0").tolist() == [[[1.5, 2.25], [-3, 4]]]


def test_signs_and_fractions():
    assert read_numbers("-1.5 +.25 \u22122").tolist() == [[[-1.5, 0.25, -2]]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There are no numbers"),
        (" \n / ", "There are no numbers"),
        ("1 2 / 3", "Row 1 has length 1 and row 0 has length 2"),
        ("1 x", "'x' is no number"),
        ("nan", "'nan' is no number"),
        ("1e9", "is no number"),
        ("2000000", "is no number"),
        ("1 " * 33, "1×33 numbers are too many"),
        ("1\n" * 33, "33×1 numbers are too many"),
        ("9" * 5000, "'99999999999999999999' is no number"),
    ],
)
def test_what_is_no_map_is_said(text, sentence):
    with pytest.raises(NumbersError, match=sentence):
        read_numbers(text)


@given(st.text())
def test_any_text_is_a_map_or_a_sentence(text):
    try:
        values = read_numbers(text)
    except NumbersError:
        return
    assert values.ndim == 3
    assert values.size
