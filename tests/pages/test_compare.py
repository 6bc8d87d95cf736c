import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec, StoreError, checkpoints, results
from cnnviz.runs.checkpoints import Card, save_checkpoint
from cnnviz.runs.moments import Moments, write_moments
from cnnviz.runs.records import Outcome
from cnnviz.runs.results import write_history
from cnnviz.training import TrainingConfig
from cnnviz.ui.compare.ready_comparisons import READY
from tests.pages.conftest import OpenPage
from tests.pages.test_addresses import MANGLED
from tests.pages.visits import said


def a_run(
    accuracy: float = 0.6, dataset: str = "digits", key: str = "lenet5", *, channels: int = 1, **settings: Any
) -> str:
    """Of one finished epoch, which every class but the first has behind it with ``accuracy``."""
    store = RunStore()
    config = TrainingConfig(**{"epochs": 2, **settings})
    run = store.create(Spec(network=architecture(key), dataset=dataset, config=config))
    store.start(run.id)
    store.measure(run.id, "train", 10, 0.5, 1.5, accuracy + 0.2)
    store.measure(run.id, "test", 0, 0, 2.3, 0.1)
    store.measure(run.id, "test", 20, 1, 1.0, accuracy)
    confusion = np.diag([100] + [round(100 * accuracy)] * 9)
    confusion[1:, 0] = 100 - round(100 * accuracy)
    store.conclude(run.id, Outcome(1, confusion, ()))
    store.report(run.id, step=20, total_steps=40, epochs_done=1, test_accuracy=accuracy)
    kernels = np.arange(2 * 6 * channels * 25, dtype=np.float16).reshape(2, 6, channels, 5, 5)
    answers, steps, epochs = np.zeros((2, 12, 10), np.float16), np.array([0, 20]), np.array([0, 1], np.float32)
    write_moments(store.folder(run.id) / "checkpoint", Moments(steps, epochs, epochs, kernels, answers, steps))
    return run.id


def ended(*args: Any, **settings: Any) -> str:
    run_id = a_run(*args, **settings)
    RunStore().end(run_id, "finished")
    return run_id


def compare(open_page: OpenPage, *names: str, **address: str) -> AppTest:
    return open_page("compare", runs=",".join(names), **address)


