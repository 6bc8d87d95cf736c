"""Runs that are watched, taken away, resumed, named and explained."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import zipfile
from contextlib import closing

import numpy as np
from playwright.sync_api import Download, Page, expect
from safetensors.numpy import load

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.runs.checkpoints import Card
from cnnviz.runs.stored_curves import Split
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig
from tests.browser.runs import CLASSES, LONG, SMALL, asked, expect_in_picker, expect_nothing_of_axe, start, table_of
from tests.browser.waiting import settle, until


def trained(**settings: float) -> str:
    """The id of a finished run, trained in this process."""
    config = TrainingConfig.model_validate({"epochs": 2, "learning_rate": 0.004, **settings})
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="digits", config=config, command="as is"))
    assert work(store, run.id).status == "finished"
    return run.id


def downloaded(page: Page, button: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value


def content(download: Download) -> bytes:
    return download.path().read_bytes()


def test_a_run_is_taken_away_in_four_forms(page: Page) -> None:
    run, store = RunStore().get(trained()), RunStore()
    page.goto(f"{SMALL}&run={run.id}")
    page.get_by_role("button", name="Export").click()

    curves = downloaded(page, "Curves as CSV")
    assert curves.suggested_filename == f"{run.id}.csv"
    rows = list(csv.DictReader(io.StringIO(content(curves).decode())))
    splits: tuple[Split, ...] = ("train", "train_eval", "test")
    for split in splits:
        measured = store.curve(run.id, split)
        told = [row for row in rows if row["split"] == split]
        assert [int(row["step"]) for row in told] == measured.steps
        assert [float(row["loss"]) for row in told] == measured.losses
        assert [float(row["accuracy"]) for row in told] == measured.accuracies
    assert len(rows) == sum(len(store.curve(run.id, split).steps) for split in splits) > 3

    with zipfile.ZipFile(io.BytesIO(content(downloaded(page, "Weights and card")))) as archive:
        weights, card = (archive.read(f"{run.id}{ending}") for ending in (".safetensors", ".json"))
    shapes = {name: list(weight.shape) for name, weight in load(weights).items()}
    module = run.spec.network.fitted((1, 28, 28), len(CLASSES)).module()
    assert shapes == {name: list(weight.shape) for name, weight in module.state_dict().items()}
    assert Card.model_validate(json.loads(card)).test_accuracy == run.test_accuracy

    with zipfile.ZipFile(io.BytesIO(content(downloaded(page, "TensorBoard")))) as archive:
        [name] = archive.namelist()
        events = archive.read(name)
    assert name.startswith(f"{run.id}/events.out.tfevents.")
    assert all(tag in events for tag in (b"loss/train", b"loss/test", b"accuracy/train", b"accuracy/test"))

    script = downloaded(page, "PyTorch script")
    text = content(script).decode()
    compile(text, script.suggested_filename, "exec")
    assert script.suggested_filename.endswith(".py")
    assert "0.004" in text
    assert "import torch" in text
    assert "cnnviz" not in re.sub(r"(#|\"\"\").*", "", text)  # it is to run without this app


def worker_of(run_id: str) -> int:
    """The process that trains a run."""
    told = subprocess.run(["pgrep", "-f", f"cnnviz.runs.worker {run_id}"], capture_output=True, text=True, check=True)
    [pid] = told.stdout.split()
    return int(pid)


def hold(worker: int) -> None:
    """Let it stand still in mid-training, but not while nobody else could use the store."""
    while True:
        os.kill(worker, signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(RunStore().root / "runs.sqlite", timeout=1, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError:
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.05)


def expect_the_same(*tabs: Page, status: str) -> None:
    """Status, figures and curves; what does not stand still is the caller's to stop."""

    def told() -> list[list[object]]:
        return [
            [
                tab.get_by_test_id("stMetric").all_inner_texts(),
                tab.locator(".curves canvas").evaluate_all("all => all.map(one => one.ariaLabel)"),
                tab.locator(".curves").get_attribute("data-points"),
            ]
            for tab in tabs
        ]

    for tab in tabs:
        expect(tab.get_by_test_id("stProgress")).to_contain_text(status)
        expect(tab.locator(".film")).to_have_attribute("data-moments", re.compile(r"^\d+$"))
    # each page looks again by itself
    until(tabs[0], told, lambda them: all(them[0]) and all(one == them[0] for one in them))


