"""read_image: every file is an image or one sentence; and the ways to bring pixels to a size."""

from __future__ import annotations

import io
import pickle
import re
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from cnnviz.data import images
from cnnviz.data.file_kinds import kind_of
from cnnviz.data.images import MAX_BYTES, ImageError, Upload, fitted, read_image, resized, to_grey, within
from tests.scale import SEED, cases

SENTENCE = r"\A[A-Z](?:(?!\. )[^\n])*\.\Z"  # one line, one full stop, at its end
RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (6, 9, 3), np.uint8)  # (H, W, 3)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colours(kind: str, **options: object) -> bytes:
    return saved(Image.fromarray(COLOURS), kind, **options)


def png(width: int, height: int, depth: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A grey PNG, made without Pillow."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def refusal(content: bytes) -> str:
    with pytest.raises(ImageError, match=SENTENCE) as caught:
        read_image(content)
    return str(caught.value)


# what is refused


def test_empty_file() -> None:
    assert "empty" in refusal(b"")


@pytest.mark.parametrize(
    "content",
    [
        b"This is no picture.",
        pickle.dumps({"weights": [1, 2]}),
        colours("TIFF"),
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        bytes(1000),
    ],
    ids=["text", "pickle", "tiff", "pdf", "png signature alone", "zeros"],
)
def test_no_image_of_a_known_format(content: bytes) -> None:
    assert "choose a PNG, JPEG, GIF, WebP or BMP" in refusal(content)


HEAD = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        *((saved(Image.fromarray(COLOURS), name, **more), said) for name, said, more in (
            ("TIFF", "TIFF", {}),
            ("TIFF", "TIFF", {"big_tiff": True}),
            ("TIFF", "TIFF", {"compression": "tiff_lzw"}),
            ("AVIF", "AVIF", {}),
            ("JPEG2000", "JPEG 2000", {}),
            ("PDF", "PDF", {}),
            ("ICO", "Icon", {}),
            ("PPM", "Netpbm", {}),
        )),
        (HEAD + b"heic\0\0\0\0mif1heic", "HEIC"),
        (HEAD + b"mp42\0\0\0\0", "Video"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ],
)  # fmt: skip
def test_other_formats_are_named(content: bytes, kind: str) -> None:
    said = refusal(content)
    assert said.startswith(f"{kind} files are not read here: choose a PNG, JPEG, GIF, WebP or BMP image")


