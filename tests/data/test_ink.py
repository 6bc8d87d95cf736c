"""A picture brought to the form of MNIST's images, beside Pillow's own steps, a drawing, and what a network makes of it."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from cnnviz.data.digits import digits
from cnnviz.data.drawing import ALPHABET, draw
from cnnviz.data.images import fitted, resized
from cnnviz.data.ink import ARTICLE, DIGIT, Form, as_digit, find_ink, is_formed, prepared, thickened
from cnnviz.runs import load_checkpoint
from tests.scale import SEED, cases


def drawing_of(rng: np.random.Generator) -> str:
    """Some strokes that stay away from the edge of the sheet."""
    strokes = []
    for _ in range(rng.integers(1, 4)):
        points = rng.integers(12, 52, (int(rng.integers(2, 5)), 2))
        strokes.append("w" + "".join(ALPHABET[x] + ALPHABET[y] for x, y in points))
    return ".".join(strokes)


def pillows(grey: np.ndarray) -> np.ndarray:
    """Light ink on black, cropped, fitted into 20×20 and put by its mass on 28×28, step by step by Pillow."""
    image = Image.fromarray(grey)
    box = image.point(lambda value: 255 * (value > 20)).getbbox()
    ink = image.crop(box)
    scale = 20 / max(ink.size)
    size = [max(1, round(side * scale)) for side in ink.size]
    small = ink.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    mass = np.asarray(small, float)
    middle = (np.arange(size[0]) @ mass.sum(0) / mass.sum(), np.arange(size[1]) @ mass.sum(1) / mass.sum())
    sheet = Image.new("L", (28, 28))
    sheet.paste(small, [min(max(round(13.5 - at), 0), 28 - side) for at, side in zip(middle, size, strict=True)])
    return np.asarray(sheet)[None]


def test_a_drawing_an_upload_of_it_and_its_negative_agree_pixel_by_pixel() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(cases(400)):
        drawn = draw(drawing_of(rng))
        expected = pillows(drawn.max(0))
        np.testing.assert_array_equal(as_digit(drawn), expected)
        negative = np.asarray(ImageOps.invert(Image.fromarray(drawn[0])))[None]
        for upload, on_light in ((drawn, False), (negative, True), (negative.repeat(3, 0), True)):
            found = prepared(upload, DIGIT)
            assert found is not None
            np.testing.assert_array_equal(found[0], expected)
            assert (found[1].on_light, found[1].is_clean) == (on_light, True)


@pytest.mark.parametrize("width", [1, 3, 6, 20])
@pytest.mark.parametrize(("frame", "negative"), [(0, True), (255, False), (90, True)])
def test_the_dark_edge_of_a_scan_is_no_ink(width: int, frame: int, negative: bool) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(cases(100)):
        drawn = resized(draw(drawing_of(rng)), 200, 200)
        sheet = 255 - drawn if negative else drawn
        plain = prepared(sheet, DIGIT)
        framed = np.pad(sheet, ((0, 0), (width, width), (width, width)), constant_values=frame)
        found = prepared(framed, DIGIT)
        assert plain is not None
        assert found is not None
        np.testing.assert_array_equal(found[0], plain[0])


def test_where_it_stands_on_the_sheet_does_not_matter() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(cases(200)):
        drawn = 255 - draw(drawing_of(rng))[:1]
        sheet = np.full((1, *rng.integers(80, 256, 2)), 255, np.uint8)
        top, left = (int(rng.integers(0, side - 63)) for side in sheet.shape[1:])
        sheet[:, top : top + 64, left : left + 64] = drawn
        np.testing.assert_array_equal(prepared(sheet, DIGIT)[0], prepared(drawn, DIGIT)[0])  # type: ignore[index]


@pytest.mark.parametrize("ink", [(0, 0, 160), (120, 20, 20), (90, 90, 90)])
def test_the_colour_of_the_pen_does_not_matter(ink: tuple[int, int, int]) -> None:
    drawn = draw("wMMzz")
    share = drawn[0] / 255
    paper, pen = np.reshape([250, 245, 230], (3, 1, 1)), np.reshape(ink, (3, 1, 1))
    upload = np.rint(paper * (1 - share) + pen * share).astype(np.uint8)
    found, _ = prepared(upload, DIGIT)  # type: ignore[misc]
    assert np.abs(found.astype(int) - as_digit(drawn)).max() <= 8


def photograph(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit in pen on paper, somewhere on the sheet, in uneven light and with a sensor's noise."""
    side = int(rng.integers(90, 180))
    large = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) / 255
    height, width = (int(n) for n in rng.integers(side, 256, 2))
    ink = np.zeros((height, width))
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    ink[top : top + side, left : left + side] = np.clip((large - 0.35) * 4, 0, 1)
    light = np.linspace(-1, 1, height)[:, None] * rng.uniform(-30, 30) + np.linspace(-1, 1, width) * rng.uniform(
        -30, 30
    )
    paper, pen = rng.integers(150, 225, (3, 1, 1)) + light, rng.integers(0, 90, (3, 1, 1))
    sheet = paper * (1 - ink) + pen * ink + rng.normal(0, rng.uniform(1, 8), (3, height, width))
    return sheet.clip(0, 255).round().astype(np.uint8)


