import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.data.drawing import ALPHABET, COLOURS, MOST_CHARACTERS, draw, strokes
from cnnviz.data.ink import as_digit
from cnnviz.runs import load_checkpoint


def stroke(*points, colour="w"):
    return colour + "".join(ALPHABET[x] + ALPHABET[y] for x, y in points)


def test_strokes_are_read_back():
    drawing = stroke((0, 0), (63, 63)) + "." + stroke((5, 9), colour="r")
    assert strokes(drawing) == [(COLOURS["w"], [(0, 0), (63, 63)]), (COLOURS["r"], [(5, 9)])]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_drawing(text):
    image = draw(text)
    assert image.shape == (3, 64, 64)
    assert as_digit(image).shape == (1, 28, 28)


def test_an_endless_drawing_is_cut():
    assert len(strokes("wAA." * MOST_CHARACTERS)) <= MOST_CHARACTERS / 4


def test_a_stroke_is_where_it_was_drawn_in_its_colour():
    image = draw(stroke((32, 5), (32, 60), colour="r"))
    assert (image[:, 30, 32] == COLOURS["r"]).all()
    assert (image[:, 30, 5] == 0).all()


def test_the_eraser_draws_black():
    line = stroke((5, 32), (60, 32))
    assert draw(line + "." + stroke((5, 32), (60, 32), colour="k")).sum() == 0


@pytest.mark.parametrize("line", [((2, 2), (2, 20)), ((40, 40), (62, 62)), ((3, 60), (50, 60)), ((31, 31),)])
def test_a_digit_is_fitted_into_20_pixels_around_its_centre_of_mass(line):
    digit = as_digit(draw(stroke(*line)))[0].astype(float)
    rows, cols = np.flatnonzero(digit.max(1)), np.flatnonzero(digit.max(0))
    assert max(rows[-1] - rows[0], cols[-1] - cols[0]) + 1 == 20
    for axis in (0, 1):
        middle = (np.indices(digit.shape)[axis] * digit).sum() / digit.sum()
        assert abs(middle - 13.5) <= 1


def test_an_empty_sheet_stays_empty():
    assert as_digit(draw("")).sum() == 0


DIGITS = {
    1: [[(30, 8), (32, 56)]],
    4: [[(22, 8), (16, 34), (46, 34)], [(40, 10), (38, 58)]],
    7: [[(16, 12), (46, 12), (28, 56)]],
    0: [[(round(32 + 14 * np.sin(t / 8 * np.pi)), round(32 - 22 * np.cos(t / 8 * np.pi))) for t in range(17)]],
}


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("shift", [(0, 0), (-10, 3), (12, -4)])
def test_the_shipped_network_reads_drawn_digits_wherever_they_stand(digit, shift):
    moved = [[(x + shift[0], y + shift[1]) for x, y in part] for part in DIGITS[digit]]
    module, card = load_checkpoint("lenet5-mnist")
    x = card.standardised(as_digit(draw(".".join(stroke(*part) for part in moved))))
    with torch.no_grad():
        assert module(torch.from_numpy(x)[None]).argmax().item() == digit
