"""The settings of the training page become runs, one at a time or in a grid."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS, fast
from tests.pages.conftest import OpenPage
from tests.pages.trained_runs import button
from tests.pages.visits import said


def test_the_first_choice_is_lenet5_on_digits(open_page: OpenPage) -> None:
    app = open_page("train")
    assert (app.selectbox(key="architecture").value, app.selectbox(key="dataset").value) == ("lenet5", "digits")


def test_start_makes_a_run_with_the_settings_of_the_page(open_page: OpenPage, launched: list[str]) -> None:
    app = open_page(
        "train", dataset="shapes", architecture="tutorial_net", epochs="7", optimizer="sgd", learning_rate="0.02"
    )
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception
    [run] = RunStore().list()
    assert launched == [run.id]
    assert run.spec.dataset == "shapes"
    assert run.spec.network.name == "LeNet (PyTorch notes)"
    assert run.spec.network.input_shape == (3, 32, 32)
    wanted = {"epochs": 7, "optimizer": "sgd", "learning_rate": 0.02}
    assert run.spec.config == fast("shapes").model_copy(update=wanted)
    size = run.spec.config.batch_size
    assert f"--dataset shapes --epochs 7 --batch-size {size} --optimizer sgd --learning-rate 0.02" in run.spec.command
    assert app.session_state["run"] == run.id


def test_every_setting_of_the_address_is_in_the_run(open_page: OpenPage, launched: list[str]) -> None:
    asked = {
        "epochs": 7, "batch_size": 100, "optimizer": "muon", "learning_rate": 0.002, "momentum": 0.95, "weight_decay": 0.01,
        "schedule": "one_cycle", "warmup_epochs": 1.5, "label_smoothing": 0.1, "dropout": 0.2, "ema": 0.9, "crop_padding": 4,
        "translate": 2, "flip": "random", "cutout": 8, "colour_shift": 0.1, "test_time_augmentation": "mirror", "seed": 3,
        "device": "cpu",
    }  # fmt: skip
    app = open_page("train", set_dropout="true", **{name: str(value) for name, value in asked.items()})
    button(app, "Start training").click().run()
    assert not app.exception
    [run] = RunStore().list()
    assert run.spec.config == TrainingConfig(**asked)
    for name, value in asked.items():
        assert f"--{name.replace('_', '-')} {value}" in run.spec.command


def test_a_schedule_is_drawn(open_page: OpenPage) -> None:
    assert not open_page("train").get("plotly_chart")
    [chart] = open_page("train", schedule="cosine", learning_rate="0.02").get("plotly_chart")
    drawn = json.loads(chart.proto.spec)["data"][0]
    assert drawn["y"][0] == pytest.approx(0.02)
    assert drawn["y"][-1] < 0.001


def test_a_preset_sets_the_controls_and_what_it_was_made_for(
    open_page: OpenPage, launched: list[str], home: Path
) -> None:
    (home / "data").mkdir()
    empty = {f"{x}_{part}": np.zeros(1, np.uint8) for x in "xy" for part in ("train", "test")}
    np.savez(home / "data" / "cifar10.npz", **empty)
    app = open_page("train")
    app.selectbox(key="preset").select("speed_run").run()
    button(app, "Start training").click().run()
    assert not app.exception
    [run] = RunStore().list()
    assert run.spec.config == PRESETS["speed_run"].config
    assert (run.spec.network.name, run.spec.dataset) == ("Airbench 94", "cifar10")
    app.selectbox(key="preset").select("own").run()
    assert app.selectbox(key="optimizer").value == "sgd"  # they stay as they are


@pytest.fixture
def every_click_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.ui.training.double_click.DOUBLE_CLICK", 0.0)


def test_a_double_click_starts_one_run(
    open_page: OpenPage, launched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnviz.ui.training.double_click.DOUBLE_CLICK", 1e9)
    app = open_page("train")
    for _ in range(2):
        button(app, "Start training").click().run()
    assert len(RunStore().list()) == 1
    app.number_input(key="epochs").set_value(4.0).run()  # another run is meant
    button(app, "Start training").click().run()
    assert len(RunStore().list()) == 2


@pytest.mark.usefixtures("every_click_counts")
def test_a_second_run_waits_and_says_its_place(open_page: OpenPage, launched: list[str]) -> None:
    app = open_page("train")
    for _ in range(3):
        button(app, "Start training").click().run()
    newest, second, first = RunStore().list()
    assert launched == [first.id]
    assert second.waiting
    assert app.progress[0].text == "Place 2 of 2 in the queue"
    assert app.info[0].value == (
        "One run is being trained now, and one run is before this one. It begins by itself; you may close the page."
    )
    button(app, "Leave the queue").click().run()
    assert RunStore().get(newest.id).status == "stopped"
    assert app.info[0].value == "Stopped before its turn came."


@pytest.mark.usefixtures("every_click_counts")
def test_a_hosted_demo_refuses_what_is_too_much(
    open_page: OpenPage, launched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "1")
    app = open_page("train", epochs="31")
    assert said(app.warning[0]) == "31 epochs are more than a run may have here: 30."
    assert button(app, "Start training").disabled
    app = open_page("train")
    for _ in range(3):
        button(app, "Start training").click().run()
    assert len(RunStore().list()) == 2
    assert said(app.error[0]) == "You may have 2 runs at once here: wait for one of yours to end, or stop it."
    another = open_page("train", run=launched[0])
    assert said(another.warning[0]) == f"There is no run {launched[0]!r} here."
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    another = open_page("train", run=launched[0])
    assert "This run is another visitor's." in [caption.value for caption in another.caption]
    assert not any(found.label in ("Stop training", "Resume", "Delete it") for found in another.button)


def test_who_keeps_no_cookies_is_the_same_on_every_page(
    open_page: OpenPage, launched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "1")
    app = open_page("train")
    button(app, "Start training").click().run()
    [run] = RunStore().list()
    for page in ("home", "compare", "train"):
        app.query_params.clear()
        app.switch_page(f"pages/{page}.py").run()
    assert app.session_state["run"] == run.id
    button(app, "Stop training").click().run()
    assert RunStore().get(run.id).stop_requested


def test_the_controls_take_the_settings_of_a_run(open_page: OpenPage, launched: list[str]) -> None:
    store = RunStore()
    config = TrainingConfig(epochs=6, optimizer="sgd", learning_rate=0.03, dropout=0.2, flip="random", seed=5)
    network = architecture("tutorial_net").fitted((3, 32, 32), 10)
    run = store.create(Spec(network=network, dataset="shapes", config=config))
    store.end(run.id, "stopped")
    app = open_page("train", run=run.id)
    button(app, "Use these settings").click().run()
    app.number_input(key="epochs").set_value(8.0).run()
    button(app, "Start training").click().run()
    assert not app.exception
    newest = RunStore().list()[0]
    assert newest.spec.config == config.model_copy(update={"epochs": 8})
    assert (newest.spec.network, newest.spec.dataset) == (network, "shapes")


def test_a_grid_queues_one_named_run_a_value(open_page: OpenPage, launched: list[str]) -> None:
    app = open_page("train", grid="learning_rate")
    app.text_input(key="grid_values_learning_rate").input("0.1, 0.01; 0.001").run()
    button(app, "Start 3 runs").click().run()
    assert not app.exception
    runs = RunStore().list()[::-1]
    assert [run.spec.config.learning_rate for run in runs] == [0.1, 0.01, 0.001]
    assert [run.title for run in runs] == [
        f"LeNet-5 (Keras notes), learning rate {rate}" for rate in ("0.1", "0.01", "0.001")
    ]
    assert launched == [runs[0].id]
    assert app.session_state["run"] == runs[0].id
    app.text_input(key="grid_values_learning_rate").input("0.1, fast").run()
    assert said(app.error[0]).startswith("fast:")
    assert button(app, "Start training").disabled


def test_the_values_of_a_grid_are_in_the_address(open_page: OpenPage) -> None:
    app = open_page("train", grid="learning_rate", grid_values="0.1, 0.01")
    assert not app.exception
    assert button(app, "Start 2 runs")
    field = next(field for field in app.text_input if field.label == "Values")
    assert field.value == "0.1, 0.01"
    field.input("0.1, 0.2, 0.3").run()
    assert button(app, "Start 3 runs")
    assert app.query_params["grid_values"] == "0.1, 0.2, 0.3"
    app.selectbox(key="grid").set_value("seed").run()
    assert button(app, "Start 3 runs")  # of the examples
    assert "grid_values" not in app.query_params


def test_a_grid_of_no_setting_is_refused(open_page: OpenPage) -> None:
    app = open_page("train", grid="foo", grid_values="1, 2")
    assert not app.exception
    assert "What differs cannot be foo: it is nothing." in [said(warning) for warning in app.warning]
    assert button(app, "Start training")
