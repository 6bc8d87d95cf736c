"""Links from page to page: each is clicked, leads where it says with all that one had in hand, and Back comes back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.harness import App
from cnnviz.layers import Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.runs import RunStore, Spec
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig
from tests.browser.test_history import asked, go_back
from tests.browser.waiting import SETTLED, settle


def follow(page: Page, link: Locator, title: str) -> None:
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.locator(SETTLED).wait_for()


def open_(page: Page, address: str) -> dict[str, str]:
    """What the address says once the page has settled."""
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    settle(page)
    return asked(page)


@pytest.fixture(scope="module")
def run_id(app: App) -> str:
    """A run of one epoch, beside which nothing is in the store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNVIZ_HOME", str(app.home))
        layers = (Conv2d(out_channels=2, kernel_size=5, stride=3), ReLU(), Flatten(), Linear(out_features=10))
        network = Network(name="tiny", input_shape=(1, 28, 28), layers=layers)
        store, config = RunStore(), TrainingConfig(epochs=1, batch_size=256, device="cpu")
        run = store.create(Spec(network=network, dataset="digits", config=config))
        work(store, run.id)
    return run.id


def test_a_layer_of_the_builder(page: Page) -> None:
    open_(page, "/builder?architecture=lenet5")
    page.locator("[data-name='row:5']").click()
    link = page.locator("[data-name=way]")
    expect(link).to_have_text("Look into it on Pooling")
    follow(page, link, "Pooling")
    assert asked(page) == {"image": "feature maps", "channels": "48", "height": "14", "width": "14"}
    go_back(page, "Builder")
    assert asked(page) == {"architecture": "lenet5"}
    expect(page.locator("[data-name='row:5']")).to_have_attribute("aria-expanded", "true")
    page.locator("[data-name='row:3']").click()
    expect(link).to_have_text("Look into it on Convolution")
    follow(page, link, "Convolution")
    assert asked(page) == {"kernel": "learned", "learned_layer": "conv2", "filters": "48", "padding": "2"}
    go_back(page, "Builder")


def test_a_kernel_and_its_map(page: Page) -> None:
    left = open_(page, "/kernels?layer=conv2&filter=7&image=shape&shape=star&example=2")
    follow(page, page.get_by_text("See it slide over the image"), "Convolution")
    picture = {"image": "shape", "shape": "star", "example": "2"}
    there = {"kernel": "learned", "learned_layer": "conv2", "filters": "8", "padding": "2", "at": "7"}
    assert asked(page) == there | picture
    expect(page.locator(".explorer[data-drawn]")).to_contain_text("Channel 7")
    go_back(page, "Kernels")
    assert asked(page) == left
    follow(page, page.get_by_text("See its map in the network"), "Activations")
    assert asked(page) == {"look": "conv2:7"} | picture
    go_back(page, "Kernels")
    assert asked(page) == left


def test_a_control_that_is_moved_just_before_goes_along(page: Page) -> None:
    """Nothing of what the page's controls say else, though they have the names of the other page's."""
    open_(page, "/convolution?image=shape&size=20")
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="star").click()
    page.wait_for_url(re.compile("shape=star"))
    settle(page)
    left = asked(page)
    follow(page, page.get_by_text("Where this stands in LeNet-5"), "Activations")
    assert asked(page) == {"look": "conv1", "image": "shape", "shape": "star", "size": "20"}
    go_back(page, "Convolution")
    assert asked(page) == left


def test_models_lead_to_training(page: Page) -> None:
    left = open_(page, "/models?model=vgg16_cifar")
    follow(page, page.get_by_text("Train it"), "Train")
    assert asked(page)["architecture"] == "vgg16_cifar"
    go_back(page, "Models")
    assert asked(page) == left


@pytest.mark.parametrize("pictures", [".answers a", ".gallery a"])
def test_a_picture_of_a_run(page: Page, run_id: str, pictures: str) -> None:
    left = open_(page, f"/train?run={run_id}")
    link = page.locator(pictures).nth(2)
    number = asked_number(link)
    follow(page, link, "Activations")
    assert asked(page) == {"model": run_id, "image": "test image", "at_image": number}
    expect(page.get_by_role("spinbutton", name="Image number")).to_have_value(number)
    go_back(page, "Train")
    assert asked(page) == left


def test_a_cell_of_the_confusion_matrix(page: Page, run_id: str) -> None:
    left = open_(page, f"/train?run={run_id}")
    cell = page.locator(".confusion td:not(.right) a").first
    count = int(cell.inner_text())
    cell.focus()
    page.keyboard.press("Enter")
    chosen = page.locator(".confusion td.chosen")
    expect(chosen).to_have_text(str(count))
    images = page.locator(".linked", has=page.locator("p", has_text="taken for")).locator(".gallery a")
    expect(images).to_have_count(min(count, 28))
    settle(page)
    here = asked(page)
    assert {"truth", "answer"} == here.keys() - left.keys()
    number = asked_number(images.first)
    follow(page, images.first, "Activations")
    assert asked(page).get("at_image", "0") == number
    go_back(page, "Train")
    assert asked(page) == here
    expect(chosen).to_have_text(str(count))
    page.evaluate("history.back()")
    expect(chosen).to_have_count(0)


def test_a_link_opens_in_another_tab_too(page: Page, run_id: str) -> None:
    open_(page, f"/train?run={run_id}")
    link = page.locator(".answers a").nth(2)
    number = asked_number(link)
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    tab = opened.value
    tab.bring_to_front()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Activations")
    expect(tab.get_by_role("spinbutton", name="Image number")).to_have_value(number)
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")


def asked_number(link: Locator) -> str:
    found = re.search(r"at_image=(\d+)", link.get_attribute("href") or "")
    return found[1] if found else "0"
