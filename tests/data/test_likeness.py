"""What training images have in common: traits beside plain loops, and pictures of other kinds."""

from collections.abc import Callable
from itertools import pairwise
from statistics import fmean, median, pstdev

import numpy as np
import pytest

from cnnviz.data.dataset import Images
from cnnviz.data.digits import digits
from cnnviz.data.drawing import draw
from cnnviz.data.images import fitted, to_grey
from cnnviz.data.ink import as_digit
from cnnviz.data.likeness import Likeness, has_no_colours, known, traits
from cnnviz.data.patterns import PATTERNS, pattern
from cnnviz.data.photograph import photograph
from cnnviz.data.shapes import CLASSES, shape_image, shapes

FORMS = {"mnist": (1, 28, 28), "digits": (1, 28, 28), "cifar10": (3, 32, 32), "shapes": (3, 32, 32)}


def noise() -> Images:
    return np.random.default_rng(3).integers(0, 256, (3, 32, 32), np.uint8)


FOREIGN: dict[str, Callable[[], list[Images]]] = {
    "drawn shapes": lambda: [shape_image(kind, 7) for kind in CLASSES],
    "digits": lambda: list(digits().test.images[:20]),
    "digits on white": lambda: list(255 - digits().test.images[:20]),
    "noise": lambda: [noise()],
    "far too dark": lambda: [photograph() // 10],
    "far too bright": lambda: [255 - (255 - photograph()) // 5],
    "patterns": lambda: [pattern(name, 28) for name in PATTERNS],
    "photographs": lambda: [photograph()],
}
OWN = {"mnist": ("digits",), "digits": ("digits",), "cifar10": ("photographs",), "shapes": ("drawn shapes",)}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("name", FORMS)
def test_pictures_of_another_kind_are_told_from_the_training_images(name: str, kind: str) -> None:
    if kind in OWN[name]:
        return
    likeness = known()[name]
    assert [picture for picture in FOREIGN[kind]() if likeness.has(fitted(picture, FORMS[name]))] == []


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_few_test_images_are_called_unlike(name: str) -> None:
    images = {"digits": digits, "shapes": shapes}[name]().test.images[:200]
    assert np.mean([not known()[name].has(image) for image in images]) <= 0.05


def test_a_photograph_of_one_of_its_classes_is_like_them() -> None:
    cat = fitted(photograph(), FORMS["cifar10"])
    assert known()["cifar10"].has(cat)
    assert not has_no_colours(cat)


def test_a_drawn_digit_is_like_them() -> None:
    seven = as_digit(draw("wMMnMXr"))
    assert known()["mnist"].has(seven)


def test_a_grey_picture_has_no_colours() -> None:
    grey = np.repeat(to_grey(photograph()), 3, 0)
    assert has_no_colours(grey)
    assert not has_no_colours(to_grey(photograph()))  # one channel has none to lack


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_what_is_known_is_what_the_images_say(name: str) -> None:
    dataset = {"digits": digits, "shapes": shapes}[name]()
    said = Likeness.of(dataset.train.images)
    assert known()[name].limit == pytest.approx(said.limit, rel=1e-3)
    np.testing.assert_allclose(known()[name].quantiles, said.quantiles, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(known()[name].precision, said.precision, rtol=1e-3, atol=1e-3)


def two_tones(levels: list[float]) -> float:
    """Otsu's share, by every threshold."""
    best = 0.0
    for low, high in pairwise(sorted(set(levels))):
        dark, light = [v for v in levels if v <= low], [v for v in levels if v >= high]
        share = len(dark) / len(levels)
        best = max(best, share * (1 - share) * (fmean(dark) - fmean(light)) ** 2)
    return best / pstdev(levels) ** 2


@pytest.mark.parametrize("channels", [1, 3])
def test_traits_are_those_that_plain_loops_count(channels: int) -> None:
    image = np.random.default_rng(channels).choice(np.array([0, 17, 90, 91, 230, 255], np.uint8), (channels, 7, 9))
    found = traits(image[None])[0]
    _, rows, columns = image.shape
    pixels = [[[float(v) for v in image[:, y, x]] for x in range(columns)] for y in range(rows)]
    grey = [[fmean(pixel) for pixel in row] for row in pixels]
    flat = [v for row in grey for v in row]
    across = [abs(b - a) for row in grey for a, b in pairwise(row)]
    down = [abs(b - a) for upper, lower in pairwise(grey) for a, b in zip(upper, lower, strict=True)]
    equal = fmean([
        fmean([float(a == b) for row in pixels for a, b in pairwise(row)]),
        fmean([float(a == b) for upper, lower in pairwise(pixels) for a, b in zip(upper, lower, strict=True)]),
    ])  # fmt: skip
    border = [*grey[0], *grey[-1], *(row[0] for row in grey), *(row[-1] for row in grey)]
    halves = [[fmean([grey[2 * y + i][2 * x + j] for i in (0, 1) for j in (0, 1)]) for x in range(4)] for y in range(3)]
    detail = [abs(b - a) for row in halves for a, b in pairwise(row)]
    detail += [abs(b - a) for upper, lower in pairwise(halves) for a, b in zip(upper, lower, strict=True)]
    steps = across + down
    expected = {
        0: fmean(flat),
        1: np.log1p(pstdev(flat)),
        2: np.log1p(fmean(steps)),
        3: np.log(fmean([v * v for v in steps]) + 1) - 2 * np.log(fmean(steps) + 1),
        4: np.log1p(median(steps)),
        5: np.log1p(fmean(across)) - np.log1p(fmean(down)),
        6: np.log1p(fmean(detail)),
        8: np.sqrt(equal),
        9: fmean(border),
        10: np.log1p(pstdev(border)),
        11: np.sqrt(fmean([float(v < 32) for v in flat])),
        12: np.sqrt(fmean([float(v > 223) for v in flat])),
        13: two_tones(flat),
    }
    if channels == 3:
        ranges = [max(pixel) - min(pixel) for row in pixels for pixel in row]
        tints = [fmean([pixels[y][x][c] - grey[y][x] for y in range(rows) for x in range(columns)]) for c in range(3)]
        expected |= {14: np.log1p(fmean(ranges)), 15: np.log1p(pstdev(ranges)), 17: np.log1p(pstdev(tints))}
    assert {at: found[at] for at in expected} == pytest.approx(expected)
    assert len(found) == (14 if channels == 1 else 18)


def test_what_sets_a_picture_apart_is_named() -> None:
    likeness = known()["cifar10"]
    assert likeness.differences(np.zeros((3, 32, 32), np.uint8) + 4)[0] in ("is darker", "has less contrast")
    assert "is rougher from pixel to pixel" in likeness.differences(noise())
    assert "has larger areas of exactly one colour" in likeness.differences(fitted(pattern("disc", 32), (3, 32, 32)))


def test_traits_that_never_change_are_no_division_by_zero() -> None:
    plain = np.zeros((200, 1, 8, 8), np.uint8)
    plain[:, 0, 0, 0] = np.arange(200)
    likeness = Likeness.of(plain)
    assert likeness.has(plain[100])
    assert not likeness.has(np.full((1, 8, 8), 200, np.uint8))


def test_a_few_images_have_nothing_in_common() -> None:
    with pytest.raises(ValueError, match="too few"):
        Likeness.of(np.zeros((199, 1, 8, 8), np.uint8))
