"""PNG files of 16 bits: every number of every kind of file beside the arithmetic of whole numbers."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cnnviz.data.decoded import File
from cnnviz.data.images import Upload, read_image
from tests.scale import SEED, cases

KINDS = {0: 1, 2: 3, 4: 2, 6: 4}
"""PNG's colour types: grey, RGB, grey and alpha, RGB and alpha; how many numbers a pixel has."""


def png(values: np.ndarray, kind: int, transparent: tuple[int, ...] = (), orientation: int = 1) -> bytes:
    """A PNG of 16 bits of ``(H, W, C)``, made without Pillow, each row by another of PNG's first three filters."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, numbers = values.shape
    raw = values.astype(">u2").tobytes()
    step, line = 2 * numbers, 2 * numbers * width
    rows, before = b"", bytes(line)
    for y in range(height):
        row = raw[y * line : (y + 1) * line]
        left = bytes(step) + row[:-step]
        under = (bytes(line), left, before)[y % 3]
        rows += bytes([y % 3]) + bytes((a - b) % 256 for a, b in zip(row, under, strict=True))
        before = row
    parts = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", orientation) + b"\0\0\0\0\0\0"
    parts += chunk(b"eXIf", exif)
    if transparent:
        parts += chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def eighths(values: np.ndarray, top: int = 65_535) -> np.ndarray:
    """The nearest of 0 to 255, in whole numbers."""
    return np.minimum((2 * 255 * values.astype(np.int64) + top) // (2 * top), 255)


def over(colours: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, bool]:
    """On white or black, by the mean of Pillow's grey and exact arithmetic, ``(C, H, W)``; whether the ground is black."""
    image = Image.fromarray(colours.astype(np.uint8).squeeze(2) if colours.shape[2] == 1 else colours.astype(np.uint8))
    grey = np.asarray(image.convert("L")).astype(float)
    black = bool(alpha.sum() and (grey * alpha).sum() / alpha.sum() > 127.5)
    share = alpha[:, :, None] / 255
    return (colours * share + (0 if black else 255) * (1 - share)).transpose(2, 0, 1), black


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sixteen_bits(kind: int) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(cases(400)):
        height, width = rng.integers(1, 12, 2)
        bits = int(rng.integers(1, 17))
        values = rng.integers(0, 2**bits, (height, width, KINDS[kind]))
        if kind >= 4:
            values[:, :, -1] = rng.choice([0, 65_535, int(rng.integers(65_536))], (height, width))
        orientation = int(rng.choice([1, 3, 6]))
        turned = np.rot90(values, {1: 0, 3: 2, 6: -1}[orientation])
        colours = turned[:, :, : 3 if kind in (2, 6) else 1]
        alpha = eighths(turned[:, :, -1]) if kind >= 4 else np.full(turned.shape[:2], 255)
        seen = colours[alpha > 0]
        used = int(seen.max(initial=0)).bit_length()
        few = 0 < used <= 14
        for stretch in (False, True):
            upload = read_image(png(values, kind, orientation=orientation), stretch)
            expected, black = over(eighths(colours, 2**used - 1 if stretch and few else 65_535), alpha)
            difference = np.abs(upload.pixels - expected)
            assert difference.max() <= (1 if kind >= 4 else 0)
            assert upload.used == (used if few else 0)
            if (alpha < 255).any() and alpha.any():
                assert ("parts are black" in upload.note) == black


@pytest.mark.parametrize("kind", [0, 2])
@pytest.mark.parametrize("ink", [65_535, 4_095, 0])
def test_one_colour_named_as_transparent_is(kind: int, ink: int) -> None:
    ground = 513  # its upper byte is that of 512, which is to be seen
    values = np.full((4, 6, KINDS[kind]), ground)
    values[1:3, 1:5] = ink
    values[0, 0] = 512
    upload = read_image(png(values, kind, transparent=(ground,) * KINDS[kind]))
    black = ink == 65_535
    assert ("black" in upload.note.partition("parts are ")[2][:5]) == black
    assert (upload.pixels[:, 3] == (0 if black else 255)).all()
    assert (upload.pixels[:, 0, 0] == 2).all()
    assert (upload.pixels[:, 1:3, 1:5] == round(ink / 257)).all()


def test_a_camera_of_twelve_bits_is_said_and_stretched() -> None:
    values = np.arange(4096).reshape(64, 64, 1)
    upload = read_image(png(values, 0))
    assert upload.pixels.max() == 16
    assert "uses 12 of its 16 bits" in upload.note
    assert "no lighter than 16 of 255, nearly black" in upload.note
    stretched = read_image(png(values, 0), stretch=True)
    assert (stretched.pixels == eighths(values, 4095).transpose(2, 0, 1)).all()
    assert "4,095 of 65,535 is white" in stretched.note


def test_hot_pixels_do_not_hide_that_a_camera_has_twelve_bits() -> None:
    values = np.arange(4096).reshape(64, 64, 1)
    values[5, 7] = values[9, 9] = 65_535
    assert (
        "uses 12 of its 16 bits: but for a few pixels it gets no lighter than 16 of 255, nearly black"
        in read_image(png(values, 0)).note
    )
    stretched = read_image(png(values, 0), stretch=True).pixels
    assert (stretched[0, 5, 7], stretched[0, 63, 62]) == (255, 255)
    assert read_image(png(values[:10], 0)).note == ""  # of 640 pixels two are no accident


def test_what_uses_all_bits_is_neither_said_nor_changed() -> None:
    values = np.array([[[40_000], [123]]])
    plain, stretched = (read_image(png(values, 0), stretch) for stretch in (False, True))
    assert plain == Upload(plain.pixels, "", 0)
    assert (plain.pixels == stretched.pixels).all()


def test_both_ways_to_read_a_file_are_kept_apart() -> None:
    file = File.of(png(np.full((4, 4, 1), 255), 0))
    assert file.within(9, 9).max() == 1
    assert file.stretched().within(9, 9).min() == 255
    assert file.within(9, 9).max() == 1
    assert (file.facts().used, file.stretched().facts().used) == (8, 8)


def test_colours_agree_with_pillow_to_the_half_of_a_step() -> None:
    values = np.random.default_rng(SEED).integers(0, 65_536, (20, 30, 3))
    content = png(values, 2)
    theirs = np.asarray(Image.open(io.BytesIO(content))).astype(int).transpose(2, 0, 1)  # the upper bytes
    assert np.abs(read_image(content).pixels - theirs).max() <= 1
