"""A run that is watched, taken from the address or the picker, stopped, resumed and named."""

import json

import pytest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec, StoreError
from cnnviz.runs.checkpoints import STATE
from cnnviz.training import TrainingConfig
from tests.pages.conftest import OpenPage
from tests.pages.trained_runs import a_run, button
from tests.pages.visits import said


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


def test_the_curves_of_a_run_that_has_ended_end_with_it(open_page: OpenPage) -> None:
    run_id = a_run()  # has come into its second epoch of four, and no worker holds it
    loss, accuracy, _rate = [
        json.loads(chart.proto.spec) for chart in open_page("train", run=run_id).get("plotly_chart")
    ]
    run = RunStore().get(run_id)
    assert run.spec.config.epochs == 4
    ends = -(-run.step // run.steps_per_epoch)
    assert [chart["layout"]["xaxis"]["range"] for chart in (loss, accuracy)] == [[0, ends]] * 2
    assert ends < 4


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


def test_an_address_of_a_run_that_is_not_there_says_so(open_page: OpenPage) -> None:
    run_id = a_run()
    app = open_page("train", run="no-such-run")
    assert "no-such-run" in app.warning[0].value.replace("\\", "")
    assert app.session_state["run"] == run_id


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


def test_the_picker_calls_runs_by_what_they_are_and_the_address_by_their_id(open_page: OpenPage) -> None:
    run_id = a_run()
    app = open_page("train", run=run_id)
    [label] = app.selectbox(key="run_0").options
    assert label.startswith("LeNet-5 (Keras notes) on digits: interrupted, 60.0%")
    assert app.query_params["run"] in (run_id, [run_id])


def test_a_run_stopped_within_an_epoch_says_from_where_it_goes_on(open_page: OpenPage) -> None:
    run_id = a_run()
    store = RunStore()
    store.folder(run_id).mkdir(exist_ok=True)
    (store.folder(run_id) / STATE).write_bytes(b"something")
    store.end(run_id, "stopped")
    store.report(run_id, step=27)
    app = open_page("train", run=run_id)
    assert button(app, "Resume").help == "Goes on after epoch 1 and 7 steps."
