"""What cannot be trained is said before the start, with a way out."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data.background import _say
from cnnviz.layers import AdaptiveAvgPool2d, AnyLayer, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU, Softmax
from cnnviz.networks import Draft
from cnnviz.networks.code import decode, encode
from tests.pages.conftest import OpenPage
from tests.pages.trained_runs import button
from tests.pages.visits import said
from tests.runs.cases import TINY


def in_address(app: AppTest) -> str:
    """The network."""
    value = app.query_params["net"]
    return value[0] if isinstance(value, list) else value


def test_missing_data_are_offered_for_download_with_their_size(
    open_page: OpenPage, launched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("cnnviz.ui.training.controls.start_download", started.append)
    app = open_page("train", dataset="cifar10")
    start, offer = (
        next(button for button in app.button if button.label.startswith(label)) for label in ("Start", "Download")
    )
    assert offer.label == "Download CIFAR-10 (170 MB)"
    assert start.disabled
    offer.click().run()
    assert started == ["cifar10"]


def test_a_download_shows_its_bar_and_then_its_failure(open_page: OpenPage) -> None:
    _say("mnist", 0.0)
    app = open_page("train", dataset="mnist")
    assert app.progress[0].text == "Downloading MNIST: 0% of 12 MB"
    _say("mnist", 0.4, "MNIST could not be downloaded (no network): check the network.")
    app = open_page("train", dataset="mnist")
    assert app.error[0].value.startswith("MNIST could not be downloaded")
    assert any(button.label.startswith("Download") for button in app.button)


def test_data_that_are_there_can_be_trained_on(open_page: OpenPage, home: Path) -> None:
    (home / "data").mkdir()
    empty = {f"{x}_{part}": np.zeros(1, np.uint8) for x in "xy" for part in ("train", "test")}
    np.savez(home / "data" / "mnist.npz", **empty)
    app = open_page("train", dataset="mnist")
    assert not next(button for button in app.button if button.label == "Start training").disabled


@pytest.mark.parametrize("page", ["home", "convolution", "kernels", "train"])
def test_every_page_works_without_a_data_folder(open_page: OpenPage, home: Path, page: str) -> None:
    home.rmdir()
    home.write_text("a file where the folder should be")
    app = open_page(page)
    assert app.title[0].value
    if page == "train":
        assert "cannot be used" in app.error[0].value


def test_a_wrong_engine_is_one_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_ENGINE", "abacus")
    app = open_page("train")
    assert not app.exception
    assert said(app.error[0]) == "CNNVIZ_ENGINE is 'abacus': set it to local or ray."


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"recipe": "speed"}, "The speed recipe's step sizes are made for SGD"),
        ({"optimizer": "sgd", "nesterov": "true", "momentum": "0"}, "Nesterov looks ahead along the momentum"),
    ],
)
def test_settings_in_conflict_are_said_before_the_start(
    open_page: OpenPage, settings: dict[str, str], sentence: str
) -> None:
    app = open_page("train", **settings)
    assert said(app.warning[0]).startswith(sentence)
    assert button(app, "Start training").disabled


def test_the_start_button_stays_where_a_network_is_for_larger_images(open_page: OpenPage) -> None:
    app = open_page("train", architecture="vgg16", dataset="mnist")
    assert button(app, "Start training").disabled
    for told in (app.error[0], app.warning[0]):  # at the architecture, and beside the button
        assert said(told).startswith(
            "VGG16 needs images of at least 32×32, and these are 28×28: choose shapes or cifar10"
        )
        assert "padding" not in said(told)
    app.selectbox(key="dataset").select("shapes").run()
    assert not button(app, "Start training").disabled
    assert not app.error


NARROW = Draft(
    name="narrow",
    input_shape=(1, 28, 28),
    layers=(Conv2d(out_channels=4, kernel_size=28), BatchNorm2d(), Flatten(), Linear(out_features=10)),
)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"net": encode(NARROW), "batch_size": "1"}, "bn1 normalises maps of 1×1"),
        ({"recipe": "speed", "optimizer": "sgd"}, "The speed recipe wants"),
        ({"optimizer": "sgd", "nesterov": "true", "momentum": "0"}, "Nesterov looks ahead along the momentum"),
    ],
)
def test_what_torch_would_refuse_is_said_beside_the_button_and_at_the_setting(
    open_page: OpenPage, launched: list[str], settings: dict[str, str], sentence: str
) -> None:
    app = open_page("train", **settings)
    assert button(app, "Start training").disabled
    assert said(app.warning[0]).startswith(sentence)
    assert [said(error) for error in app.error] == [said(app.warning[0])]
    assert launched == []


def test_a_grid_with_one_value_that_cannot_be_does_not_start(open_page: OpenPage) -> None:
    app = open_page("train", net=encode(NARROW), grid="batch_size", grid_values="1, 16")
    assert button(app, "Start 2 runs").disabled
    assert "take a batch size of 2 or more" in said(app.warning[0])


@pytest.mark.parametrize(
    ("ending", "label"),
    [([Softmax()], "Take Softmax off"), ([ReLU(), Dropout(p=0.1)], "Take ReLU and Dropout off")],
)
def test_a_network_of_the_address_gets_an_end_that_can_be_trained(
    open_page: OpenPage, ending: list[AnyLayer], label: str
) -> None:
    draft = TINY.model_copy(update={"layers": (*TINY.layers, *ending)})
    app = open_page("train", net=encode(draft))
    assert "but the loss takes raw scores" in said(app.warning[0])
    assert button(app, "Start training").disabled
    button(app, label).click().run()
    assert not app.exception
    assert decode(in_address(app)).layers == TINY.layers
    assert not button(app, "Start training").disabled


def test_global_pooling_is_read_as_it_is(open_page: OpenPage) -> None:
    layers = (Conv2d(out_channels=10, kernel_size=3), AdaptiveAvgPool2d(output_size=1))
    app = open_page("train", net=encode(TINY.model_copy(update={"layers": layers})))
    button(app, r"Read its numbers as they are\: add Flatten").click().run()
    assert decode(in_address(app)).layers == (*layers, Flatten())
    assert not button(app, "Start training").disabled
