"""The browser's Back and Forward between pages, and what goes along from page to page."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.harness import App
from tests.browser.waiting import SETTLED, frames, settle

MENU = "stTopNavLink"


def asked(page: Page) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def menu(page: Page, name: str) -> None:
    page.get_by_test_id(MENU).filter(has_text=re.compile(f"^.*{name}$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.locator(SETTLED).wait_for()


def go_back(page: Page, title: str) -> None:
    """One step."""
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.locator(SETTLED).wait_for()


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


OTHERS = ["Home", "Pooling", "Builder", "Models", "Train", "Compare", "Kernels", "Activations"]


@pytest.mark.parametrize("other", [name for name in OTHERS if name != "Home"])
def test_one_step_back_from_any_page_comes_to_the_settings_that_one_left(page: Page, other: str) -> None:
    page.goto("/convolution?image=shape&shape=star&kernel_size=5")
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    slider(page, "Stride").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("stride=2"))
    page.locator(SETTLED).wait_for()
    left = asked(page)
    menu(page, other)
    go_back(page, "Convolution")
    expect(slider(page, "Stride")).to_have_attribute("aria-valuetext", "2")
    expect(slider(page, "Kernel size")).to_have_attribute("aria-valuetext", "5")
    expect(page.get_by_role("combobox", name="Input")).to_have_value("shape")
    assert asked(page) == left == {"image": "shape", "shape": "star", "kernel_size": "5", "stride": "2"}


@pytest.mark.parametrize("name", [*OTHERS, "Convolution"])
def test_opening_a_page_is_one_step(page: Page, name: str) -> None:
    """What the page itself writes into the address, before anything has been done, is none."""
    page.goto("about:blank")
    page.goto("/" if name == "Home" else f"/{name.lower()}")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "See how convolutional networks work" if name == "Home" else name
    )
    settle(page)
    steps = page.evaluate("history.length")
    page.reload()
    settle(page)
    page.evaluate("history.back()")
    page.wait_for_url("about:blank")
    assert steps == 2


def test_back_takes_back_an_act_that_the_server_has_not_answered(page: Page, app: App) -> None:
    page.goto("/builder?architecture=lenet5")
    rows = page.locator(".network[data-drawn] tr[data-layer]")
    expect(rows).to_have_count(13)
    settle(page)
    page.locator("[data-name='remove:1']").click()
    expect(rows).to_have_count(12)
    settle(page)
    with app.asleep():
        page.locator("[data-name='remove:1']").click()
        frames(page, 10)
        page.evaluate("history.back()")
        frames(page, 10)
    page.wait_for_url("**/builder?architecture=lenet5")
    expect(rows).to_have_count(13)
    settle(page)
    assert rows.count() == 13
    assert asked(page) == {"architecture": "lenet5"}


def test_undo_in_the_builder_after_back_undoes_the_last_change(page: Page) -> None:
    page.goto("/builder?architecture=lenet5")
    rows = page.locator(".network[data-drawn] tr[data-layer]")
    expect(rows).to_have_count(13)
    for count in (12, 11):
        page.locator("[data-name='remove:1']").click()
        expect(rows).to_have_count(count)
    page.locator(SETTLED).wait_for()
    menu(page, "Train")
    go_back(page, "Builder")
    expect(rows).to_have_count(11)
    page.evaluate("history.back()")  # now within the page: undo
    expect(rows).to_have_count(12)
    page.locator("[data-name='undo']").click()
    expect(rows).to_have_count(13)
    expect(page.locator("[data-name='undo']")).to_be_disabled()
    page.locator("[data-name='redo']").click()
    page.locator("[data-name='redo']").click()
    expect(rows).to_have_count(11)


def test_back_from_a_run_that_the_builder_has_started_comes_to_the_builder(page: Page) -> None:
    page.goto("/builder?architecture=tutorial_net&batch=16&train_on=digits&train_epochs=1")
    page.locator(".network[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url(re.compile("/train.*run="))
    page.locator("[data-testid=stProgress]").wait_for()
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Builder")
    page.locator(SETTLED).wait_for()
    expect(page.get_by_role("spinbutton", name="Batch size")).to_have_value("16")
    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("1")


def test_back_undoes_one_setting_after_the_other_with_the_place_that_one_looked_at(page: Page) -> None:
    page.goto("/convolution?image=lecture&at=0.2.2")
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    steps = [asked(page)]
    for name, moved in (
        ("Padding", "at=0.3.3"),
        ("Padding", "at=0.4.4"),
        ("Stride", "(?=.*stride=2)(?=.*at=0.2.2)"),
        ("Filters", "filters"),
    ):
        slider(page, name).press("ArrowRight")
        page.wait_for_url(re.compile(moved))
        page.locator(SETTLED).wait_for()
        steps.append(asked(page))
    assert [step["at"] for step in steps] == ["0.2.2", "0.3.3", "0.4.4", "0.2.2", "0.2.2"]
    for move, way in (("back", steps[-2::-1]), ("forward", steps[1:])):
        for step in way:
            page.evaluate(f"history.{move}()")
            expect(slider(page, "Padding")).to_have_attribute("aria-valuetext", step.get("padding", "0"))
            expect(slider(page, "Stride")).to_have_attribute("aria-valuetext", step.get("stride", "1"))
            expect(slider(page, "Filters")).to_have_attribute("aria-valuetext", step.get("filters", "4"))
            page.locator(SETTLED).wait_for()
            row, col = step["at"].split(".")[1:]
            expect(page.locator(".formula [data-role=place]").first).to_contain_text(f"y[0, {row}, {col}] = ")
            assert asked(page) == step


def test_what_is_written_of_the_next_page_before_the_page_has_changed_is_no_step(page: Page) -> None:
    """A button leads to another page: Streamlit may write that page's address under the path of this one first."""
    page.goto("/convolution?image=shape&stride=2")
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    steps = page.evaluate(
        """() => {
          const before = history.length;
          dispatchEvent(new Event("click"));
          history.pushState({}, "", "/convolution?run=that&epochs=1");
          history.pushState({}, "", "/train?run=that&epochs=1");
          return history.length - before;
        }"""
    )
    assert steps == 1
    assert page.evaluate("location.pathname") == "/train"
    page.evaluate("history.back()")
    page.wait_for_url(re.compile("/convolution"))
    assert asked(page) == {"image": "shape", "stride": "2"}


