import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data.background import _say
from cnnviz.layers import AdaptiveAvgPool2d, AnyLayer, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU, Softmax
from cnnviz.networks import Draft, architecture
from cnnviz.networks.code import decode, encode
from cnnviz.runs import RunStore, Spec, StoreError
from cnnviz.runs.checkpoints import STATE
from cnnviz.runs.records import Outcome, Status
from cnnviz.training import Mistake, Off, Signs, TrainingConfig
from cnnviz.training.presets import PRESETS, fast
from cnnviz.ui.training.controls import BUILT
from tests.pages.conftest import OpenPage
from tests.pages.visits import said
from tests.runs.cases import TINY


def in_address(app: AppTest) -> str:
    """The network."""
    value = app.query_params["net"]
    return value[0] if isinstance(value, list) else value


def a_run(**columns: object) -> str:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=4)))
    store.start(run.id)
    store.measure(run.id, "train", 10, 0.5, 1.5, 0.4)
    store.measure(run.id, "test", 20, 1.0, 1.0, 0.6)
    store.report(run.id, step=20, total_steps=80, epochs_done=1, test_accuracy=0.6, images_per_second=1234.5, **columns)
    return run.id


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
    assert run.spec.network.name == "Tutorial net"
    assert run.spec.network.input_shape == (3, 32, 32)
    wanted = {"epochs": 7, "optimizer": "sgd", "learning_rate": 0.02}
    assert run.spec.config == fast("shapes").model_copy(update=wanted)
    size = run.spec.config.batch_size
    assert f"--dataset shapes --epochs 7 --batch-size {size} --optimizer sgd --learning-rate 0.02" in run.spec.command
    assert app.session_state["run"] == run.id


def test_a_running_run_shows_its_figures_and_can_be_stopped(open_page: OpenPage) -> None:
    run_id = a_run()
    store = RunStore()
    with store.claim(run_id):
        app = open_page("train", run=run_id)
        assert {metric.label: metric.value for metric in app.metric} == {
            "Test accuracy": "60.0%",
            "Images per second": "1,234",
            "Time left": "–",
            "Learning rate": "0.001",
        }
        assert app.progress[0].value == 25
        assert app.progress[0].text == "Training · epoch 2 of 4"
        next(button for button in app.button if button.label == "Stop training").click().run()
        assert store.get(run_id).stop_requested
        assert app.progress[0].text == "Stopping …"


def test_an_interrupted_run_says_what_is_kept(open_page: OpenPage) -> None:
    run_id = a_run()  # and no worker holds it
    app = open_page("train", run=run_id)
    assert app.warning[0].value == "The worker process ended unexpectedly. What it had learned by epoch 1 is kept."
    assert "Stop training" not in [found.label for found in app.button]


def test_a_failed_run_says_why(open_page: OpenPage) -> None:
    run_id = a_run()
    RunStore().end(run_id, "failed", "The loss became nan by step 3: try 0.1.")
    app = open_page("train", run=run_id)
    assert said(app.error[0]) == "The loss became nan by step 3: try 0.1."
    assert len(app.get("plotly_chart")) == 3


def test_a_run_that_never_began_draws_no_empty_charts(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig()))
    store.end(run.id, "failed", "No worker process could be started.")
    app = open_page("train", run=run.id)
    assert said(app.error[0]) == "No worker process could be started."
    assert not app.get("plotly_chart")
    assert not app.metric


def test_the_newest_run_is_shown_where_the_address_names_none(open_page: OpenPage) -> None:
    a_run()
    newest = a_run()
    assert open_page("train").session_state["run"] == newest


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


def test_an_address_of_a_run_that_is_not_there_says_so(open_page: OpenPage) -> None:
    run_id = a_run()
    app = open_page("train", run="no-such-run")
    assert "no-such-run" in app.warning[0].value.replace("\\", "")
    assert app.session_state["run"] == run_id


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


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


def test_what_ended_early_is_resumed_or_deleted(open_page: OpenPage, launched: list[str]) -> None:
    run_id = a_run()
    store = RunStore()
    store.end(run_id, "stopped")
    (store.folder(run_id) / STATE).touch()
    app = open_page("train", run=run_id)
    button(app, "Resume").click().run()
    assert launched == [run_id]
    assert store.get(run_id).status == "queued"
    store.end(run_id, "failed", "The disk is full.")
    app = open_page("train", run=run_id)
    button(app, "Delete it").click().run()
    assert not app.exception
    assert store.find(run_id) is None


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


