"""Files and photographs on a page: what is shown where one cannot be read, was taken away or was forgotten."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from cnnviz.data.digits import digits
from cnnviz.data.drawing import ALPHABET, draw
from cnnviz.data.ink import as_digit
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.pickers import image_files
from cnnviz.ui.pickers.image_files import gives_camera
from tests.data.test_deep import png


def page() -> None:
    from types import SimpleNamespace
    from typing import Any

    import streamlit as st

    from cnnviz.ui.pickers.image_picker import pick_image

    learned_on = st.query_params.get("learned_on", "cifar10")
    model: Any = SimpleNamespace(card=SimpleNamespace(dataset=learned_on))
    st.session_state["_seen"] = pick_image(model=None if learned_on == "-" else model)


def saved(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0).squeeze()).save(content, "PNG")
    return content.getvalue()


GOOD = np.random.default_rng(0).integers(0, 256, (3, 30, 40), np.uint8)


def opened(**address: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[PAGE] = "Activations"
    app.query_params.update({"image": "upload"} | address)
    return app.run()


def upload(app: AppTest, content: bytes, name: str = "good.png") -> AppTest:
    app.file_uploader[0].upload(name, content, "image/png").run()
    assert not app.exception, app.exception[0].message
    return app


def said(app: AppTest) -> str:
    return " ".join(one.value for kind in (app.error, app.warning, app.info, app.caption) for one in kind)


def test_until_there_is_a_picture_there_is_nothing_to_answer_for() -> None:
    app = opened()
    assert app.session_state["_seen"].missing == "Upload a picture first."
    assert "Upload a picture first." in said(app)


def test_a_refused_picture_leaves_the_last_good_one_and_says_so() -> None:
    app = upload(opened(), b"no picture", "bad.txt")
    assert app.session_state["_seen"].missing.startswith("The file is not an image that can be read")
    upload(app, saved(GOOD))
    assert not app.session_state["_seen"].missing
    app.file_uploader[0].set_value(("bad.tif", b"II*\0 and so on", "image/tiff")).run()
    picture = app.session_state["_seen"]
    np.testing.assert_array_equal(picture.pixels, GOOD)
    np.testing.assert_array_equal(picture.finer(100, 100), GOOD)
    assert "TIFF files are not read here" in app.error[0].value
    assert "Until then it is your last picture, good.png." in app.error[0].value
    assert not picture.missing


def test_what_is_taken_away_stays_until_it_is_let_go() -> None:
    app = upload(opened(), saved(GOOD))
    app.file_uploader[0].set_value(None).run()
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, GOOD)
    app.button[0].click().run()
    assert app.session_state["_seen"].missing == "Upload a picture first."


def test_another_kind_of_picture_and_back_has_the_last_one() -> None:
    app = upload(opened(), saved(GOOD))
    app.selectbox(key="image").set_value("digit").run()
    app.selectbox(key="image").set_value("upload").run()
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, GOOD)
    assert "your last picture" in said(app)


@contextmanager
def forgetful() -> Iterator[None]:
    """A server that has been started again: browsers list files that it does not have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryUploadedFileManager, "get_files", lambda *_, **__: [])
        yield


def test_a_file_that_only_the_browser_still_lists_is_said() -> None:
    app = opened()
    with forgetful():
        upload(app, saved(GOOD))
    assert "has no pictures of before" in app.error[0].value
    assert "Upload a picture again." in app.error[0].value
    assert app.session_state["_seen"].missing in app.error[0].value


def test_the_kept_picture_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    app = upload(opened(), saved(np.random.default_rng(0).integers(0, 256, (3, 900, 1200), np.uint8)))
    assert app.session_state["_last_upload_file"].pixels.nbytes <= 3 * image_files.KEPT_SIDE**2


def test_few_bits_are_offered_to_be_stretched() -> None:
    values = np.arange(400).reshape(20, 20, 1)
    app = upload(opened(), png(values, 0))
    assert app.session_state["_seen"].pixels.max() == 2
    assert "uses 9 of its 16 bits" in said(app)
    app.toggle(key="stretch").set_value(True).run()
    np.testing.assert_array_equal(app.session_state["_seen"].pixels[0], np.rint(values[:, :, 0] * (255 / 511)))
    upload(app, saved(GOOD))
    assert "stretch" not in [toggle.key for toggle in app.toggle]


# like the images that a network has learned on

SEVEN = "w" + "".join(ALPHABET[n] for n in (16, 12, 46, 12, 28, 56))
NEGATIVE = saved(255 - draw(SEVEN))


