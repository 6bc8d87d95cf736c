"""The way of a class through the training pages: set up, watch, compare."""

import re

from playwright.sync_api import Page, expect

from cnnviz.runs import Run, RunStore
from tests.browser.runs import (
    CLASSES,
    LONG,
    SMALL,
    asked,
    expect_in_picker,
    expect_nothing_of_axe,
    mark,
    start,
    table_of,
)
from tests.browser.waiting import settle


def set_number(page: Page, label: str, name: str, value: str) -> None:
    """Type it, as people do; the address says when the page has taken it."""
    control = page.get_by_role("spinbutton", name=label, exact=True)
    control.fill(value)
    control.press("Enter")
    page.wait_for_url(lambda url: asked(url, name) == [value])
    settle(page)


def test_two_runs_that_differ_in_one_setting_are_compared(page: Page) -> None:
    page.goto(SMALL)
    set_number(page, "Epochs", "epochs", "3")
    ids = []
    for rate in ("0.004", "0.0005"):
        page.get_by_role("spinbutton", name="Learning rate", exact=True).fill(rate)
        ids.append(start(page))  # at once: what was typed last counts
        expect_in_picker(page, ids[-1], "LeNet (PyTorch notes) on digits: finished")
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
        "LeNet (PyTorch notes), learning rate 0.002", "LeNet (PyTorch notes), learning rate 0.02",
    ]  # fmt: skip
    together.click()
    compared = page.get_by_role("region", name="Comparison").first
    expect(compared.get_by_role("row", name=re.compile("^Epochs"))).to_contain_text(re.compile(r"1\s*1$"), timeout=LONG)
    assert [run.status for run in new()] == ["finished", "finished"]
    assert table_of(compared)["Learning rate"] == ["0.002", "0.02"]