def test_a_killed_worker_is_told_in_all_tabs_and_the_run_resumed_to_its_end(page: Page) -> None:
    epochs = 8
    page.goto(f"{SMALL}&epochs={epochs}")
    run_id = start(page)
    status = page.get_by_test_id("stProgress")
    while (
        RunStore().get(run_id).epochs_done < 2
    ):  # the page may look too late: a fast machine is done in a second or two
        page.wait_for_timeout(50)
    worker = worker_of(run_id)
    hold(worker)  # what the tabs say can be compared
    try:
        held = RunStore().get(run_id)
        assert held.status == "running"
        training = f"Training · epoch {held.epochs_done + 1} of {epochs}"
        second = page.context.new_page()
        second.goto(page.url)
        page.bring_to_front()  # what lies behind is drawn once a second
        expect_the_same(page, second, status=training)
        for tab in (page, second):
            expect(tab.get_by_test_id("stMetricValue").first).to_have_text(held.accuracy)
        page.reload()
        expect_the_same(page, second, status=training)
        expect_nothing_of_axe(page)
    finally:
        os.kill(worker, signal.SIGKILL)
    done = held.epochs_done
    for tab in (page, second):
        expect(tab.get_by_test_id("stProgress")).to_contain_text(f"Interrupted · epoch {done} of {epochs}")
        expect(tab.get_by_text(f"What it had learned by epoch {done} is kept.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(status).to_contain_text(re.compile("Starting|Training"))
    for tab in (second, page):  # the other one finds out by itself
        tab.bring_to_front()  # a browser lets what lies behind sleep
        expect(tab.get_by_test_id("stProgress")).to_contain_text(f"Finished · epoch {epochs} of {epochs}", timeout=LONG)
        assert asked(tab.url, "run") == [run_id]
    run = RunStore().get(run_id)
    assert (run.status, run.epochs_done) == ("finished", epochs)
    assert RunStore().curve(run_id, "test").epochs == list(range(epochs + 1))  # none is missing, none is there twice
    for tab in (second, page):
        expect(tab.get_by_test_id("stMetricValue").first).to_have_text(run.accuracy)
        expect(
            tab.get_by_role("figure", name=re.compile("^Accuracy over the epochs, ")).locator(".trace")
        ).to_have_count(3)


def test_a_run_is_named_copied_and_deleted(page: Page) -> None:
    run_id = trained(epochs=1, batch_size=48, learning_rate=0.003, weight_decay=0.01)
    page.goto(f"/train?dataset=shapes&run={run_id}")
    second = page.context.new_page()
    second.goto(f"/train?run={run_id}")
    expect_in_picker(second, run_id, "LeNet (PyTorch notes) on digits: finished")
    page.bring_to_front()  # what lies behind is drawn once a second

    page.get_by_role("button", name="Name and notes").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Small *and* quick")
    page.get_by_role("textbox", name="Notes").fill("Of the first hour")
    page.get_by_role("button", name="Save").click()
    expect_in_picker(page, run_id, "Small *and* quick: finished")
    second.reload()
    for tab in (page, second):
        expect_in_picker(tab, run_id, "Small *and* quick: finished")
        expect(tab.get_by_test_id("stText").filter(has_text="Of the first hour")).to_be_visible()

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Use these settings").click()
    copied = {"Epochs": "1", "Batch size": "48", "Learning rate": "0.003"}
    for label, value in copied.items():
        expect(page.get_by_role("spinbutton", name=label, exact=True)).to_have_value(value)
    for label, value in {"Dataset": "digits", "Architecture": "tutorial_net"}.items():
        expect(page.get_by_role("combobox", name=label)).to_have_value(value)
    page.wait_for_url(lambda url: asked(url, "weight_decay") == ["0.01"])

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The run, its curves and its weights go for good.")).to_be_visible()
    assert RunStore().find(run_id)
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text(f"{run_id} is deleted.")).to_be_visible()
    assert RunStore().find(run_id) is None
    assert not RunStore().folder(run_id).exists()
    page.wait_for_url(lambda url: asked(url, "run") != [run_id])
    second.reload()
    expect(second.get_by_text(f"There is no run '{run_id}' here.")).to_be_visible()


def test_a_finished_run_is_explained_on_the_projector_too(page: Page) -> None:
    run_id = trained()
    page.goto(f"{SMALL}&run={run_id}")
    film = page.locator(".film[data-at]")
    moments = int(film.get_attribute("data-moments") or 0)
    assert moments > 3
    slider = page.get_by_role("slider", name="Moment of the training")
    expect(film).to_have_attribute("data-at", str(moments - 1))
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^epoch 0 · step 0 · untrained"))
    for at in (1, 2):
        slider.press("ArrowRight")
        expect(film).to_have_attribute("data-at", str(at))
    slider.press("End")
    expect(film).to_have_attribute("data-at", str(moments - 1))

    outcome = RunStore().outcomes(run_id)[-1]
    rows = table_of(page.get_by_role("region", name="Confusion matrix"))
    assert list(rows) == CLASSES
    for counts, share, cells in zip(outcome.confusion, outcome.class_accuracies, rows.values(), strict=True):
        assert [int(cell or 0) for cell in cells[:-1]] == counts.tolist()
        assert cells[-1] == f"{share:.1%}"
    assert np.trace(outcome.confusion) / outcome.confusion.sum() == RunStore().get(run_id).test_accuracy
    expect_nothing_of_axe(page)

    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    page.get_by_text("Projector").click()
    page.wait_for_url(lambda url: asked(url, "projector") == ["true"])
    expect(page.get_by_role("button", name="Start training")).to_be_hidden()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    curves = page.locator(".curves[data-points]")
    expect(curves).to_be_in_viewport()
    expect(film).to_be_in_viewport()
    points = int(curves.get_attribute("data-points") or 0)
    assert points == len(RunStore().curve(run_id, "train").steps)
    slider.press("Home")
    expect(film).to_have_attribute("data-at", "0")


_RECORD = """
window.askedAt = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.askedAt.push(document.querySelector('[data-testid=stApp]')?.dataset.testScriptState ?? 'none');
  return send.call(this, data);
};
"""


def test_a_watched_page_asks_for_its_parts_only_when_it_rests(page: Page) -> None:
    """Else Streamlit throws away what it has not sent yet, and the page stands still or breaks."""
    page.add_init_script(_RECORD)
    page.goto(f"{SMALL}&epochs=20")
    start(page)
    expect(page.get_by_test_id("stProgress")).to_contain_text("Training")
    page.evaluate("window.askedAt.length = 0")
    expect(page.get_by_test_id("stProgress")).to_contain_text("Finished · epoch 20 of 20", timeout=LONG)
    states = page.evaluate("window.askedAt")
    assert len(states) > 3
    assert set(states) == {"notRunning"}


def test_a_page_that_nobody_looks_at_asks_for_nothing_until_it_is_looked_at(page: Page) -> None:
    page.goto(f"{SMALL}&epochs=4")
    run_id = start(page)
    status = page.get_by_test_id("stProgress")
    expect(status).to_contain_text("Training")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.isHidden ?? true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    settle(page)
    before = status.inner_text()
    other = page.context.new_page()
    other.goto(f"/train?run={run_id}")
    expect(other.get_by_test_id("stProgress")).to_contain_text("Finished", timeout=LONG)
    page.bring_to_front()
    assert status.inner_text() == before
    page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(status).to_contain_text("Finished")


def test_other_pages_see_a_run_go_on_and_the_page_that_started_it_has_its_exports(page: Page) -> None:
    page.goto(f"{SMALL}&epochs=300")
    run_id = start(page)
    expect(page.get_by_role("button", name="Export")).to_be_visible()  # without a touch
    expect(page.get_by_role("link", name="Look at its kernels")).to_be_visible()
    page.get_by_role("button", name="Stop training").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped")
    kernels = page.context.new_page()
    kernels.goto(f"/kernels?model={run_id}")
    expect(kernels.get_by_text("It was stopped")).to_be_visible()
    page.bring_to_front()
    page.get_by_role("button", name="Resume").click()
    kernels.bring_to_front()
    expect(kernels.get_by_text("still training")).to_be_visible()
    page.bring_to_front()
    page.get_by_role("button", name="Stop training").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped")
    kernels.bring_to_front()
    expect(kernels.get_by_text("It was stopped")).to_be_visible()
    RunStore().delete(run_id)
    expect(kernels.get_by_text(f"{run_id} has been deleted")).to_be_visible()
