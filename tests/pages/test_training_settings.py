"""The Train page's settings: presets, defaults that go by the dataset, explanations, and what to expect of a run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnviz.data.sources import SOURCES
from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS, fast
from cnnviz.training.settings import SETTINGS
from cnnviz.ui.training.settings import take_settings
from tests.pages.conftest import OpenPage

pytestmark = pytest.mark.usefixtures("launched")


@pytest.fixture
def all_data(home: Path) -> None:
    """Every dataset, with as many images as a preview needs."""
    (home / "data").mkdir()
    for name, source in SOURCES.items():
        images, labels = np.zeros((20, *source.image_shape), np.uint8), np.arange(20, dtype=np.uint8) % 10
        np.savez(home / "data" / f"{name}.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)


def started(app: AppTest) -> TrainingConfig:
    """The settings of the run that the page's button starts."""
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception
    return RunStore().list()[0].spec.config


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption).replace("\\", "")


@pytest.mark.parametrize("dataset", ["digits", "shapes", "mnist", "cifar10"])
def test_it_begins_with_fast_and_good(open_page: OpenPage, all_data: None, dataset: str) -> None:
    app = open_page("train", dataset=dataset)
    assert app.selectbox(key="preset").value == "fast"
    assert started(app) == fast(dataset)
    assert not {"epochs", "batch_size", "schedule", "flip"} & set(app.query_params)


def test_a_control_that_has_the_default_follows_the_dataset(open_page: OpenPage, all_data: None) -> None:
    app = open_page("train", dataset="mnist")
    app.selectbox(key="dataset").select("cifar10").run()
    assert started(app) == fast("cifar10")
    app.selectbox(key="dataset").select("fashion_mnist").run()
    assert app.selectbox(key="flip").value == "random"
    app.selectbox(key="dataset").select("digits").run()
    assert started(app) == fast("digits")
    assert app.selectbox(key="preset").value == "fast"


def test_what_the_user_has_set_stays(open_page: OpenPage, all_data: None) -> None:
    app = open_page("train", dataset="mnist", flip="alternating", epochs="4")
    app.selectbox(key="dataset").select("cifar10").run()
    assert (app.selectbox(key="flip").value, app.number_input(key="epochs").value) == ("alternating", 4)
    app = open_page("train", dataset="cifar10", flip="none")
    app.selectbox(key="dataset").select("shapes").run()
    assert app.selectbox(key="flip").value == "none"
    assert app.selectbox(key="preset").value == "own"


def test_a_preset_stays_whole_on_another_dataset(open_page: OpenPage, all_data: None) -> None:
    app = open_page("train", dataset="mnist")
    app.selectbox(key="preset").select("course").run()
    app.selectbox(key="dataset").select("cifar10").run()
    assert app.selectbox(key="preset").value == "course"
    assert started(app) == PRESETS["course"].config
    app.selectbox(key="preset").select("fast").run()
    assert started(app) == fast("cifar10")


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_nothing_stays_mirrored_on_digits(open_page: OpenPage, all_data: None, dataset: str) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("speed_run").run()
    assert (app.selectbox(key="dataset").value, app.selectbox(key="flip").value) == ("cifar10", "alternating")
    app.selectbox(key="dataset").select(dataset).run()
    assert app.selectbox(key="preset").value == "speed_run"
    config = PRESETS["speed_run"].config
    assert app.selectbox(key="flip").value == "none"
    assert app.selectbox(key="test_time_augmentation").value == "none"
    assert app.number_input(key="translate").value == config.translate
    assert not [info for info in app.info if "mirrored" in info.value]
    app.selectbox(key="dataset").select("shapes").run()
    assert app.selectbox(key="flip").value == "alternating"
    assert app.selectbox(key="test_time_augmentation").value == "translate"


def test_what_one_has_mirrored_by_hand_does_not_come_along_to_digits(open_page: OpenPage, all_data: None) -> None:
    app = open_page("train", dataset="cifar10", flip="alternating", test_time_augmentation="mirror")
    app.selectbox(key="dataset").select("mnist").run()
    config = started(app)
    assert (config.flip, config.test_time_augmentation) == ("none", "none")


def test_digits_that_are_mirrored_on_purpose_are_named_by_the_button_too(open_page: OpenPage, all_data: None) -> None:
    app = open_page("train", dataset="mnist", flip="random", batch_size="4096")
    assert [info.value for info in app.info].count(
        "Images of mnist are mirrored, and a mirrored 2 is no 2\\: set it to none."
    ) == 2
    assert started(app).flip == "random"
    app = open_page("train", dataset="digits", batch_size="4096")
    sentence = "A batch of 4,096 is more than the 1,442 images that are learned from\\: each epoch is one step."
    assert [info.value for info in app.info].count(sentence) == 2
    app = open_page("builder", architecture="lenet5", batch="4096", train_on="digits")
    assert sentence in [info.value for info in app.info]