def drawn(app: AppTest, title: str) -> list[dict[str, Any]]:
    """The lines of a chart by its title."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return next(spec["data"] for spec in specs if spec["layout"]["title"]["text"] == title)


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


@pytest.fixture
def come_with_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the checkpoints that come with the app are: none, for now."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for module in (checkpoints, results):
        monkeypatch.setattr(module, "SHIPPED", folder)
    return folder


def ship(folder: Path, name: str, key: str, accuracy: float) -> None:
    run_id = ended(accuracy, "cifar10", key)
    card = Card(
        name=name,
        network=architecture(key).fitted((3, 32, 32), 10),
        dataset="cifar10",
        class_names=tuple("abcdefghij"),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        config=TrainingConfig(),
        epochs_done=3,
        test_accuracy=accuracy,
        test_images=10_000,
    )
    save_checkpoint(folder / name, {}, card)
    write_history(RunStore(), run_id, folder / name)


def test_it_begins_with_what_can_be_chosen_the_newest_run_first(open_page: OpenPage) -> None:
    older, newer = ended(), ended(dataset="shapes")
    app = open_page("compare")
    for label, name, dataset in zip(app.multiselect[0].options, (newer, older), ("shapes", "digits"), strict=False):
        assert label.startswith(f"LeNet-5 (Keras notes) on {dataset}, ")  # what people call it …
        assert label.endswith(f"({name.rsplit('-', 1)[1]})")  # … and its number
    assert "lenet5-mnist" in app.multiselect[0].options
    assert app.multiselect[0].value == list(READY[0].names)  # a page to look at, not an empty one
    app.multiselect[0].set_value([]).run()
    assert "choose two or more" in app.info[0].value
    assert not app.get("plotly_chart")


def test_without_anything_it_leads_to_training(open_page: OpenPage, come_with_the_app: Path) -> None:
    app = open_page("compare")
    assert "nothing to compare yet" in app.info[0].value
    assert [link.label for link in app.get("page_link")] == ["Train a network"]


def test_a_run_that_waits_without_a_curve_cannot_be_chosen_once_it_was_stopped(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig()), waits=True)
    number = f"({run.id.rsplit('-', 1)[1]})"
    assert any(label.endswith(number) for label in open_page("compare").multiselect[0].options)
    store.request_stop(run.id)
    assert not any(label.endswith(number) for label in open_page("compare").multiselect[0].options)


def test_more_than_fit_into_a_picture_are_cut_and_that_is_said(open_page: OpenPage) -> None:
    names = [ended() for _ in range(7)]
    app = compare(open_page, *names)
    assert app.warning[0].value == "7 are too many for one picture: here are the first 6."
    assert app.multiselect[0].value == names[:6]


def test_curves_of_all_stand_on_one_axis(open_page: OpenPage) -> None:
    one, other = ended(0.6), ended(0.8, learning_rate=0.01)
    app = compare(open_page, one, other)
    lines = {(line["name"], line["line"].get("dash")): line["y"] for line in drawn(app, "Accuracy")}
    assert lines == {
        (one, None): [0.1, 0.6],
        (one, "dash"): [0.8],
        (other, None): [0.1, 0.8],
        (other, "dash"): [1.0],
    }
    assert [chart.proto.alt for chart in app.get("plotly_chart") if one in chart.proto.alt]
    app.toggle(key="train").set_value(False).run()
    assert [line["name"] for line in drawn(app, "Accuracy")] == [one, other]
    app.segmented_control(key="over").set_value("steps").run()
    assert [line["x"] for line in drawn(app, "Loss")] == [[0, 20]] * 2
    assert not app.exception


def test_what_differs_is_told_and_nothing_else(open_page: OpenPage) -> None:
    shown = html(compare(open_page, ended(learning_rate=0.02), ended(learning_rate=0.01)))
    assert all(words in shown for words in ("Learning rate", "0.02", "0.01", "Test accuracy", "60.00%", "1 of 2"))
    assert "Optimiser" not in shown
    alike = compare(open_page, ended(), ended())
    assert any("the seed too" in caption.value for caption in alike.caption)


def test_runs_on_other_data_are_compared_and_that_is_said(open_page: OpenPage) -> None:
    app = compare(open_page, ended(), ended(dataset="shapes"))
    assert "different images (digits, shapes)" in app.info[0].value
    assert len(app.get("plotly_chart")) == 2
    assert any("nothing to set side by side" in caption.value for caption in app.caption)


def test_classes_stand_side_by_side_the_largest_difference_first(open_page: OpenPage) -> None:
    one, other, left_out = ended(0.6), ended(0.8), ended(dataset="shapes")
    app = compare(open_page, one, other, left_out)
    dots = drawn(app, "Right answers, class by class")
    assert {dot["name"]: dot["x"] for dot in dots} == {one: [0.6] * 9 + [1], other: [0.8] * 9 + [1]}
    assert dots[0]["y"] == [*"1234567890"]
    assert any(f"Left out: {left_out}" in said(caption) for caption in app.caption)
    app.segmented_control(key="order").set_value("the dataset's").run()
    assert drawn(app, "Right answers, class by class")[0]["y"] == [*"0123456789"]


def test_first_kernels_stand_beside_each_other(open_page: OpenPage) -> None:
    app = compare(open_page, ended(), ended(dataset="shapes", channels=3), "lenet5-mnist")
    captions = [caption.value for caption in app.caption]
    assert "6 kernels, 5×5 each." in captions
    assert sum("Its own scale: from" in caption for caption in captions) == 3
    assert sum("purple below 0, grey at 0, green above" in caption for caption in captions) == 1
    in_rows = "6 kernels, 5×5 each. In each three rows the same kernels: for red, green and blue."
    assert in_rows not in captions
    app.segmented_control(key="kernel_colours").set_value("each channel").run()
    assert in_rows in [caption.value for caption in app.caption]


def test_links_lead_to_the_run_its_kernels_and_its_maps(open_page: OpenPage) -> None:
    app = compare(open_page, ended(), "lenet5-mnist")  # the run has no weights here
    assert [link.label for link in app.get("page_link")] == ["The run", "All kernels", "Follow an image"]


def test_what_is_gone_is_said_and_the_rest_is_shown(open_page: OpenPage) -> None:
    one, other = ended(), ended()
    app = compare(open_page, "gone", one, other)
    assert app.session_state["runs"] == [one, other]
    assert said(app.warning[0]) == (
        "There is nothing to compare of 'gone': no such run, or no curve of it yet. Here are the others."
    )
    RunStore().delete(other)
    app.run()
    assert other in said(app.warning[0])
    assert {line["name"] for line in drawn(app, "Loss")} == {one}


def test_no_more_than_six_are_taken_from_an_address(open_page: OpenPage) -> None:
    names = [ended() for _ in range(7)]
    assert compare(open_page, *names).session_state["runs"] == names[:6]


def test_titles_are_plain_text_everywhere(open_page: OpenPage) -> None:
    run_id = ended()
    RunStore().describe(run_id, "<b>my *net*</b>", "")
    app = compare(open_page, run_id, ended())
    assert "<b>my" not in html(app)
    assert "&lt;b&gt;my *net*&lt;/b&gt;" in html(app)


def test_a_run_that_trains_is_followed(open_page: OpenPage) -> None:
    run_id, store = a_run(), RunStore()
    with store.claim(run_id):
        app = compare(open_page, run_id, ended(0.9))
        assert any("training: 1 of 2 epochs done" in said(caption) for caption in app.caption)
        store.measure(run_id, "test", 40, 2, 0.5, 0.75)
        app.run()
        assert 0.75 in [line["y"][-1] for line in drawn(app, "Accuracy") if line["name"] == run_id]
        store.report(run_id, epochs_done=2, test_accuracy=0.75)
        store.end(run_id, "finished")
    app.run()
    assert not any("training:" in said(caption) for caption in app.caption)
    assert "75.00%" in html(app)


def test_a_ready_comparison_says_what_its_networks_reached(open_page: OpenPage, come_with_the_app: Path) -> None:
    ship(come_with_the_app, "lenet5_plain-cifar10", "lenet5", 0.5)
    assert [button.label for button in open_page("compare").button] == ["Share"]
    ship(come_with_the_app, "lenet5-cifar10", "lenet5", 0.7)
    app = open_page("compare")
    [button] = [button for button in app.button if button.label == "Overfitting, and what helps"]
    sentence = next(said(caption) for caption in app.caption if "dropout" in caption.value)
    assert "70.0% of them right in the end, 50.00% of new ones" in sentence
    assert "Changed images and dropout: 90.0% and 70.00%. The gap goes from 20 to 20 points." in sentence
    button.click().run()
    assert not app.exception
    assert app.session_state["runs"] == ["lenet5_plain-cifar10", "lenet5-cifar10"]
    assert len(drawn(app, "Loss")) == 4


def test_a_class_compares_the_runs_of_all_visitors(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    run_id = ended()  # not the visitor's
    assert {line["name"] for line in drawn(compare(open_page, run_id), "Loss")} == {run_id}


@pytest.mark.parametrize("key", ["over", "train", "order"])
def test_a_mangled_control_of_a_comparison_shows_it_all_the_same(open_page: OpenPage, key: str) -> None:
    names = [ended(), ended()]
    for value in MANGLED:
        assert len(compare(open_page, *names, **{key: value}).get("plotly_chart")) == 3


def test_a_store_that_cannot_be_read_is_one_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = ended()

    def broken(*_: object) -> None:
        raise StoreError("The store of runs is locked.")

    monkeypatch.setattr(RunStore, "curve", broken)
    app = compare(open_page, run_id)
    assert [error.value for error in app.error] == ["The store of runs is locked."]


def test_a_run_that_failed_at_once_stays_in_the_comparison(open_page: OpenPage) -> None:
    store, good = RunStore(), ended()
    failed = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=2))).id
    store.start(failed)
    store.end(failed, "failed", "The loss became nan at step 9.")
    app = compare(open_page, good, failed)
    assert not app.exception
    assert not app.warning
    assert "0 of 2, failed" in html(app)
    assert [line["name"] for line in drawn(app, "Loss")].count(failed) == 0
