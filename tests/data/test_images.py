"""The pixels of a file are those that one sees in it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cnnviz.data.images import read_image
from tests.data.image_files import COLOURS, colours, png, saved
from tests.scale import SEED, cases

# what is read


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})])
def test_colours_exactly(kind: str, options: dict[str, object]) -> None:
    upload = read_image(colours(kind, **options))
    np.testing.assert_array_equal(upload.pixels, COLOURS.transpose(2, 0, 1))
    assert upload.pixels.dtype == np.uint8
    assert upload.note == ""


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_one_colour_in_every_format(kind: str) -> None:
    pixels = read_image(saved(Image.new("RGB", (9, 6), (200, 100, 50)), kind)).pixels.astype(int)
    assert pixels.shape == (3, 6, 9)
    assert np.abs(pixels - np.reshape([200, 100, 50], (3, 1, 1))).max() <= 3


def test_grey_stays_one_channel() -> None:
    grey = COLOURS[:, :, 0]
    for kind in ("PNG", "BMP"):
        np.testing.assert_array_equal(read_image(saved(Image.fromarray(grey), kind)).pixels, grey[None])


def test_one_bit() -> None:
    bits = COLOURS[:, :, 0] > 127
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(bits), "PNG")).pixels, bits[None] * 255)


def test_sixteen_bits() -> None:
    ramp = np.arange(65536, dtype=">u2").reshape(256, 256)
    rows = b"".join(b"\0" + row.tobytes() for row in ramp)
    pixels = read_image(png(256, 256, 16, rows)).pixels
    assert pixels.shape == (1, 256, 256)
    np.testing.assert_array_equal(pixels[0], np.rint(ramp.astype(float) / 257))


def test_dark_sixteen_bits_stay_dark() -> None:
    pixels = read_image(saved(Image.fromarray(np.full((4, 4), 200, np.uint16)), "PNG")).pixels
    assert pixels.max() == 1  # 200 of 65,535


def test_cmyk() -> None:
    upload = read_image(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red = upload.pixels.reshape(3, -1).mean(axis=1)
    assert red[0] > 230
    assert red[1:].max() < 25


def test_transparency_is_white() -> None:
    rgba = np.dstack([COLOURS, np.full((6, 9), 255, np.uint8)])
    rgba[:3, :, 3] = 0
    rgba[3, :] = (0, 0, 0, 128)
    pixels = read_image(saved(Image.fromarray(rgba), "PNG")).pixels
    assert (pixels[:, :3] == 255).all()
    assert np.abs(pixels[:, 3].astype(int) - 127).max() <= 1
    np.testing.assert_array_equal(pixels[:, 4:], COLOURS[4:].transpose(2, 0, 1))


def test_transparent_palette() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    pixels = read_image(saved(image, "PNG", transparency=0)).pixels
    assert pixels[:, 0].T.tolist() == [[255, 255, 255], [0, 0, 255]]


def test_grey_with_transparency_is_grey_over_white() -> None:
    image = Image.merge("LA", [Image.fromarray(np.array([row], np.uint8)) for row in ([50, 50], [255, 0])])
    assert read_image(saved(image, "PNG")).pixels.tolist() == [[[50, 255]]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_ground_under_transparency_is_pillows_of_the_greater_contrast(mode: str, kind: str) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(cases(200)):
        height, width = rng.integers(1, 20, 2)
        rgba = rng.integers(0, 256, (height, width, 4), np.uint8)
        rgba[:, :, :3] = rgba[:, :, :3] // 2 + int(rng.integers(0, 2)) * 128  # dark or light ink
        rgba[:, :, 3] = rng.choice([0, 255, int(rng.integers(256))], (height, width))
        image = Image.fromarray(rgba)
        if mode == "P":
            image = image.quantize(8)
        elif mode == "LA":
            image = image.convert("LA")
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        content = saved(image, kind, **options)
        flat = Image.open(io.BytesIO(content)).convert("RGBA")
        seen = np.asarray(flat)[:, :, 3].astype(float)
        luminance = np.asarray(flat.convert("L")).astype(float)
        black = seen.sum() > 0 and (luminance * seen).sum() / seen.sum() > 127.5
        expected = Image.alpha_composite(Image.new("RGBA", flat.size, "black" if black else "white"), flat)
        upload = read_image(content)
        grey = len(upload.pixels) == 1
        theirs = np.asarray(expected.convert("L"))[None] if grey else np.asarray(expected)[:, :, :3].transpose(2, 0, 1)
        np.testing.assert_array_equal(upload.pixels, theirs)
        assert ("black" in upload.note) == black
        assert bool(upload.note) == bool((seen < 255).any())


def test_white_ink_on_no_ground_is_seen_and_said() -> None:
    ink = np.full((8, 8, 4), 255, np.uint8)
    ink[:, :, 3] = 0
    ink[2:6, 3:5, 3] = 255
    upload = read_image(saved(Image.fromarray(ink), "PNG"))
    np.testing.assert_array_equal(upload.pixels, np.repeat(ink[None, :, :, 3], 3, 0))
    assert upload.note == "Its transparent parts are black, for what it shows is light."
    assert "transparent all over" in read_image(saved(Image.new("RGBA", (3, 3)), "PNG")).note


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if kind == "WEBP" else {}
    upload = read_image(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (upload.pixels == np.reshape([255, 0, 0], (3, 1, 1))).all()
    assert "first" in upload.note
    assert "3 frames" in upload.note


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(1, lambda a: a), (3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)), (8, lambda a: np.rot90(a))],
)
def test_turned_by_exif(orientation: int, turned) -> None:  # type: ignore[no-untyped-def]
    halves = np.zeros((16, 32), np.uint8)
    halves[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read_image(saved(Image.fromarray(halves), "JPEG", exif=exif)).pixels[0]
    expected = turned(halves)
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() < 10