def test_a_run_of_the_first_release_is_not_begun_again_by_resume(open_page: OpenPage) -> None:
    app = open_page("train", run=a_run())  # it has a finished epoch, and no state to go on from
    assert "Resume" not in [found.label for found in app.button]


def test_a_store_that_breaks_while_one_watches_is_one_sentence(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = a_run()

    def broken(*_: object) -> None:
        raise StoreError("The store of runs is locked.")

    monkeypatch.setattr(RunStore, "curve", broken)
    app = open_page("train", run=run_id)
    assert not app.exception
    assert app.error[0].value == "The store of runs is locked."


def test_a_run_is_named_and_noted(open_page: OpenPage) -> None:
    run_id = a_run()
    app = open_page("train", run=run_id)
    next(field for field in app.text_input if field.label == "Name").input("Two *stars*")
    app.text_area[0].input("Too [few] epochs")
    button(app, "Save").click().run()
    assert not app.exception
    run = RunStore().get(run_id)
    assert (run.title, run.notes, run.name) == ("Two *stars*", "Too [few] epochs", "Two *stars*")
    assert "Too [few] epochs" in [text.value for text in app.text]
    assert app.selectbox(key="run_0").options[0].startswith("Two *stars*: interrupted, 60.0%")


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
    assert [run.title for run in runs] == [f"LeNet-5, learning rate {rate}" for rate in ("0.1", "0.01", "0.001")]
    assert launched == [runs[0].id]
    assert app.session_state["run"] == runs[0].id
    app.text_input(key="grid_values_learning_rate").input("0.1, fast").run()
    assert said(app.error[0]).startswith("fast:")
    assert button(app, "Start training").disabled


def test_the_picker_calls_runs_by_what_they_are_and_the_address_by_their_id(open_page: OpenPage) -> None:
    run_id = a_run()
    app = open_page("train", run=run_id)
    [label] = app.selectbox(key="run_0").options
    assert label.startswith("LeNet-5 on digits: interrupted, 60.0%")
    assert app.query_params["run"] in (run_id, [run_id])


def test_what_went_wrong_is_shown_class_by_class(open_page: OpenPage) -> None:
    run_id = a_run()
    confusion = np.eye(10, dtype=np.int64) * 7
    confusion[3, 5] = 4
    RunStore().conclude(run_id, Outcome(1, confusion, (Mistake(0, 3, 5, 0.987),)))
    app = open_page("train", run=run_id)
    assert not app.exception
    drawn = " ".join(str(element.proto.body) for element in app.get("html"))
    assert "63.6%" in drawn  # 7 of 11
    assert "taken for 5" in drawn
    assert "98.7% sure" in drawn


def test_the_gap_is_named(open_page: OpenPage) -> None:
    store, run_id = RunStore(), a_run()
    store.measure(run_id, "train", 30, 1.5, 0.1, 0.99)
    store.measure(run_id, "test", 40, 2.0, 1.4, 0.6)
    app = open_page("train", run=run_id)
    told = next(said(info) for info in app.info if "Overfitting" in said(info))
    assert "99.0% of the training images and 60.0% of the test images" in told
    assert "dropout" in told


def test_the_diagnosis_has_all_that_was_measured_in_the_newest_epoch(open_page: OpenPage) -> None:
    """Also where the curves are drawn from a part of it."""
    store, run_id, draw = RunStore(), a_run(), np.random.default_rng(0)

    def measure(epoch: int) -> float:
        accuracies = draw.uniform(0.2, 0.9, 1_000).tolist()
        before = max(store.curve(run_id, "train").steps)
        with store.open() as db:
            db.execute("BEGIN")
            for number, accuracy in enumerate(accuracies, 1):
                row = (run_id, "train", before + number, epoch - 1 + number / 1_000, 1.0, accuracy, 0.0)
                db.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("COMMIT")
        store.measure(run_id, "test", before + 1_000, float(epoch), 1.0, 0.5)
        return float(np.mean(accuracies))

    with store.claim(run_id):
        expected = measure(2)
        app = open_page("train", run=run_id)
        assert any(f"{expected:.1%} of the training images" in said(info) for info in app.info)
        later = measure(3)
        assert f"{later:.1%}" != f"{expected:.1%}"
        app.run()
        assert any(f"{later:.1%} of the training images" in said(info) for info in app.info)


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


# What the figures say, and the way out


def looked_at(epoch: int, **values: Any) -> Signs:
    plain = {"loss": 2.3, "accuracy": 0.1, "spread": 0.01, "commonest": 0.5, "weights": 10.0}
    return Signs(250, **{**plain, **values}, input_mean=0, input_deviation=1, off=(Off("fc1", 0.1 * epoch, "zero"),))


def ended(status: Status, message: str = "", **settings: Any) -> str:
    """A run of one epoch that got a tenth right."""
    store = RunStore()
    config = TrainingConfig(epochs=1, **settings)
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=config))
    store.start(run.id)
    store.measure(run.id, "train", 20, 1.0, 2.3, 0.1)
    for split in ("train_eval", "test"):
        store.measure(run.id, split, 20, 1.0, 2.3, 0.1)
    for epoch in (0, 1):
        store.look(run.id, epoch, looked_at(epoch))
    store.report(run.id, step=20, total_steps=20, epochs_done=1, test_accuracy=0.1)
    store.end(run.id, status, message)
    return run.id


