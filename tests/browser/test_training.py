"""Training from the page: started, watched, reloaded, stopped; and the kernels afterwards."""

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Page, expect

from cnnviz.runs import RunStore
from tests.browser.waiting import SETTLED

FAST = "/train?dataset=digits&epochs={epochs}"


def start(page: Page, epochs: int) -> str:
    """Start a run from the page; its id."""
    before = {run.id for run in RunStore().list()}
    page.goto(FAST.format(epochs=epochs))
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("button", name="Stop training")).to_be_enabled()
    [run_id] = {run.id for run in RunStore().list()} - before
    return run_id


def wait_for_points(page: Page, more_than: int) -> int:
    """Wait until the live curves have more points; how many they have then."""
    curves = page.locator(".curves")
    expect(curves).to_have_attribute("data-points", re.compile(r"\d+"))
    while (points := int(curves.get_attribute("data-points") or 0)) <= more_than:
        page.wait_for_timeout(50)
    return points


def test_digits_are_learned_to_95_percent_while_one_watches(page: Page) -> None:
    run_id = start(page, epochs=8)  # a fast machine must not be done before one has looked twice
    status = page.get_by_test_id("stProgress")
    expect(status).to_contain_text(re.compile(r"Training · epoch \d+ of 8"), timeout=180_000)
    few = wait_for_points(page, more_than=1)
    canvas = page.locator(".curves canvas").first.element_handle()
    wait_for_points(page, more_than=few)
    assert canvas.is_visible()  # the same one: the curves grow, they are not made anew
    expect(status).to_contain_text("Finished · epoch 8 of 8", timeout=600_000)
    run = RunStore().get(run_id)
    assert run.test_accuracy is not None
    assert run.test_accuracy >= 0.95
    accuracy = page.get_by_test_id("stMetricValue").first
    expect(accuracy).to_have_text(run.accuracy)
    assert f"run={run_id}" in page.url

    page.get_by_role("link", name="Look at its kernels").click()
    expect(page.get_by_role("heading", name="conv1: 32 filters × 1 input channel, 5×5 each")).to_be_visible()
    assert f"model={run_id}" in page.url


def test_a_reload_and_a_second_tab_show_the_same_run_and_stop_stops_it(page: Page) -> None:
    run_id = start(page, epochs=200)
    expect(page.get_by_test_id("stProgress")).to_contain_text("Training", timeout=180_000)
    page.reload()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Training")
    second = page.context.new_page()
    second.goto("/train")
    expect(second.get_by_test_id("stProgress")).to_contain_text("Training")
    assert RunStore().get(run_id).status == "running"
    page.bring_to_front()  # what lies behind is drawn once a second
    page.get_by_role("button", name="Stop training").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped", timeout=60_000)
    expect(second.get_by_test_id("stProgress")).to_contain_text("Stopped", timeout=60_000)
    stopped = RunStore().get(run_id)
    assert stopped.status == "stopped"
    page.get_by_role("button", name=re.compile("Resume|Begin again")).click()  # whether an epoch was done or not
    expect(page.get_by_test_id("stProgress")).to_contain_text("Training", timeout=30_000)
    wait_for_points(page, more_than=0)
    page.get_by_role("button", name="Stop training").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped", timeout=60_000)
    again = RunStore().get(run_id)
    assert again.epochs_done >= stopped.epochs_done
    assert again.seconds > stopped.seconds


def test_a_double_click_starts_one_run_however_long_the_server_takes(page: Page) -> None:
    before = {run.id for run in RunStore().list()}
    page.goto(FAST.format(epochs=1))
    button = page.get_by_role("button", name="Start training")
    expect(button).to_be_enabled()
    page.locator(SETTLED).wait_for()
    with closing(sqlite3.connect(RunStore().root / "runs.sqlite", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")  # the server waits at the first click, and the second one overtakes it
        button.dblclick()
        page.locator("[data-test-script-state=running]").wait_for()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Finished · epoch 1 of 1", timeout=180_000)
    assert len({run.id for run in RunStore().list()} - before) == 1


def test_what_one_types_into_a_popover_stays_when_the_run_ends(page: Page) -> None:
    run_id = start(page, epochs=300)
    expect(page.get_by_test_id("stProgress")).to_contain_text("Training", timeout=180_000)
    page.get_by_role("button", name="Name and notes").click()
    name = page.get_by_role("textbox", name="Name", exact=True)
    name.fill("Half a na")
    RunStore().request_stop(run_id)
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped", timeout=180_000)
    expect(page.get_by_role("button", name=re.compile("Resume|Begin again"))).to_be_visible()
    expect(name).to_be_focused()
    name.press_sequentially("me")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(re.compile("^Half a name: stopped"))
    assert RunStore().get(run_id).title == "Half a name"
