"""An upload on its way to a network: with all its detail, and decoded once."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz.data import decoded
from cnnviz.data.changes import shift_pixels
from cnnviz.data.decoded import Recent
from cnnviz.data.images import fitted, to_grey
from cnnviz.ui.frame.parameters import PAGE
from cnnviz.ui.frame.parameters.layers import LARGEST


def page() -> None:
    import streamlit as st

    from cnnviz.networks import Network
    from cnnviz.runs import Card
    from cnnviz.training import TrainingConfig
    from cnnviz.ui.pickers.feature_map import network_input
    from cnnviz.ui.pickers.image_picker import pick_image
    from cnnviz.ui.pickers.model_picker import Model
    from cnnviz.ui.pickers.picture_changes import change_picture

    side = int(st.query_params.get("side", "224"))
    card = Card(
        name="large",
        network=Network(name="large", input_shape=(3, side, side), layers=()),
        dataset="",
        class_names=(),
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        config=TrainingConfig(),
        epochs_done=0,
        test_images=0,
    )
    picture = change_picture(pick_image())
    st.session_state["_seen"] = picture.pixels
    st.session_state["_read"] = network_input(Model("large", None, card, ""), picture)  # type: ignore[arg-type]


DETAIL = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
CONTENT = io.BytesIO()
Image.fromarray(DETAIL).save(CONTENT, "PNG")


def opened(**address: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[PAGE] = "Activations"
    app.query_params["image"] = "upload"
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    app.file_uploader(key="upload_file").upload("detail.png", CONTENT.getvalue(), "image/png").run()
    assert not app.exception, app.exception[0].message
    return app


def pixels_read(app: AppTest) -> Any:
    return (app.session_state["_read"] * 0.25 + 0.5) * 255


def pillows(width: int, height: int) -> Any:
    small = Image.fromarray(DETAIL).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small).transpose(2, 0, 1)


@pytest.mark.parametrize("side", [32, 64, 224, 299])
def test_a_network_reads_the_upload_at_its_own_size(side: int) -> None:
    app = opened(side=str(side))
    height = round(side * 0.75)
    inner = pixels_read(app)[:, (side - height) // 2 :][:, :height]
    np.testing.assert_allclose(inner, pillows(side, height), atol=1e-3)
    assert app.session_state["_seen"].shape == (3, 48, LARGEST)
    (words,) = [caption.value for caption in app.caption if "800×600 pixels" in caption.value]
    assert "single layers read it at 64×48" in words


def test_a_size_that_was_asked_for_is_what_the_network_gets() -> None:
    app = opened(size="20")
    assert app.session_state["_seen"].shape == (3, 15, 20)
    expected = fitted(pillows(20, 15), (3, 224, 224))
    np.testing.assert_allclose(pixels_read(app), expected, atol=1e-3)


def test_grey_is_grey_for_the_network_too() -> None:
    read = pixels_read(opened(colour="grey"))[:, 28:196]
    np.testing.assert_allclose(read, np.repeat(to_grey(pillows(224, 168)), 3, 0), atol=1e-3)


def test_changes_keep_the_detail() -> None:
    shape = (3, 168, 224)
    moved = pixels_read(opened(right="4", down="-2"))[:, 28:196]
    np.testing.assert_allclose(moved, shift_pixels(pillows(224, 168), 14, -7), atol=1e-3)
    painted = pixels_read(opened(pixels="10.20~ff0000"))[:, 28:196]
    expected = pillows(224, 168).copy()
    expected[:, 35:38, 70:73] = np.array([255, 0, 0])[:, None, None]
    assert expected.shape == shape
    np.testing.assert_allclose(painted, expected, atol=1e-3)


def test_touches_do_not_decode_again(monkeypatch: pytest.MonkeyPatch) -> None:
    files, read = [], decoded.read_image
    monkeypatch.setattr(decoded, "read_image", lambda content, *more: files.append(content) or read(content, *more))
    for name in ("WHOLE", "CUTS", "FACTS"):
        kept = getattr(decoded, name)
        monkeypatch.setattr(decoded, name, Recent(kept.most, kept.most_bytes))
    app = opened()
    app.select_slider(key="size").set_value(30).run()
    app.select_slider(key="size").set_value(31).run()
    app.select_slider(key="right").set_value(3).run()
    app.run()
    assert app.session_state["_seen"].shape == (3, 23, 31)
    assert len(files) == 1


def test_a_drawing_is_fine_too() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[PAGE] = "Activations"
    app.query_params.update({"image": "draw", "as_digit": "false", "drawing": "wAA__"})
    app.run()
    read = pixels_read(app)[0]
    coarse = fitted(app.session_state["_seen"], (3, 224, 224))[0]
    assert ((read > 20) & (read < 235)).mean() < 0.7 * ((coarse > 20) & (coarse < 235)).mean()  # a sharper edge
