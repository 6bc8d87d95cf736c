"""The images that the convolution page reads: uploaded, drawn, and of a data set."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.data.sources import npz_path, write_npz
from tests.pages.conftest import OpenPage
from tests.pages.convolved import captions, texts
from tests.pages.visits import said


def png(mode: str, size: tuple[int, int], **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG", **options)
    return out.getvalue()


def animated_gif() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("L", (20, 10), level) for level in (0, 255)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def jpeg(mode: str, orientation: int = 1) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, (20, 10))
    exif = image.getexif()
    exif[274] = orientation
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"hello, I am text", "not an image"),
        ("cut.png", png("RGB", (40, 40))[:60], "damaged"),
        ("huge.png", png("1", (20_000, 20_000)), "at most 40 million pixels"),
    ],
)
def test_a_bad_upload_is_a_sentence_and_the_page_works_on(
    open_page: OpenPage, name: str, content: bytes, sentence: str
) -> None:
    app = open_page("convolution", image="upload")
    app.file_uploader(key="upload_file").upload(name, content)
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in said(app.error[0])
    assert "\n" not in said(app.error[0])
    app.select_slider(key="stride").set_value(2).run()
    assert not app.exception


@pytest.mark.parametrize(
    ("name", "content", "shape"),
    [
        ("cmyk.jpg", jpeg("CMYK"), "3×10×20"),
        ("turned.jpg", jpeg("RGB", orientation=6), "3×20×10"),
        ("grey16.png", png("I;16", (20, 10)), "1×10×20"),
        ("palette.png", png("P", (20, 10), transparency=0), "3×10×20"),
        ("moving.gif", animated_gif(), "3×10×20"),
        ("large.png", png("L", (640, 320)), "1×32×64"),
    ],
)
def test_odd_uploads_are_used(open_page: OpenPage, name: str, content: bytes, shape: str) -> None:
    app = open_page("convolution", image="upload")
    app.file_uploader(key="upload_file").upload(name, content)
    app.run()
    assert not app.exception
    assert not app.error
    assert f"**Output size** {shape} →" in texts(app)


def test_without_an_upload_there_is_a_picture_all_the_same(open_page: OpenPage) -> None:
    assert "3×32×32" in texts(open_page("convolution", image="upload"))


@pytest.mark.parametrize(
    ("address", "shape"),
    [
        ({"image": "pattern", "pattern": "checkerboard"}, "1×12×12"),
        ({"image": "pattern", "pattern": "checkerboard", "size": "5"}, "1×5×5"),
        ({"image": "digit", "size": "64", "colour": "RGB"}, "3×64×64"),
        ({"image": "shape", "size": "9"}, "3×9×9"),
        ({"image": "draw", "drawing": "wAAzz"}, "1×28×28"),
        ({"image": "draw", "drawing": "rAAzz", "as_digit": "false"}, "3×32×32"),
        ({"image": "feature maps", "channels": "16", "height": "50", "width": "100"}, "16×50×100"),
        ({"image": "dataset", "image_set": "cifar10"}, "3×32×32"),
        ({"image": "camera"}, "3×32×32"),
    ],
)
def test_inputs(open_page: OpenPage, address: dict[str, str], shape: str) -> None:
    assert f"**Output size** {shape} →" in texts(open_page("convolution", **address))


def test_a_drawn_digit_is_read(open_page: OpenPage) -> None:
    app = open_page("convolution", image="draw", drawing="wgIg4")
    assert "lenet5-mnist reads a **1**" in texts(app)
    assert "reads a" not in texts(open_page("convolution", image="draw"))


def test_a_data_set_that_is_not_there_is_said_so(open_page: OpenPage) -> None:
    app = open_page("convolution", image="dataset", image_set="mnist")
    assert "MNIST is not on this machine yet: download it on the Train page." in captions(app)


def test_images_of_a_data_set_by_class(open_page: OpenPage, home: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (20, 28, 28), np.uint8), np.arange(20) % 10
    npz_path("mnist").parent.mkdir(parents=True, exist_ok=True)
    write_npz("mnist", {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels})
    app = open_page("convolution", image="dataset", image_set="mnist", mnist_class="4", example="1")
    assert "MNIST: 4, example 1" in captions(app)
    assert "1×28×28 →" in texts(app)
