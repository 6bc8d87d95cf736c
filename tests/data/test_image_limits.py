"""A file that is empty, cut, damaged, too large or of another kind is one sentence."""

from __future__ import annotations

import pickle
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from cnnviz.data import images
from cnnviz.data.file_kinds import kind_of
from cnnviz.data.images import MAX_BYTES, ImageError, Upload, read_image
from tests.data.image_files import COLOURS, RNG, colours, png, saved

SENTENCE = r"\A[A-Z](?:(?!\. )[^\n])*\.\Z"  # one line, one full stop, at its end


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
            ("TGA", "TGA", {}),
            ("PCX", "PCX", {}),
            ("DDS", "DDS", {}),
            ("ICNS", "ICNS", {}),
            ("SGI", "SGI", {}),
            ("EPS", "PostScript", {}),
        )),
        (bytes(128) + b"DICM\2\0\0\0UL", "DICOM"),
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
    assert "pixels: choose one of at most 40 million" in refusal(content)
    assert decoded == []


def test_pixel_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 54)
    assert read_image(colours("PNG")).pixels.shape == (3, 6, 9)
    monkeypatch.setattr(images, "MAX_PIXELS", 53)
    assert "9×6 pixels" in refusal(colours("PNG"))


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