def test_the_advice_is_taken_with_one_click(open_page: OpenPage) -> None:
    app = open_page("train", run=ended("finished", learning_rate=1e-6))
    told = next(said(info) for info in app.info if "Not learning" in said(info))
    assert "A loss of 2.30, which is ln 10, is guessing" in told
    assert "One could try a learning rate of 0.001" in told
    button(app, "Use the advice").click().run()
    assert not app.exception
    assert app.query_params["learning_rate"] in ("0.001", ["0.001"])


def test_a_failed_run_has_one_piece_of_advice_and_its_click(open_page: OpenPage) -> None:
    message = "The loss became nan at step 3. Rate times weight decay is 1 × 10 = 10. Try a weight decay of 0.0005."
    run_id = ended("failed", message, optimizer="sgd", learning_rate=1, weight_decay=10)
    app = open_page("train", run=run_id)
    assert any("Rate times weight decay" in said(error) for error in app.error)
    assert not any("One could try" in said(info) for info in app.info)
    button(app, "Use the advice").click().run()
    assert not app.exception
    assert float(np.ravel(app.query_params["weight_decay"])[0]) == 0.0005
    assert float(np.ravel(app.query_params["learning_rate"])[0]) == 0.02


def test_what_failed_for_another_reason_has_no_advice(open_page: OpenPage) -> None:
    app = open_page("train", run=ended("failed", "The disk is full: make room and resume."))
    assert not any(each.label == "Use the advice" for each in app.button)


def test_a_network_of_normalised_layers_is_what_the_advice_for_depth_opens(open_page: OpenPage) -> None:
    store = RunStore()
    run_id = ended("finished")
    for epoch in (0, 1):
        store.look(run_id, epoch, looked_at(epoch, spread=1e-6))
    app = open_page("train", run=run_id)
    button(app, "Use the advice").click().run()
    assert not app.exception
    assert app.selectbox(key="architecture").value == BUILT


@pytest.mark.parametrize(("smoothing", "says"), [(0.0, "plain cross-entropy."), (0.1, "cannot fall below 0.50")])
def test_which_loss_is_drawn_is_said(open_page: OpenPage, smoothing: float, says: str) -> None:
    app = open_page("train", run=ended("finished", label_smoothing=smoothing))
    [caption] = [caption.value for caption in app.caption if caption.value.startswith("The loss drawn")]
    assert says in caption
    assert "*train, eval mode* is of the same weights as *test*" in caption


def test_a_run_stopped_within_an_epoch_says_from_where_it_goes_on(open_page: OpenPage) -> None:
    run_id = a_run()
    store = RunStore()
    store.folder(run_id).mkdir(exist_ok=True)
    (store.folder(run_id) / STATE).write_bytes(b"something")
    store.end(run_id, "stopped")
    store.report(run_id, step=27)
    app = open_page("train", run=run_id)
    assert button(app, "Resume").help == "Goes on after epoch 1 and 7 steps."


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


def test_a_run_that_would_only_fail_again_leads_to_its_settings(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("mlp"), dataset="shapes", config=TrainingConfig(learning_rate=7.0)))
    store.start(run.id)
    store.end(run.id, "failed", "The loss became nan at step 3: the learning rate 7 is too large here, try 0.7.")
    app = open_page("train", run=run.id)
    labels = [found.label for found in app.button]
    assert "Change the settings" in labels
    assert not {"Resume", "Begin again", "Use these settings"} & set(labels)
    button(app, "Change the settings").click().run()
    assert (app.selectbox(key="architecture").value, app.selectbox(key="dataset").value) == ("mlp", "shapes")
    assert app.number_input(key="learning_rate").value == 7
    store.end(run.id, "failed", "The disk is full: make room and resume.")
    labels = [found.label for found in open_page("train", run=run.id).button]
    assert {"Begin again", "Use these settings"} <= set(labels)
