import io

import numpy as np
import pytest
from PIL import Image

from tests.pages.conftest import OpenPage


def texts(app: object) -> str:
    return "\n".join(element.value for element in app.markdown)  # type: ignore[attr-defined]


def test_formula_and_costs_have_the_numbers_filled_in(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel_size="5", stride="2", padding="1", filters="8")
    assert r"$\lfloor (28 + 2 \cdot 1 - 1 \cdot (5 - 1) - 1) / 2 \rfloor + 1 = 13$" in texts(app)
    assert "1×28×28 → **8×13×13**" in texts(app)
    assert "`8·(1·5·5) + 8 = 208`" in texts(app)
    assert f"`8×13×13 · 1·5·5 = {8 * 13 * 13 * 25:,}`" in texts(app)


def test_a_colour_image_gives_each_filter_three_kernels(open_page: OpenPage) -> None:
    assert "`4·(3·3·3) + 4 = 112`" in texts(open_page("convolution", image="shape"))
    assert "`4·(1·3·3) + 4 = 40`" in texts(open_page("convolution", image="shape", grey="true"))


def test_the_lecture_example(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", kernel="diagonal", filters="1")
    assert "1×6×6 → **1×4×4**" in texts(app)


def test_learned_kernels(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="learned by lenet5-mnist", filters="32", image="shape")
    assert "`32·(1·5·5) + 32 = 832`" in texts(app)
    assert any("5×5 kernels" in caption.value for caption in app.caption)


def test_a_layer_that_cannot_be_is_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", kernel_size="9")
    assert [error.value for error in app.error] == [
        "Conv2d: 9×9 kernel on a 6×6 input: add padding 2 or take a smaller kernel"
    ]
    app.slider(key="padding").set_value(2).run()
    assert not app.error
    assert not app.exception


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
    assert sentence in app.error[0].value
    assert "\n" not in app.error[0].value
    app.slider(key="stride").set_value(2).run()
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


def test_every_preset_at_every_size(open_page: OpenPage) -> None:
    app = open_page("convolution")
    for kernel in app.selectbox(key="kernel").options:
        app.selectbox(key="kernel").set_value(kernel).run()
        assert not app.exception, kernel
    app.selectbox(key="kernel").set_value("Sobel x").run()
    for size in np.arange(1, 12):
        app.slider(key="kernel_size").set_value(int(size)).run()
        assert not app.exception, size