def test_nothing_that_is_read_has_the_name_of_what_is_not() -> None:
    assert [kind_of(content) for content in FILES] == [""] * len(FILES)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_cut_file(kind: str) -> None:
    content = saved(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8)), kind)
    refusal(content[: len(content) // 2])


def test_file_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "10 MB" in refusal(bytes(MAX_BYTES + 20_000_000))
    content = colours("PNG")
    monkeypatch.setattr(images, "MAX_BYTES", len(content))
    read_image(content)
    monkeypatch.setattr(images, "MAX_BYTES", len(content) - 1)
    refusal(content)


def test_file_just_too_large_is_not_said_to_have_the_allowed_size() -> None:
    assert "has 10 MB" not in refusal(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize("side", [7_000, 10_000, 20_000])  # Pillow says nothing, warns, raises
def test_too_many_pixels_are_not_decoded(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = png(side, side, 1, bytes((side // 8 + 1) * side))
    assert len(content) < 100_000
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    start = time.perf_counter()
    assert "pixels: choose one of at most 40 million" in refusal(content)
    assert time.perf_counter() - start < 1
    assert decoded == []


def test_pixel_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 54)
    assert read_image(colours("PNG")).pixels.shape == (3, 6, 9)
    monkeypatch.setattr(images, "MAX_PIXELS", 53)
    assert "9×6 pixels" in refusal(colours("PNG"))


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


@pytest.mark.parametrize(
    "exif",
    [
        b"no EXIF at all",
        b"MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0\0\x01\0\x03",  # cut off
        b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\x01\x1a\0\x02\0\0\0\x04abc\0\0\0\0\0",
    ],
    ids=["garbage", "cut", "letters for a number"],
)
def test_damaged_exif_is_no_reason_to_refuse_good_pixels(exif: bytes) -> None:
    extra = struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
    assert read_image(png(2, 2, 8, b"\0\7\7\0\7\7", extra)).pixels.tolist() == [[[7, 7], [7, 7]]]
    jpeg = saved(Image.new("L", (2, 2), 7), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif
    assert read_image(jpeg[:2] + segment + jpeg[2:]).pixels.tolist() == [[[7, 7], [7, 7]]]


FILES = [colours(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP")]
FILES.append(saved(Image.fromarray(COLOURS), "GIF", save_all=True, append_images=[Image.new("RGB", (9, 6))]))


@settings(deadline=None, max_examples=400, database=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=5),
    st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_damaged_files(content: bytes, changes: list[tuple[float, int]], kept: float) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value
    try:
        upload = read_image(bytes(damaged[: round(kept * len(damaged))]))
    except ImageError as error:
        said = str(error)
        assert re.search(SENTENCE, said)
    else:
        assert isinstance(upload, Upload)
        assert upload.pixels.dtype == np.uint8
        assert upload.pixels.ndim == 3
        assert len(upload.pixels) in (1, 3)


# sizes

RGB = COLOURS.transpose(2, 0, 1)


def test_to_grey() -> None:
    grey = to_grey(RGB)
    assert (grey.shape, grey.dtype) == ((1, 6, 9), np.uint8)
    assert np.abs(grey[0] - COLOURS @ [0.299, 0.587, 0.114]).max() <= 1
    np.testing.assert_array_equal(to_grey(grey), grey)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(6, 9), (1, 50), (50, 1), (1, 1), (28, 28)])
def test_resized(channels: int, size: tuple[int, int]) -> None:
    out = resized(RGB[:channels], *size)
    assert (out.shape, out.dtype) == ((channels, *size), np.uint8)
    flat = resized(np.full((channels, 6, 9), 77, np.uint8), *size)
    assert (flat == 77).all()


def test_resized_averages_down() -> None:
    checkerboard = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)[None]
    assert np.abs(resized(checkerboard, 8, 8).astype(int) - 127).max() < 10


def test_right_sizes_are_unchanged() -> None:
    for out in (resized(RGB, 6, 9), within(RGB, 9), within(RGB, 1000), fitted(RGB, (3, 6, 9))):
        np.testing.assert_array_equal(out, RGB)


@pytest.mark.parametrize(
    ("shape", "longest", "expected"),
    [
        ((3, 6, 9), 3, (3, 2, 3)),
        ((1, 100, 50), 20, (1, 20, 10)),
        ((1, 1, 50), 10, (1, 1, 10)),
        ((3, 50, 1), 1, (3, 1, 1)),
    ],
)
def test_within(shape: tuple[int, ...], longest: int, expected: tuple[int, ...]) -> None:
    assert within(np.zeros(shape, np.uint8), longest).shape == expected


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 7, 50), (1, 50, 1), (3, 1, 1)])
@pytest.mark.parametrize("size", [(6, 9), (1, 50), (50, 1), (1, 1), (300, 200)])
@pytest.mark.parametrize("channels", [1, 3])
def test_fitted_has_the_shape(channels: int, size: tuple[int, int], shape: tuple[int, int, int]) -> None:
    out = fitted(np.full((channels, *size), 9, np.uint8), shape)
    assert (out.shape, out.dtype) == (shape, np.uint8)
    assert (out == 9).all()


def test_fitted_centres_on_the_colour_of_the_corner() -> None:
    wide = np.full((3, 2, 8), 200, np.uint8)
    wide[:, 0, 0] = (10, 20, 30)
    out = fitted(wide, (3, 8, 8))
    np.testing.assert_array_equal(out[:, 3:5], wide)
    border = np.delete(out, [3, 4], axis=1).reshape(3, -1)
    assert (border == np.array([[10], [20], [30]])).all()


def test_fitted_turns_colour_to_grey_and_grey_to_colour() -> None:
    np.testing.assert_array_equal(fitted(RGB, (1, 6, 9)), to_grey(RGB))
    grey = to_grey(RGB)
    np.testing.assert_array_equal(fitted(grey, (3, 6, 9)), np.repeat(grey, 3, axis=0))


def test_fitted_to_a_network_of_another_number_of_channels() -> None:
    assert fitted(to_grey(RGB), (2, 8, 8)).shape == (2, 8, 8)
    assert fitted(RGB, (2, 8, 8)).shape == (2, 8, 8)