def test_upload_photograph_and_drawing_of_one_digit_agree() -> None:
    expected = as_digit(draw(SEVEN))
    app = upload(opened(learned_on="mnist"), NEGATIVE)
    uploaded = app.session_state["_seen"]
    np.testing.assert_array_equal(uploaded.pixels, expected)
    assert (
        "inverted, for it is dark on light, cropped to the ink, fitted into 20×20 pixels, centred by its mass"
        in said(app)
    )
    app = opened(learned_on="mnist", image="draw", drawing=SEVEN)
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_files, "gives_camera", lambda url: False)
        app = upload(opened(learned_on="mnist", image="camera"), NEGATIVE)
        np.testing.assert_array_equal(app.session_state["_seen"].pixels, expected)
        assert app.session_state["_seen"].is_digit


def test_without_it_the_difference_is_said() -> None:
    app = upload(opened(learned_on="mnist", like_dataset="false"), NEGATIVE)
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, 255 - draw(SEVEN))
    assert "This picture is dark on light: expect wrong answers." in app.warning[0].value


def test_it_is_offered_where_there_is_no_network_and_not_for_photographs_of_things() -> None:
    app = upload(opened(learned_on="-"), NEGATIVE)
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, 255 - draw(SEVEN))
    app.toggle(key="like_dataset").set_value(True).run()
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, as_digit(draw(SEVEN)))
    assert "like_dataset" not in [toggle.key for toggle in upload(opened(learned_on="cifar10"), NEGATIVE).toggle]


def test_an_image_of_the_dataset_stays_as_it_is() -> None:
    image = digits().test.images[5]
    app = upload(opened(learned_on="mnist"), saved(image))
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, image)
    green = np.concatenate([np.zeros_like(image), image, np.zeros_like(image)])
    upload(app, saved(green))
    theirs = np.asarray(Image.fromarray(green.transpose(1, 2, 0)).convert("L"))
    np.testing.assert_array_equal(app.session_state["_seen"].pixels[0], theirs)


def test_a_picture_of_no_ink_stays_as_it_is_and_that_is_said() -> None:
    app = upload(opened(learned_on="mnist"), saved(GOOD))
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, GOOD)
    assert "No ink stands out" in app.warning[0].value


# the camera

HOSTS = [
    "http://localhost:8501/activations",
    "http://app.localhost/",
    "http://127.0.0.1:8501/",
    "http://127.8.9.1/",
    "http://[::1]:8501/",
    "http://192.168.1.20:8501/",
    "http://10.0.0.1/",
    "http://classroom.local:8501/",
    "http://localhost.example.org/",
    "https://192.168.1.20/",
    "https://example.org/cnnviz/convolution?image=camera",
]


def test_the_camera_is_where_the_browser_says_that_a_page_is_secure(chromium: Browser) -> None:
    context = chromium.new_context(ignore_https_errors=True)
    tab = context.new_page()
    tab.route("**/*", lambda route: route.fulfill(body="<p>a page</p>", content_type="text/html"))
    for url in HOSTS:
        tab.goto(url)
        assert gives_camera(url) == tab.evaluate("isSecureContext && Boolean(navigator.mediaDevices)"), url
    context.close()


def test_without_a_camera_there_is_an_upload_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "gives_camera", lambda url: False)
    app = opened(image="camera")
    assert "HTTPS or from localhost" in app.warning[0].value
    upload(app, saved(GOOD))
    np.testing.assert_array_equal(app.session_state["_seen"].pixels, GOOD)
    assert opened(image="camera").file_uploader[0].key == "photo_file"


@pytest.mark.parametrize("learned_on", ["mnist", "cifar10", "-"])
@pytest.mark.parametrize("level", [0, 255, 117])
def test_nothing_is_to_be_answered_for_a_picture_of_one_colour(learned_on: str, level: int) -> None:
    app = upload(opened(learned_on=learned_on), saved(np.full((1, 40, 40), level, np.uint8)))
    assert app.session_state["_seen"].missing == "This picture is of one colour: there is nothing on it."


def test_a_small_digit_in_the_corner_is_brought_into_form() -> None:
    corner = np.zeros((1, 28, 28), np.uint8)
    corner[:, 14:, 14:] = digits().test.images[0][:, ::2, ::2]
    app = upload(opened(learned_on="mnist"), saved(corner))
    assert "cropped to the ink" in said(app)
    assert app.session_state["_seen"].pixels.any(axis=(0, 2)).sum() >= 20
