"""What the figures of a run say, and the way out that is offered."""

from typing import Any

import numpy as np
import pytest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.runs.records import Outcome, Status
from cnnviz.training import Mistake, Off, Signs, TrainingConfig
from cnnviz.ui.training.controls import BUILT
from tests.pages.conftest import OpenPage
from tests.pages.trained_runs import a_run, button
from tests.pages.visits import said


def test_what_went_wrong_is_shown_class_by_class(open_page: OpenPage) -> None:
    run_id = a_run()
    confusion = np.eye(10, dtype=np.int64) * 7
    confusion[3, 5] = 4
    RunStore().conclude(run_id, Outcome(1, confusion, (Mistake(0, 3, 5, 0.987),)))
    app = open_page("train", run=run_id)
    assert not app.exception
    drawn = " ".join(str(element.proto.body) for element in app.get("html"))
    assert "63.6%" in drawn  # 7 of 11
    drawn = " ".join(str(element.proto.json) for element in app.get("bidi_component"))
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


def looked_at(epoch: int, **values: Any) -> Signs:
    plain = {"loss": 2.3, "accuracy": 0.1, "spread": 0.01, "commonest": 0.5, "weights": 10.0}
    return Signs(250, **{**plain, **values}, input_mean=0, input_deviation=1, off=(Off("fc1", 0.1 * epoch, "zero"),))


def ended(status: Status, message: str = "", **settings: Any) -> str:
    """A run of one epoch that got a tenth right."""
    store = RunStore()
    config = TrainingConfig(epochs=1, **settings)
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=config))
    store.start(run.id)
    store.measure(run.id, "train", 400, 1.0, 2.3, 0.1)
    for split in ("train_eval", "test"):
        store.measure(run.id, split, 400, 1.0, 2.3, 0.1)
    for epoch in (0, 1):
        store.look(run.id, epoch, looked_at(epoch))
    store.report(run.id, step=400, total_steps=400, epochs_done=1, test_accuracy=0.1)
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