def test_the_shipped_network_reads_photographs_of_digits_nearly_as_well_as_the_digits() -> None:
    module, card = load_checkpoint("lenet5-mnist")
    rng, split = np.random.default_rng(SEED), digits().test
    chosen = rng.permutation(len(split))[: max(60, cases(len(split)))]
    photographs = [photograph(split.images[i, 0], rng) for i in chosen]
    read = {
        "digit": [split.images[i] for i in chosen],
        "as it is": [fitted(picture, (1, 28, 28)) for picture in photographs],
        "made like": [prepared(picture, DIGIT)[0] for picture in photographs],  # type: ignore[index]
    }
    right = {}
    for name, pixels in read.items():
        with torch.no_grad():
            answers = module(torch.from_numpy(np.stack([card.standardised(one) for one in pixels]))).argmax(1)
        right[name] = float((answers.numpy() == split.labels[chosen]).mean())
    assert right["as it is"] < 0.3
    assert right["made like"] > right["digit"] - 0.1


def test_nothing_that_stands_out_is_said_so() -> None:
    rng = np.random.default_rng(SEED)
    assert find_ink(np.full((3, 40, 40), 200, np.uint8)) is None
    assert prepared(rng.integers(0, 256, (3, 60, 60), np.uint8), DIGIT) is None
    half = np.full((1, 40, 40), 255, np.uint8)
    half[:, 2:38, 2:38] = 0
    assert prepared(half, DIGIT) is None  # nothing that a pen draws
    assert prepared(half, ARTICLE) is not None


def test_an_article_of_clothing_fills_the_square_in_the_middle() -> None:
    sheet = np.full((3, 90, 70), 255, np.uint8)
    sheet[:, 20:76, 25:53] = np.random.default_rng(SEED).integers(0, 120, (56, 28))
    found, ink = prepared(sheet, ARTICLE)  # type: ignore[misc]
    assert ink.on_light
    rows, cols = np.flatnonzero(found[0].any(1)), np.flatnonzero(found[0].any(0))
    assert (rows[0], rows[-1], cols[0], cols[-1]) == (0, 27, 7, 20)


def test_a_thin_pen_becomes_as_wide_as_the_datasets_and_a_wide_one_stays() -> None:
    thin, wide = np.zeros((200, 200), np.uint8), np.zeros((200, 200), np.uint8)
    thin[20:180, 99:102] = 255
    wide[20:180, 92:108] = 255
    assert 14 <= (thickened(thin, DIGIT)[100] > 0).sum() <= 18
    np.testing.assert_array_equal(thickened(wide, DIGIT), wide)
    np.testing.assert_array_equal(thickened(thin, ARTICLE), thin)


def test_the_datasets_own_images_have_their_form_and_others_not() -> None:
    images = digits().test.images
    assert sum(is_formed(image, DIGIT) for image in images[:50]) >= 48
    assert not any(is_formed(255 - image, DIGIT) for image in images[:50])
    assert not any(is_formed(resized(image, 32, 32), DIGIT) for image in images[:5])


@pytest.mark.parametrize("form", [DIGIT, ARTICLE])
def test_a_small_picture_in_the_corner_is_not_in_form(form: Form) -> None:
    """And comes into it as others do: the size alone is no form."""
    for image in digits().test.images[:20]:
        corner = np.zeros_like(image)
        corner[:, 14:, 14:] = resized(image, 14, 14)
        assert not is_formed(corner, form)
        made = prepared(corner, form)
        assert made is not None
        assert is_formed(made[0], form)


def test_an_empty_picture_has_no_form() -> None:
    assert not is_formed(np.zeros((1, 28, 28), np.uint8), DIGIT)