def test_an_exercise_and_the_projector_live_through_menu_back_and_reload(page: Page) -> None:
    page.goto("/convolution?stride=2&hide=stride")
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    page.get_by_text("Projector").click()
    page.wait_for_url(re.compile("projector=true"))
    for name in OTHERS[1:]:
        menu(page, name)
        assert asked(page)["projector"] == "true"
        expect(page.get_by_role("switch", name="Projector")).to_be_checked()
    page.reload()
    page.locator(SETTLED).wait_for()
    expect(page.get_by_role("switch", name="Projector")).to_be_checked()
    menu(page, "Convolution")
    assert asked(page) == {"stride": "2", "hide": "stride", "projector": "true"}
    page.get_by_text("Projector").click()
    page.wait_for_function("!location.search.includes('projector')")
    expect(slider(page, "Kernel size")).to_have_count(1)  # twice until then: the controls change their place
    page.locator(SETTLED).wait_for()
    expect(slider(page, "Kernel size")).to_be_visible()
    expect(slider(page, "Stride")).to_be_hidden()
    go_back(page, OTHERS[-1])
    expect(page.get_by_role("switch", name="Projector")).not_to_be_checked()


def test_fast_keys_on_one_slider_and_then_another_are_all_in_the_address(page: Page) -> None:
    page.goto("/convolution?image=shape&padding=3")
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    names = {
        "Kernel size": "kernel_size",
        "Stride": "stride",
        "Padding": "padding",
        "Dilation": "dilation",
        "Filters": "filters",
    }
    for keys in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        for label in names:
            slider(page, label).focus()
            page.keyboard.press(keys)
            page.keyboard.press(keys)
    page.locator(SETTLED).wait_for()
    shown = {name: slider(page, label).get_attribute("aria-valuetext") for label, name in names.items()}
    page.wait_for_function(
        """shown => Object.entries(shown).every(([name, value]) => {
            const asked = new URLSearchParams(location.search).get(name);
            return asked === null || asked === value;
        })""",
        arg=shown,
    )
    page.reload()
    page.locator(".explorer[data-drawn]").wait_for()
    page.locator(SETTLED).wait_for()
    assert {name: slider(page, label).get_attribute("aria-valuetext") for label, name in names.items()} == shown