def test_a_link_shows_which_preset_it_has(open_page: OpenPage) -> None:
    settings = {"epochs": "2", "batch_size": "4", "optimizer": "sgd", "learning_rate": "0.001", "schedule": "constant"}
    app = open_page("train", **settings, seed="9")
    assert app.selectbox(key="preset").value == "course"
    app.number_input(key="epochs").set_value(3.0).run()
    assert app.selectbox(key="preset").value == "own"


def test_whole_numbers_of_a_preset_are_whole_in_the_address(open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("course").run()
    assert (app.query_params["epochs"], app.query_params["batch_size"]) == ("2", "4")


@pytest.mark.parametrize(
    "config",
    [
        TrainingConfig(),
        fast("cifar10"),
        PRESETS["speed_run"].config,
        TrainingConfig(
            epochs=700, optimizer="sgd", momentum=0.5, nesterov=True, schedule="step", step_epochs=3.0, step_factor=0.3,
            warmup_epochs=2.5, dropout=0.25, ema=0.99, weight_decay=1.5, cutout=40, seed=5, device="cpu",
        ),
    ],
)  # fmt: skip
def test_settings_of_a_run_are_taken_whole(open_page: OpenPage, all_data: None, config: TrainingConfig) -> None:
    app = open_page("train", dataset="mnist", set_dropout="true", dropout="0.7")

    def take() -> None:
        take_settings(config)
        st.session_state["dataset"] = "cifar10"
        st.session_state["architecture"] = "airbench94" if config.recipe == "speed" else "lenet5"

    with_a_button(app, take)
    assert started(app) == config
    assert RunStore().list()[0].spec.dataset == "cifar10"


def test_what_this_machine_has_not_is_left_out(open_page: OpenPage) -> None:
    app = open_page("train")
    config = TrainingConfig(device="cuda:3", precision="bf16", compile=True, epochs=6)
    with_a_button(app, lambda: take_settings(config))
    assert started(app) == TrainingConfig(epochs=6)


def with_a_button(app: AppTest, do: Any) -> None:
    """Run ``do`` in the session of the page before its controls are drawn, as a button's callback does."""
    taken: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "session_state", taken)
        do()
    for key, value in taken.items():
        app.session_state[key] = value
    if "settings_for" not in taken and "settings_for" in app.session_state:
        del app.session_state["settings_for"]
    app.run()
    assert not app.exception


def test_every_control_says_what_it_does(open_page: OpenPage) -> None:
    app = open_page("train", optimizer="sgd", schedule="step")
    said = captions(app)
    for name in set(TrainingConfig.model_fields) - {"precision", "compile"}:
        assert SETTINGS[name].text in said, name


def test_a_hidden_control_says_nothing(open_page: OpenPage) -> None:
    said = captions(open_page("train", hide="epochs,seed"))
    assert SETTINGS["epochs"].text not in said
    assert SETTINGS["seed"].text not in said
    assert SETTINGS["batch_size"].text in said


def test_changed_images_are_shown_where_one_looks(open_page: OpenPage) -> None:
    assert not open_page("train", dataset="shapes").get("image")  # they are folded away
    [picture] = open_page("train", dataset="shapes", cutout="8").get("image")
    assert picture.proto.imgs[0].caption.startswith("Left: training images as they are.")
    assert not open_page("train", dataset="digits", cutout="0").get("image")
    assert not open_page("train", dataset="cifar10", cutout="8").get("image")  # which is not here


def test_the_time_is_estimated_and_known_better_after_a_run(open_page: OpenPage) -> None:
    app = open_page("train", dataset="shapes", device="cpu")
    assert "a rule of thumb, no run has shown this machine's speed yet." in captions(app)
    store = RunStore()
    network = architecture("lenet5")
    run = store.create(Spec(network=network, dataset="shapes", config=TrainingConfig(batch_size=64, device="cpu")))
    store.report(run.id, images_per_second=500.0)
    app = open_page("train", dataset="shapes", device="cpu")
    assert "About 1 min 30 s on this machine, as an earlier run shows." in captions(app)


def test_all_limits_are_said_at_once(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "1")
    app = open_page("train", epochs="31", batch_size="1024")
    assert app.warning[0].value.replace("\\", "") == (
        "31 epochs and 1,024 images a batch are more than a run may have here: 30 and 512."
    )


def test_what_the_address_asks_for_and_cannot_be_is_said(open_page: OpenPage) -> None:
    app = open_page("train", batch_size="99999", optimizer="adagrad", learning_rate="1e-3", epochs="4.0")
    [told] = [warning.value.replace("\\", "") for warning in app.warning]
    assert told == "Batch size cannot be 99999: it is 4096. Optimiser cannot be adagrad: it is adam."
    app.number_input(key="batch_size").set_value(5.0).run()
    assert not app.warning


def test_a_number_that_is_typed_and_cannot_be_is_said_and_not_used(open_page: OpenPage) -> None:
    app = open_page("train")
    app.number_input(key="learning_rate").set_value(100.0).run()
    assert [warning.value.replace("\\", "") for warning in app.warning] == ["Learning rate cannot be 100: it is 10."]
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception
    assert RunStore().list()[0].spec.config.learning_rate == 10
    app.number_input(key="learning_rate").set_value(0.01).run()
    assert not app.warning
