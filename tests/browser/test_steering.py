"""The way of a class through the training pages: set up, watched, steered, compared, explained and taken away."""

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
from collections.abc import Callable
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Download, Locator, Page, expect
from safetensors.numpy import load

from cnnviz.data import class_names
from cnnviz.networks import architecture
from cnnviz.runs import Run, RunStore, Spec
from cnnviz.runs.checkpoints import Card
from cnnviz.runs.measured import Split
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig

SMALL = "/train?dataset=digits&architecture=tutorial_net"
CLASSES = list(class_names("digits"))
SECONDS = 90_000  # of which a run here needs a tenth, on a machine that does nothing else


def trained(**settings: float) -> str:
    """The id of a finished run, trained in this process."""
    config = TrainingConfig.model_validate({"epochs": 2, "learning_rate": 0.004, **settings})
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="digits", config=config, command="as is"))
    assert work(store, run.id).status == "finished"
    return run.id


def asked(url: str, name: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get(name, [])


def picker(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Run", exact=True)


def mark(run_id: str) -> str:
    """How the label of a run ends."""
    return f"({run_id.rsplit('-', 1)[-1]})"


def expect_in_picker(page: Page, run_id: str, words: str) -> None:
    """The page shows this run, and says so."""
    expect(picker(page)).to_have_value(re.compile(f"{words}.*{re.escape(mark(run_id))}$"), timeout=SECONDS)


def settle(page: Page) -> None:
    page.locator("[data-test-script-state=notRunning]").wait_for()


def set_number(page: Page, label: str, name: str, value: str) -> None:
    """Type it, as people do; the address says when the page has taken it."""
    control = page.get_by_role("spinbutton", name=label, exact=True)
    control.fill(value)
    control.press("Enter")
    page.wait_for_url(lambda url: asked(url, name) == [value])
    settle(page)


def start(page: Page) -> str:
    """Click; the id of the run that is shown then."""
    before = {run.id for run in RunStore().list()}
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(lambda url: bool(asked(url, "run")) and asked(url, "run")[0] not in before)
    [run_id] = {run.id for run in RunStore().list()} - before
    return run_id


def expect_nothing_of_axe(page: Page) -> None:
    """No fault that is serious or critical, in light and in dark; Streamlit's own parts count too."""
    page.mouse.move(0, 0)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === scheme",
            arg=scheme,
        )
        settle(page)
        page.wait_for_timeout(400)  # colours fade into each other
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        faults = [
            (scheme, fault["id"], node["html"][:160], node["failureSummary"][:200])
            for fault in found
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
        assert not faults


def table_of(region: Locator) -> dict[str, list[str]]:
    """The cells of each row by the row's header."""
    rows = region.locator("tbody tr")
    return {row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts() for row in rows.all()}


def downloaded(page: Page, button: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value


def content(download: Download) -> bytes:
    return download.path().read_bytes()


def test_two_runs_that_differ_in_one_setting_are_compared(page: Page) -> None:
    page.goto(SMALL)
    set_number(page, "Epochs", "epochs", "3")
    ids = []
    for rate in ("0.004", "0.0005"):
        page.get_by_role("spinbutton", name="Learning rate", exact=True).fill(rate)
        ids.append(start(page))  # at once: what was typed last counts
        expect_in_picker(page, ids[-1], "Tutorial net on digits: finished")
    first, second = (RunStore().get(run_id) for run_id in ids)
    assert [run.spec.config.learning_rate for run in (first, second)] == [0.004, 0.0005]

    page.get_by_role("link", name="Compare it").click()
    page.wait_for_url(lambda url: asked(url, "runs") == [second.id])
    compared = page.get_by_role("region", name="Comparison")
    expect(compared).to_have_count(2)
    settle(page)  # a list closes where the page moves
    choice = page.get_by_role("combobox", name="Runs and trained networks")
    choice.fill(mark(first.id))
    page.get_by_role("option", name=mark(first.id)).click()
    page.wait_for_url(lambda url: asked(url, "runs") == [second.id, first.id])
    page.keyboard.press("Escape")  # an open list hides the rest of the page from a screen reader
    expect(compared).to_have_count(2)
    expect(compared.first.get_by_role("columnheader")).to_contain_text([second.id, first.id])

    for title in ("Loss", "Accuracy"):
        figure = page.get_by_role("figure", name=re.compile(f"^{title} over the epochs: "))
        for run in (first, second):
            expect(figure).to_have_attribute("aria-label", re.compile(rf"{run.id}, test [\d.]+%? and training [\d.]+"))
        expect(figure.locator(".legendtext")).to_have_text([second.id, first.id])
        expect(figure.locator(".scatterlayer .trace")).to_have_count(4)  # test and training of each

    rows = table_of(compared.first)
    assert [said.partition(" ")[0] for said in rows["Test accuracy"]] == [run.accuracy for run in (second, first)]
    assert rows["Epochs"] == ["3", "3"]
    figures = ["Test accuracy", "Best after an epoch", "Training accuracy", "Gap, training − new images"]
    assert [name for name in rows if name not in (*figures, "Epochs", "Time")] == ["Learning rate"]
    assert rows["Learning rate"] == ["0.0005", "0.004"]

    classes = table_of(compared.nth(1))
    assert set(classes) == set(CLASSES)
    shares = [RunStore().outcomes(run.id)[-1].class_accuracies for run in (second, first)]
    for name, cells in classes.items():
        assert cells == [f"{share[CLASSES.index(name)]:.1%}" for share in shares]

    for run in (first, second):
        kernels = page.locator(f".st-key-kernels_{run.id} .maps[data-drawn]")
        expect(kernels).to_be_visible()
        expect(
            kernels.get_by_role("application", name=f"First kernels of {run.id}: 6 kernels of 5 by 5")
        ).to_be_visible()
    expect_nothing_of_axe(page)


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
    texts: list[Callable[[Page], object]] = [
        lambda page: page.get_by_test_id("stMetric").all_inner_texts(),
        lambda page: page.locator(".curves canvas").evaluate_all("all => all.map(one => one.ariaLabel)"),
        lambda page: page.locator(".curves").get_attribute("data-points"),
    ]
    for tab in tabs:
        expect(tab.get_by_test_id("stProgress")).to_contain_text(status)
        expect(tab.locator(".film")).to_have_attribute("data-moments", re.compile(r"^\d+$"))
    tabs[0].wait_for_timeout(1000)  # the pages look again twice
    for text in texts:
        told = [text(tab) for tab in tabs]
        assert told[0]
        assert all(one == told[0] for one in told), told


def test_a_killed_worker_is_told_in_all_tabs_and_the_run_resumed_to_its_end(page: Page) -> None:
    epochs = 20
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
        expect(tab.get_by_test_id("stProgress")).to_contain_text(
            f"Finished · epoch {epochs} of {epochs}", timeout=SECONDS
        )
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
    expect_in_picker(second, run_id, "Tutorial net on digits: finished")
    page.bring_to_front()  # what lies behind is drawn once a second

    page.get_by_role("button", name="Name and notes").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Small *and* quick")
    page.get_by_role("textbox", name="Notes").fill("Of the first hour")
    page.get_by_role("button", name="Save").click()
    expect_in_picker(page, run_id, r"Small \*and\* quick: finished")
    second.reload()
    for tab in (page, second):
        expect_in_picker(tab, run_id, r"Small \*and\* quick: finished")
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


def test_a_grid_of_two_learning_rates_makes_two_runs(page: Page) -> None:
    before = {run.id for run in RunStore().list()}
    page.goto(f"{SMALL}&epochs=1&grid=learning_rate")  # opens what is folded away otherwise
    values = page.get_by_role("textbox", name="Values")
    values.fill("0.002, 0.02")
    values.press("Enter")
    page.get_by_role("button", name="Start 2 runs").click()
    together = page.get_by_role("link", name="Compare the 2 runs")
    expect(together).to_be_visible()

    def new() -> list[Run]:
        return [run for run in RunStore().list() if run.id not in before]

    runs = {run.spec.config.learning_rate: run for run in new()}
    assert sorted(runs) == [0.002, 0.02]
    assert [runs[rate].title for rate in sorted(runs)] == [
        "Tutorial net, learning rate 0.002", "Tutorial net, learning rate 0.02",
    ]  # fmt: skip
    together.click()
    compared = page.get_by_role("region", name="Comparison").first
    expect(compared.get_by_role("row", name=re.compile("^Epochs"))).to_contain_text(
        re.compile(r"1\s*1$"), timeout=SECONDS
    )
    assert [run.status for run in new()] == ["finished", "finished"]
    assert table_of(compared)["Learning rate"] == ["0.002", "0.02"]


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
